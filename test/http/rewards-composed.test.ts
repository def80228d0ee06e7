/** Rewards that are made of others, and several in one request, over HTTP with the packaged outcome and process rewards. */
import { describe, expect, test } from 'vitest';
import { rewardList } from '../../schemas/models.ts';
import { plan } from '../../schemas/run.ts';
import { type ScoreAnswer, scoreAnswer } from '../../schemas/score.ts';
import shipped from '../../winnow.config.json' with { type: 'json' };
import { expectAccounts } from './accounts.ts';
import { configured, shippedModels } from './configured.ts';
import { allEvents, asked, expectRefusal, get, good, post, run, send } from './winnow.ts';

const right = '12 - 7 = 5 | 3 5 20\n20 - 5 = 15 | 3 15\n15 * 3 = 45 | 45';
const wrong = '12 - 7 = 4 | 3 4 20\n20 + 4 = 24 | 3 24\n24 * 3 = 45 | 45';
const short = '12 - 7 = 5 | 3 5 20\n';
const unreadable = 'Ω';
const texts = [right, wrong, short];

const config = {
  ...shipped,
  policies: {
    ...shipped.policies,
    both: { ...shipped.policies.puzzles, rewards: ['outcome', { name: 'process', weight: 0.5 }] },
  },
  rewards: {
    ...shipped.rewards,
    team: { kind: 'ensemble', members: [{ reward: 'outcome', calibration: 'sigmoid' }, 'process'], rule: 'min' },
    spread: { kind: 'ensemble', members: ['outcome', 'process'], rule: 'lcb' },
    mixed: { kind: 'weighted', members: [{ reward: 'outcome', weight: 3 }, 'process'] },
    ordered: { kind: 'weighted', members: [{ reward: 'process', tolerance: 0.05 }, 'outcome'], rule: 'lexicographic' },
    ranks: { kind: 'weighted', members: ['outcome', 'process'], rule: 'rank_sum' },
    passing: { kind: 'gated', reward: 'outcome', gates: [{ reward: 'process', at_least: 0.5 }] },
    checked: { kind: 'hybrid', rule: 'process', reward: 'outcome', confidence: 0.5 },
    brief: { kind: 'penalized', reward: 'outcome', length: { form: 'ramp', unit: 'characters', free: 20, full: 60, alpha: 2 } },
    brief_tokens: { kind: 'penalized', reward: 'outcome', length: { form: 'ramp', free: 20, full: 60, alpha: 2 } },
    par: { kind: 'shaped', reward: 'outcome', shaping: 'par' },
    drawn: { kind: 'shaped', reward: 'outcome', shaping: { by: 'par', sample: { count: 4 } } },
    above_base: { kind: 'shaped', reward: 'outcome', shaping: { by: 'centred', sample: { policy: 'both', count: 2 } } },
    clipped: { kind: 'shaped', reward: 'process', shaping: 'clip_steps' },
    platt: { kind: 'shaped', reward: 'outcome', shaping: { by: 'map', calibration: { map: 'platt', slope: 2, intercept: 1 } } },
    lines: { kind: 'segments', reward: 'outcome', split: 'line', reduction: 'min' },
    believed: { kind: 'trusted', outcome: 'outcome', judge: 'process' },
    verdict: { kind: 'evidence', members: [{ reward: 'outcome' }, { reward: 'process', weight: 2 }] },
    match: { kind: 'evidence', members: ['outcome', 'process'], form: 'pairwise' },
    deep: { kind: 'ensemble', members: ['team', 'platt', 'process'] },
  },
  models: shippedModels,
};

const call = configured(config);

type Scores = ScoreAnswer['data'][number]['scores'];
const scored = async (body: object): Promise<ScoreAnswer> =>
  good(await post('/v1/score', { ...asked, candidates: texts, ...body }, call), scoreAnswer);
const value = (scores: Scores, name: string): number => {
  const entry = scores[name]!;
  if (!entry.ok) throw new Error(`${name}: ${entry.reason}`);
  return entry.value;
};
const column = ({ data }: ScoreAnswer, name: string) => data.map(({ scores }) => value(scores, name));
/** What the two models say, and what one made of them says, in one request. */
const beside = async (name: string, body: object = {}) => {
  const answer = await scored({ rewards: ['outcome', 'process', name], ...body });
  return { answer, outcome: column(answer, 'outcome'), process: column(answer, 'process'), made: column(answer, name) };
};
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
const deviation = (values: readonly number[]) => Math.sqrt(mean(values.map((one) => (one - mean(values)) ** 2)));
const zscores = (values: readonly number[]) => values.map((one) => (one - mean(values)) / deviation(values));
const close = (values: readonly number[], expected: readonly number[]) => {
  expect(values).toHaveLength(expected.length);
  for (const [place, one] of values.entries()) expect(one).toBeCloseTo(expected[place]!, 9);
};

describe('each kind is what its formula says of the two models', () => {
  test.each([
    { name: 'team', formula: (o: number, p: number) => Math.min(sigmoid(o), p) },
    { name: 'checked', formula: (o: number, p: number) => 0.5 * p + 0.5 * sigmoid(o) },
    { name: 'platt', formula: (o: number) => sigmoid(2 * o + 1) },
    { name: 'verdict', formula: (o: number, p: number) => (2 * sigmoid(o) - 1 + 2 * (2 * p - 1)) / 3 },
    { name: 'deep', formula: (o: number, p: number) => (Math.min(sigmoid(o), p) + sigmoid(2 * o + 1) + p) / 3 },
  ])('$name', async ({ name, formula }) => {
    const { outcome, process, made } = await beside(name);
    close(
      made,
      outcome.map((o, place) => formula(o, process[place]!)),
    );
  });

  test('spread: mean less deviation of both, by their places among these candidates', async () => {
    const { answer, outcome, process, made } = await beside('spread');
    const [a, b] = [zscores(outcome), zscores(process)];
    close(
      made,
      a.map((one, place) => mean([one, b[place]!]) - deviation([one, b[place]!])),
    );
    expect(answer.data[0]!.scores.spread!.detail).toMatchObject({
      members: { outcome: { value: outcome[0] } },
      disagreement: expect.any(Number),
    });
  });

  test('mixed: three parts of one, one of the other; the request may weigh them anew', async () => {
    const { outcome, process, made } = await beside('mixed');
    close(
      made,
      zscores(outcome).map((o, place) => (3 * o + process[place]!) / 4),
    );
    const turned = await scored({ rewards: [{ name: 'mixed', weights: { outcome: 0, process: -1 } }] });
    close(
      column(turned, 'mixed'),
      process.map((p) => -p),
    );
    expect(turned.account.rewards).not.toHaveProperty('outcome');
  });

  test('ordered and ranks: places', async () => {
    for (const name of ['ordered', 'ranks']) {
      const { made } = await beside(name);
      expect(made[0]).toBeGreaterThan(made[1]!); // the right solution before the wrong one
    }
  });

  test('passing: the outcome reward reads those alone that the process reward lets through', async () => {
    const process = column(await scored({ rewards: ['process'] }), 'process');
    const { data, account } = await scored({ rewards: ['passing'] });
    const through = process.filter((p) => p >= 0.5).length;
    expect(through).toBeGreaterThan(0);
    expect(through).toBeLessThan(texts.length);
    expect(account.rewards.outcome).toMatchObject({ candidates: through });
    for (const [place, { scores }] of data.entries())
      expect(scores.passing).toMatchObject(
        process[place]! >= 0.5 ? { ok: true } : { ok: false, reason: 'gate_failed', detail: { gate: 'process' } },
      );
  });

  test('brief: a penalty by characters; by tokens of texts that nobody here wrote there is none to be known', async () => {
    const { outcome, made } = await beside('brief');
    close(
      made,
      outcome.map((o, place) => o - 2 * Math.min(Math.max((texts[place]!.length - 20) / 40, 0), 1)),
    );
    const { data } = await scored({ rewards: ['brief_tokens'] });
    for (const { scores } of data) expect(scores.brief_tokens).toMatchObject({ ok: false, reason: 'length_unknown' });
    const ran = await run('/v1/best-of-n', { ...asked, n: 4, rewards: ['outcome', 'brief_tokens'], sampling: { seed: 3 } }, call);
    for (const { scores, tokens, finish_reason: finish } of ran.candidates!) {
      if (finish !== 'stop') continue;
      const taken = 2 * Math.min(Math.max((tokens - 20) / 40, 0), 1);
      expect(value(scores, 'brief_tokens')).toBeCloseTo(value(scores, 'outcome') - taken, 9);
    }
  });

  test('par: against the references of the request, which it needs', async () => {
    const { answer, outcome, made } = await beside('par', { reference: [wrong, short] });
    const references = [outcome[1]!, outcome[2]!];
    close(
      made,
      outcome.map((o) => mean(references.map((r) => sigmoid(o - r)))),
    );
    expect(answer.account.rewards.outcome).toMatchObject({ candidates: 3 }); // the references are candidates here, and cost nothing more
    const refusal = { status: 422, code: 'capability_missing', param: 'rewards', says: /reference/ };
    expectRefusal(await post('/v1/score', { ...asked, candidates: texts, rewards: ['par'] }, call), refusal);
    expectRefusal(await post('/v1/best-of-n', { ...asked, rewards: ['par'] }, call), refusal);
  });

  test('drawn: against answers of the policy itself, which the seed decides and the account tells', async () => {
    const { answer, outcome, made } = await beside('drawn', { seed: 3 });
    const { references } = answer.data[0]!.scores.drawn!.detail as { references: number[] };
    expect(references.length).toBeGreaterThan(0);
    expect(references.length).toBeLessThanOrEqual(4);
    close(
      made,
      outcome.map((o) => mean(references.map((r) => sigmoid(o - r)))),
    );
    expect(answer.account.reference_tokens).toBeGreaterThan(0);
    expect(answer.usage.completion_tokens).toBe(answer.account.reference_tokens);
    expect(column(await scored({ rewards: ['drawn'], seed: 3 }), 'drawn')).toEqual(made);
    expect(column(await scored({ rewards: ['drawn'], seed: 4 }), 'drawn')).not.toEqual(made);
    const given = await scored({ rewards: ['drawn'], reference: [wrong] });
    expect(given.account.reference_tokens).toBe(0);
    expect(given.data[0]!.scores.drawn!.detail!.references).toHaveLength(1);
  });

  test('drawn in a run: in the plan, under the budget, and once however many rounds there are', async () => {
    const body = { ...asked, n: 4, rewards: ['drawn'], sampling: { seed: 3 } };
    const { bound, limits } = good(await post('/v1/best-of-n', { ...body, n: undefined, budget: 4, dry_run: true }, call), plan);
    expect(bound.tokens).toBe(8 * 160); // four answers and four references
    expect(limits.max_tokens).toBe(8 * 160);
    const ran = await run('/v1/best-of-n', body, call);
    expectAccounts(ran);
    expect(ran.account.reference_tokens).toBeGreaterThan(0);
    expect(ran.candidates!.map(({ id }) => id)).toEqual(['0.0', '0.1', '0.2', '0.3']);
    expect(ran.usage.completion_tokens).toBe(
      ran.candidates!.reduce((sum, { tokens }) => sum + tokens, 0) + ran.account.reference_tokens,
    );
    const searched = await run('/v1/search', { ...asked, rewards: ['drawn'], sampling: { seed: 3 } }, call);
    const details = searched.candidates!.flatMap(({ scores }) => (scores.drawn?.ok ? [scores.drawn.detail!.references] : []));
    expect(details.length).toBeGreaterThan(1);
    expect(new Set(details.map(String)).size).toBe(1);
    expect(searched.account.reference_tokens).toBe(ran.account.reference_tokens); // the same draws, once
    const tight = await run('/v1/best-of-n', { ...body, budget: { max_tokens: 60 } }, call);
    expect(tight.budget.spent.tokens).toBeLessThanOrEqual(60);
  });

  test('drawn is listed with its most and its cost; another policy may write for it', async () => {
    const { data, kinds } = good(await get('/v1/rewards', call), rewardList);
    expect(data.find(({ name }) => name === 'drawn')).toMatchObject({
      output: 'probability',
      range: [0, 1],
      members: ['outcome'],
      cost: expect.stringContaining('count x max_tokens tokens of the policy, once in a run'),
    });
    const entry = JSON.stringify(kinds.find(({ kind }) => kind === 'shaped')!.config);
    expect(entry).toContain('"maximum":16');
    const { made, answer } = await beside('above_base');
    expect(made[0]).toBeGreaterThan(made[1]!);
    expect(answer.account.reference_tokens).toBeGreaterThan(0);
  });

  test('clipped: no step adds anything', async () => {
    const { data } = await scored({ rewards: ['process', 'clipped'] });
    for (const { scores } of data) {
      const [process, clipped] = [scores.process!, scores.clipped!];
      if (!process.ok || !clipped.ok) throw new Error('a step could not be read');
      close(
        clipped.steps as number[],
        (process.steps as number[]).map((step) => Math.min(step - 0.8, 0)),
      );
    }
  });

  test('lines: the least of the beginnings, and where each line is', async () => {
    const { data } = await scored({ rewards: ['lines'], candidates: [right] });
    const beginnings = right.split('\n').map((_, place, lines) => lines.slice(0, place + 1).join('\n'));
    const alone = column(await scored({ rewards: ['outcome'], candidates: beginnings }), 'outcome');
    expect(value(data[0]!.scores, 'lines')).toBeCloseTo(Math.min(...alone), 4);
    expect(data[0]!.scores.lines!.detail).toMatchObject({
      segments: [{ start: 0, end: 19 }, { start: 20 }, { end: right.length }],
    });
  });

  test('believed: outcome, and the judge as far as it agrees with it', async () => {
    const { answer, outcome, process, made } = await beside('believed');
    const { trust } = answer.data[0]!.scores.believed!.detail as { trust: number };
    expect(trust).toBe(1); // the process reward puts the right one first as well
    close(
      made,
      outcome.map((o, place) => sigmoid(o) + 0.3 * process[place]!),
    );
  });

  test('match: points of every pair', async () => {
    const { outcome, process, made } = await beside('match');
    const belief = outcome.map((o, place) => (sigmoid(o) + process[place]!) / 2);
    const points = (one: number, other: number) => (Math.abs(one - other) < 0.1 ? 0.5 : Number(one > other));
    const against = (place: number) => belief.filter((_, other) => other !== place).map((other) => points(belief[place]!, other));
    close(
      made,
      belief.map((_, place) => mean(against(place))),
    );
    expect(new Set(made).size).toBeGreaterThan(1);
  });
});

describe('several rewards in one request', () => {
  test('score: `combined` is their weighted mean, by their places; nothing is read twice', async () => {
    const { data, account } = await scored({ rewards: ['outcome', { name: 'process', weight: -0.5 }] });
    const column2 = (name: string) => data.map(({ scores }) => value(scores, name));
    expect(Object.keys(data[0]!.scores).sort()).toEqual(['combined', 'outcome', 'process']);
    const z = zscores(column2('outcome'));
    close(
      column2('combined'),
      z.map((o, place) => (o - 0.5 * column2('process')[place]!) / 1.5),
    );
    expect(account.rewards.outcome).toMatchObject({ calls: 1, candidates: 3 });
    expect(account.rewards.process).toMatchObject({ calls: 1, candidates: 3 });
    expect(account.rewards).not.toHaveProperty('combined');
  });

  test('a candidate that one of them cannot read has no combined score; the others are as if it were not there', async () => {
    const rewards = ['outcome', 'process'];
    const alone = await scored({ rewards });
    const { data } = await scored({ rewards, candidates: [...texts, unreadable] });
    expect(data[3]!.scores.combined).toMatchObject({ ok: false, reason: 'member_failed' });
    close(
      data.slice(0, 3).map(({ scores }) => value(scores, 'combined')),
      column(alone, 'combined'),
    );
  });

  test('best-of-n: `combined` decides; another does where the request says so', async () => {
    const body = { n: 8, rewards: ['outcome', { name: 'process', weight: 2 }], sampling: { seed: 11 } };
    const decided = await run('/v1/best-of-n', body, call);
    const valid = decided.candidates!.filter(({ scores }) => scores.combined?.ok);
    const best = Math.max(...valid.map(({ scores }) => value(scores, 'combined')));
    const chosen = decided.candidates!.find(({ id }) => id === decided.choice.id)!;
    expect(value(chosen.scores, 'combined')).toBe(best);
    expect(decided.account.rewards.outcome!.calls).toBe(1);
    const other = await run('/v1/best-of-n', { ...body, selection: { rule: 'argmax', reward: 'process' } }, call);
    const first = other.candidates!.find(({ id }) => id === other.choice.id)!;
    const most = Math.max(...other.candidates!.flatMap(({ scores }) => (scores.process?.ok ? [scores.process.value] : [])));
    expect(value(first.scores, 'process')).toBe(most);
  });

  test('a penalty: the worst by the one reward', async () => {
    const { candidates, choice } = await run(
      '/v1/best-of-n',
      { n: 6, rewards: [{ name: 'outcome', weight: -1 }], sampling: { seed: 2 } },
      call,
    );
    const values = candidates!.flatMap(({ scores }) => (scores.outcome?.ok ? [scores.outcome.value] : []));
    expect(value(candidates!.find(({ id }) => id === choice.id)!.scores, 'outcome')).toBe(Math.min(...values));
  });

  test('a policy’s own rewards may be several', async () => {
    const { candidates } = await run('/v1/best-of-n', { model: 'both', n: 4, sampling: { seed: 5 } }, call);
    for (const { scores, finish_reason: finish } of candidates!)
      if (finish === 'stop') expect(Object.keys(scores).sort()).toEqual(['combined', 'outcome', 'process']);
  });

  test.each(['search', 'critique-refine'])('%s: bounded maps, since candidates come one by one', async (route) => {
    const body = { ...asked, rewards: ['outcome', 'process'], sampling: { seed: 4 } };
    const { candidates } = await run(`/v1/${route}`, body, call);
    const whole = candidates!.filter(({ scores }) => scores.combined?.ok);
    expect(whole.length).toBeGreaterThan(0);
    for (const { scores } of whole)
      expect(value(scores, 'combined')).toBeCloseTo((sigmoid(value(scores, 'outcome')) + value(scores, 'process')) / 2, 9);
    for (const rewards of [['spread'], ['process', { name: 'outcome', shaping: 'zscore' }]])
      expectRefusal(await post(`/v1/${route}`, { ...asked, rewards }, call), {
        status: 422,
        code: 'capability_missing',
        param: 'rewards',
        says: /one by one/,
      });
  });

  test('chat takes them inside winnow', async () => {
    const winnowBody = { rewards: ['outcome', 'process'], options: { n: 4 } };
    const { json, text } = await post('/v1/chat/completions', { ...asked, winnow: winnowBody }, call);
    const { winnow: report } = json as { winnow: { candidates: { scores: Scores; finish_reason: string }[] } };
    for (const { scores, finish_reason: finish } of report.candidates)
      if (finish === 'stop') expect(scores, text).toHaveProperty('combined');
  });

  test('each score is told once, members of others not at all', async () => {
    const response = await send(
      '/v1/best-of-n',
      { ...asked, n: 3, rewards: ['deep', 'outcome'], stream: true, sampling: { seed: 9 } },
      call,
    );
    const told = (await allEvents(response))
      .filter(({ event }) => event === 'score')
      .map(({ data }) => JSON.parse(data) as { id: string; reward: string });
    const keys = told.map(({ id, reward }) => `${reward} ${id}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(told.map(({ reward }) => reward))).toEqual(new Set(['combined', 'deep', 'outcome']));
  });

  test('what it costs at most is planned', async () => {
    const body = { ...asked, n: 4, rewards: ['outcome', 'process'], dry_run: true };
    expect(good(await post('/v1/best-of-n', body, call), plan).bound.score_calls).toBe(4);
  });

  test.each([
    {
      said: 'weights of 0',
      rewards: [
        { name: 'outcome', weight: 0 },
        { name: 'process', weight: 0 },
      ],
      status: 400,
      param: 'rewards',
    },
    { said: 'a weight that is a text', rewards: [{ name: 'outcome', weight: 'much' }], status: 400, param: 'rewards[0].weight' },
    { said: 'a weight without end', rewards: [{ name: 'outcome', weight: 1e7 }], status: 400, param: 'rewards[0].weight' },
    {
      said: 'a map that is not known',
      rewards: [{ name: 'outcome', shaping: 'luck' }],
      status: 400,
      param: 'rewards[0].shaping.map',
    },
    { said: 'a member that is not there', rewards: [{ name: 'mixed', weights: { luck: 1 } }], status: 400, param: 'rewards' },
    { said: 'an option of another kind', rewards: [{ name: 'team', reduction: 'min' }], status: 400, code: 'unknown_parameter' },
  ])('$said: $status', async ({ rewards, status, param, code = 'invalid_value' }) => {
    for (const route of ['score', 'best-of-n'])
      expectRefusal(await post(`/v1/${route}`, { ...asked, ...(route === 'score' && { candidates: texts }), rewards }, call), {
        status,
        code,
        ...(param === undefined ? {} : { param }),
      });
  });
});

test('rerank by a reward that is made of others', async () => {
  const body = { model: 'team', query: asked.messages[0]!.content, documents: texts };
  const { json } = await post('/v1/rerank', body, call);
  const { results } = json as { results: { index: number; relevance_score: number }[] };
  expect(results.map(({ index }) => index)[0]).toBe(0);
  const made = column(await scored({ rewards: ['team'] }), 'team');
  for (const { index, relevance_score: relevance } of results) expect(relevance).toBeCloseTo(made[index]!, 5);
});

test('the list of rewards says what each is made of, and what its numbers are', async () => {
  const { data } = good(await get('/v1/rewards', call), rewardList);
  const of = (name: string) => data.find((one) => one.name === name);
  expect(of('team')).toMatchObject({ kind: 'ensemble', members: ['outcome', 'process'], output: 'probability', range: [0, 1] });
  expect(of('spread')).toMatchObject({ output: 'unknown', range: [null, null] });
  expect(of('verdict')).toMatchObject({ range: [-1, 1] });
  expect(of('brief')).toMatchObject({ output: 'logit', members: ['outcome'] });
  expect(of('mixed')!.options).toMatchObject({ properties: { weights: {} } });
  expect(data.map(({ name }) => name)).not.toContain('combined');
});
