/**
 * Rewards that are read from models, on the running system. The policies are the packaged ones, with real meaning; a verifier,
 * an embedder and a graph have random weights (test/fixtures/tiny-models), so only their numbers can be checked.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { rewardList } from '../../schemas/models.ts';
import { type ScoreAnswer, scoreAnswer } from '../../schemas/score.ts';
import shipped from '../../winnow.config.json' with { type: 'json' };
import { unsureProcess } from '../unsure-process.ts';
import { chatServer } from './chat-server.ts';
import { configured, shippedModels } from './configured.ts';
import { allEvents, asked, bestOfN, chain, expectRefusal, get, good, post, search, send } from './winnow.ts';

const local = { backend: 'local' };
const rewards = {
  ...shipped.rewards,
  implicit: { kind: 'implicit', ...local, model: 'puzzle-policy', reference_model: 'puzzle-reference', end_token: '<eos>' },
  gain: { kind: 'information_gain', ...local, model: 'puzzle-policy' },
  certain: { kind: 'certainty' },
  entropy: { kind: 'certainty', quantity: 'entropy' },
  confident: { kind: 'certainty', quantity: 'confidence', window: 16 },
  agreeing: { kind: 'self_consistency' },
  verifier: { kind: 'reference', ...local, model: 'verifier', output: 'probability' },
  alike: { kind: 'similarity', ...local, model: 'embedder', truncate: 'end' },
  graph: {
    kind: 'tensor',
    ...local,
    model: 'graph',
    inputs: {
      counts: { from: 'measures', measures: ['characters', 'words', 'lines'] },
      features: { from: 'features', name: 'given' },
    },
    output_name: 'score',
  },
  unsure: { kind: 'process', ...local, model: 'unsure', output: 'probability', reduction: 'mean' },
  distant: { kind: 'similarity', backend: 'writer', model: 'a' },
  elsewhere: { kind: 'implicit', backend: 'writer', model: 'a', reference_model: 'b' },
};
const folder = mkdtempSync(join(tmpdir(), 'winnow-test-'));
/** The packaged process reward, which gives NaN for the steps that it calls wrong. */
const unsure = join(folder, 'unsure');
cpSync(resolve(shipped.models['puzzle-process'].path), unsure, { recursive: true });
writeFileSync(join(unsure, 'model.onnx'), unsureProcess(readFileSync(join(unsure, 'model.onnx'))));

const tiny = (name: string) => ({ path: resolve(`test/fixtures/tiny-models/${name}`), threads: 1 });
/** A server of others, which is there and is never asked to write. */
const others = await chatServer(() => ({}));
afterAll(() => {
  others.close();
  rmSync(folder, { recursive: true });
});

const config = {
  ...shipped,
  backends: { ...shipped.backends, writer: { kind: 'openai', url: others.url, accepts: ['seed'] } },
  policies: {
    ...shipped.policies,
    written: { ...shipped.policies.puzzles, backend: 'writer', rewards: [], process_reward: null },
  },
  rewards,
  models: {
    ...shippedModels,
    verifier: tiny('heads/outcome-many'),
    embedder: tiny('heads/embedder'),
    graph: tiny('rewards/tensor'),
    unsure: { path: unsure, threads: 1 },
  },
};

const call = configured(config);

const right = '12 - 7 = 5 | 3 5 20\n20 - 5 = 15 | 3 15\n15 * 3 = 45 | 45';
const wrong = '12 - 7 = 4 | 3 4 20\n20 + 4 = 24 | 3 24\n24 * 3 = 45 | 45';
const onChain = { messages: [{ role: 'user', content: chain }], model: 'chains' };

const score = async (body: object): Promise<ScoreAnswer> =>
  good(await post('/v1/score', { ...asked, ...body }, call), scoreAnswer);
const numbers = ({ data }: ScoreAnswer, reward: string): number[] =>
  data.map(({ scores }) => {
    const entry = scores[reward]!;
    if (!entry.ok) throw new Error(`${reward}: ${entry.reason}`);
    return entry.value;
  });
const reasons = ({ data }: ScoreAnswer, reward: string) =>
  data.map(({ scores }) => (scores[reward]?.ok === false ? scores[reward].reason : null));

test('GET /v1/rewards tells the scale, the range and the options of each', async () => {
  const { data } = good(await get('/v1/rewards', call), rewardList);
  const of = Object.fromEntries(data.map((entry) => [entry.name, entry]));
  expect(Object.keys(of)).toEqual(Object.keys(rewards));
  expect(of.verifier).toMatchObject({ kind: 'reference', output: 'probability', range: [0, 1] });
  expect(of.implicit).toMatchObject({ kind: 'implicit', output: 'unknown', range: [null, null] });
  expect(of.entropy).toMatchObject({ kind: 'certainty', range: [null, 0] });
  expect(of.alike).toMatchObject({ kind: 'similarity', range: [0, 1] });
  expect(of.agreeing).toMatchObject({
    kind: 'self_consistency',
    output: 'probability',
    cost: expect.stringContaining('nothing'),
  });
  expect(Object.keys((of.graph!.options as { properties: object }).properties)).toEqual(['features']);
  expect(Object.keys((of.implicit!.options as { properties: object }).properties)).toEqual(['beta', 'normalize']);
});

describe('implicit', () => {
  test('its steps sum to the whole, the trained policy prefers a right solution, and beta is a factor', async () => {
    const answer = await score({ candidates: [right, wrong], rewards: ['implicit'] });
    const [good, bad] = numbers(answer, 'implicit');
    expect(good).toBeGreaterThan(bad!);
    for (const { scores } of answer.data) {
      const { value, steps } = scores.implicit as { value: number; steps: number[] };
      expect(steps).toHaveLength(3);
      expect(steps.reduce((sum, step) => sum + step, 0)).toBeCloseTo(value, 9);
    }
    expect(answer.account.rewards.implicit).toMatchObject({ calls: 2 });
    const doubled = await score({ candidates: [right], rewards: [{ name: 'implicit', beta: 0.1 }] });
    expect(numbers(doubled, 'implicit')[0]).toBeCloseTo(2 * good!, 3);
  });

  test('it chooses among what was sampled, and the same seed chooses the same', async () => {
    const body = { n: 6, rewards: ['implicit'], selection: 'argmax', sampling: { seed: 5 } };
    const [first, again] = [await bestOfN(body, call), await bestOfN(body, call)];
    expect(first.choice.message).toEqual(again.choice.message);
    const values = first.candidates!.map(({ scores }) =>
      scores.implicit?.ok ? scores.implicit.value : Number.NEGATIVE_INFINITY,
    );
    expect(values[first.candidates!.findIndex(({ id }) => id === first.choice.id)]).toBe(Math.max(...values));
  });
});

describe('information gain', () => {
  const half = '27 + 56 = 83\n83 + 17 = 100';
  const off = '27 + 56 = 84\n84 + 17 = 101';
  const reference = '100 * 9 = 900\nAnswer: 900';

  test('a right rationale makes the right end likelier than none, a wrong one less so', async () => {
    const answer = await score({ ...onChain, candidates: [half, off], rewards: ['gain'], reference });
    const [helps, misleads] = numbers(answer, 'gain');
    expect(helps).toBeGreaterThan(0);
    expect(helps).toBeGreaterThan(misleads!);
  });

  test('of several right answers the best, or their mean', async () => {
    const wrongEnd = '101 * 9 = 909\nAnswer: 909';
    const asks = { ...onChain, candidates: [half], reference: [reference, wrongEnd] };
    const [best] = numbers(await score({ ...asks, rewards: ['gain'] }), 'gain');
    const [mean] = numbers(await score({ ...asks, rewards: [{ name: 'gain', aggregate: 'mean' }] }), 'gain');
    expect(best).toBeGreaterThan(mean!);
  });
});

describe('certainty', () => {
  test('each quantity is in its range; one that is sure of what it reads is surer than of noise', async () => {
    const answer = await score({ candidates: [right, '99 99 99 99 99 99'], rewards: ['certain', 'entropy', 'confident'] });
    for (const reward of ['certain', 'entropy', 'confident']) {
      const [sure, unsure] = numbers(answer, reward);
      expect(sure, reward).toBeGreaterThan(unsure!);
    }
    for (const value of numbers(answer, 'entropy')) expect(value).toBeLessThanOrEqual(0);
    for (const value of numbers(answer, 'certain')) expect(value).toBeGreaterThanOrEqual(0);
  });

  test('sampled candidates bring the log-probabilities of their own confidence: nothing is read, nothing shown', async () => {
    const run = await bestOfN({ n: 4, rewards: ['confident'], return: { candidates: 'all' } }, call);
    expect(run.account.rewards).not.toHaveProperty('confident');
    for (const { scores, logprobs } of run.candidates!) {
      if (scores.confident?.ok) expect(scores.confident.value).toBeGreaterThan(0);
      expect(logprobs).toBeUndefined();
    }
    const read = await score({ candidates: run.candidates!.map(({ text }) => text), rewards: ['confident'] });
    expect(read.account.rewards.confident).toMatchObject({ calls: 1 });
    for (const [place, value] of numbers(read, 'confident').entries()) {
      const own = run.candidates![place]!.scores.confident;
      // the end token is part of what was sampled, and not of a text
      if (own?.ok) expect(Math.abs(value - own.value)).toBeLessThan(1);
    }
  });
});

describe('self-consistency', () => {
  test('a vote as a reward: argmax takes a candidate with the answer of most', async () => {
    const run = await bestOfN({ ...onChain, n: 8, rewards: ['agreeing'], selection: 'argmax', sampling: { seed: 3 } }, call);
    const shares = run.candidates!.map(({ scores }) => (scores.agreeing?.ok ? scores.agreeing.value : 0));
    const chosen = run.candidates!.find(({ id }) => id === run.choice.id)!;
    expect(chosen.scores.agreeing).toMatchObject({ ok: true, value: Math.max(...shares) });
    const vote = await bestOfN({ ...onChain, n: 8, rewards: [], selection: 'majority_vote', sampling: { seed: 3 } }, call);
    expect(run.choice.answer).toBe(vote.choice.answer);
  });

  test('shares of given texts; a text without an answer has none', async () => {
    const candidates = ['Answer: 900', 'Answer: 900', 'Answer: 9', 'none'];
    const answer = await score({ ...onChain, candidates, rewards: ['agreeing'] });
    expect(answer.data.map(({ scores }) => (scores.agreeing?.ok ? scores.agreeing.value : null))).toEqual([
      2 / 3,
      2 / 3,
      1 / 3,
      null,
    ]);
    expect(reasons(answer, 'agreeing')[3]).toBe('no_answer');
  });
});

describe('reference', () => {
  const expected = JSON.parse(readFileSync('test/fixtures/tiny-models/rewards/expected.json', 'utf8')).verifier;
  const body = { messages: [{ role: 'user', content: expected.question }], candidates: expected.texts, rewards: ['verifier'] };

  test('a verifier says over HTTP what PyTorch says', async () => {
    const answer = await score({ ...body, reference: expected.reference });
    for (const [place, value] of numbers(answer, 'verifier').entries())
      expect(Math.abs(value - expected.scores[place])).toBeLessThan(1e-4);
  });

  test('of several right answers the best; consensus in their place; a run takes one as well', async () => {
    const [best] = (await score({ ...body, reference: [expected.reference, 'fox'] })).data;
    expect(best!.scores.verifier).toMatchObject({
      detail: { references: [{ value: expect.any(Number) }, { value: expect.any(Number) }] },
    });
    const consensus = await score({ ...body, rewards: [{ name: 'verifier', reference: 'consensus' }] });
    expect(new Set(consensus.data.map(({ scores }) => scores.verifier?.detail?.against)).size).toBe(2);
    const run = await bestOfN({ n: 2, rewards: ['verifier'], reference: right }, call);
    expect(run.account.rewards.verifier).toMatchObject({ calls: 1 });
  });

  test('in chat it stands inside winnow', async () => {
    const winnow = { rewards: ['verifier'], reference: right, options: { n: 2 } };
    const chat = { model: 'puzzles', messages: asked.messages, winnow };
    expect((await post('/v1/chat/completions', chat, call)).status).toBe(200);
    expectRefusal(await post('/v1/chat/completions', { ...chat, winnow: { rewards: ['verifier'] } }, call), {
      status: 422,
      code: 'capability_missing',
      says: /reference/,
    });
  });
});

describe('similarity', () => {
  test('a text is most like itself; to the prompt, and to the others', async () => {
    const candidates = ['a quick fox', 'a slow dog', 'a quick fox'];
    const own = numbers(await score({ candidates, rewards: ['alike'], reference: 'a quick fox' }), 'alike');
    expect(own[0]).toBeCloseTo(1, 5);
    expect(own[1]).toBeLessThan(0.999);
    const others = numbers(await score({ candidates, rewards: [{ name: 'alike', to: 'consensus' }] }), 'alike');
    expect(others[0]).toBe(others[2]);
    expect(others[0]).toBeGreaterThan(others[1]!);
    const prompt = await score({
      prompt: 'a slow dog',
      messages: undefined,
      candidates,
      rewards: [{ name: 'alike', to: 'prompt' }],
    });
    expect(numbers(prompt, 'alike')[1]).toBeCloseTo(1, 5);
  });

  test('a text that was cut says so', async () => {
    const answer = await score({ candidates: ['fox '.repeat(200)], rewards: ['alike'], reference: 'fox' });
    expect(answer.data[0]!.scores.alike).toMatchObject({ ok: true, detail: { truncated: expect.any(Number) } });
  });
});

describe('diversity in rebase (methods C.3)', () => {
  const dora = { strategy: 'rebase', options: { width: 6, diversity: 'dora', embedder: 'alike' } };

  test('dora embeds prefixes by the model of a similarity reward, repeats by its seed, and its cost is told', async () => {
    const request = { ...dora, sampling: { seed: 4 }, return: { candidates: 'all' } };
    const [run, again] = [await search(request, call), await search(request, call)];
    expect(run.account.rewards.alike!.calls).toBeGreaterThan(0);
    for (const { scores } of run.candidates!) expect(scores).not.toHaveProperty('alike'); // it scores nothing
    expect(again.choice.message).toEqual(run.choice.message);
    expect(run.warnings).toEqual([]);
  });

  test.each([
    { said: 'none', options: {}, code: 'capability_missing', status: 422 },
    { said: 'a classifier', options: { embedder: 'outcome' }, code: 'capability_missing', status: 422 },
    { said: 'an unknown one', options: { embedder: 'nobody' }, code: 'model_not_found', status: 404 },
    { said: 'one of a server without embeddings', options: { embedder: 'distant' }, code: 'capability_missing', status: 422 },
  ])('$said as embedder is refused: $status $code', async ({ options, code, status }) => {
    const answer = await post('/v1/search', { ...asked, strategy: 'rebase', options: { diversity: 'dora', ...options } }, call);
    expectRefusal(answer, { status, code, param: 'options.embedder' });
  });
});

describe('tensor', () => {
  const { texts, tensor } = JSON.parse(readFileSync('test/fixtures/tiny-models/rewards/expected.json', 'utf8'));

  test('a graph of counts and given features says over HTTP what numpy says', async () => {
    const answer = await score({ candidates: texts, rewards: [{ name: 'graph', features: { given: tensor.features } }] });
    for (const [place, value] of numbers(answer, 'graph').entries())
      expect(Math.abs(value - tensor.scores[place][0])).toBeLessThan(1e-4);
  });

  test('one row of features for all serves a run', async () => {
    const run = await bestOfN({ n: 3, rewards: [{ name: 'graph', features: { given: [0, 1, 0, 1] } }] }, call);
    for (const { scores } of run.candidates!) expect(Math.abs(scores.graph?.ok ? scores.graph.value : 9)).toBeLessThanOrEqual(1);
  });

  test('features of another width, or for other candidates, are no score', async () => {
    const wide = await post(
      '/v1/score',
      { ...asked, candidates: ['a'], rewards: [{ name: 'graph', features: { given: [1] } }] },
      call,
    );
    expect(wide.status).toBeGreaterThanOrEqual(400); // nothing was scored: the graph refused
    const answer = await score({ candidates: ['a', 'b'], rewards: [{ name: 'graph', features: { given: [[1, 2, 3, 4]] } }] });
    expect(reasons(answer, 'graph')).toEqual(Array(2).fill('features_of_other_candidates'));
  });
});

describe('process reductions (methods B.7)', () => {
  test.each(['last', 'min', 'prod', 'mean', 'geo', 'sumlogit', 'meanlogit'])('%s decides a run', async (reduction) => {
    const run = await bestOfN(
      { n: 4, rewards: [{ name: 'process', reduction }], selection: 'argmax', sampling: { seed: 9 } },
      call,
    );
    const scored = run.candidates!.flatMap(({ id, scores: { process } }) => (process?.ok ? [{ id, ...process }] : []));
    expect(scored.length).toBeGreaterThan(0);
    const logit = (p: number) => Math.log(Math.min(Math.max(p, 1e-6), 1 - 1e-6) / (1 - Math.min(Math.max(p, 1e-6), 1 - 1e-6)));
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    const expected: Record<string, (steps: number[]) => number> = {
      last: (steps) => steps.at(-1)!,
      min: (steps) => Math.min(...steps),
      prod: (steps) => steps.reduce((product, step) => product * step, 1),
      mean: (steps) => sum(steps) / steps.length,
      geo: (steps) => steps.reduce((product, step) => product * step, 1) ** (1 / steps.length),
      sumlogit: (steps) => sum(steps.map(logit)),
      meanlogit: (steps) => sum(steps.map(logit)) / steps.length,
    };
    for (const { value, steps } of scored) expect(value).toBeCloseTo(expected[reduction]!(steps as number[]), 6);
    const best = Math.max(...scored.map(({ value }) => value));
    expect(scored.find(({ id }) => id === run.choice.id)?.value).toBe(best);
  });
});

test('a step that a model has no number for fails its candidate, or is left out and said (methods B.7)', async () => {
  const texts = [right, wrong];
  const whole = (await score({ candidates: texts, rewards: ['process'] })).data.map(({ scores }) => scores.process!);
  const steps = whole.map((entry) => (entry.ok ? (entry.steps as number[]) : []));
  expect(steps[1]!.some((step) => step < 0.5)).toBe(true);
  const expected = steps.map((of) => of.map((step) => (step < 0.5 ? null : expect.closeTo(step, 6))));
  const failing = await score({ candidates: texts, rewards: ['unsure'] });
  for (const [place, { scores }] of failing.data.entries())
    if (expected[place]!.includes(null)) expect(scores.unsure).toEqual({ ok: false, reason: 'The reward model gave NaN.' });
    else expect(scores.unsure).toMatchObject({ ok: true, steps: expected[place] });
  const skipping = await score({ candidates: texts, rewards: [{ name: 'unsure', step_invalid: 'skip' }] });
  for (const [place, { scores }] of skipping.data.entries()) {
    const used = steps[place]!.filter((step) => step >= 0.5);
    const skipped = steps[place]!.flatMap((step, k) => (step < 0.5 ? [k] : []));
    expect(scores.unsure).toEqual({
      ok: true,
      value: expect.closeTo(used.reduce((sum, step) => sum + step, 0) / used.length, 6),
      steps: expected[place],
      ...(skipped.length > 0 ? { detail: { skipped_steps: skipped } } : {}),
    });
  }
  const run = await search({ strategy: 'beam_search', options: { step_reward: 'unsure' }, sampling: { seed: 3 } }, call);
  expect(run.candidates!.length).toBeGreaterThan(0); // prefixes without a score are survived
});

test('a search ranks its prefixes by steps and its answers by a reward of likelihoods', async () => {
  const run = await search(
    { strategy: 'beam_search', options: { keep: 2, branch: 2 }, rewards: ['implicit'], selection: 'argmax' },
    call,
  );
  expect(run.candidates!.some(({ scores }) => scores.implicit?.ok)).toBe(true);
});

test('scores are told as they come', async () => {
  const body = { ...asked, n: 2, rewards: ['implicit'], stream: true };
  const told = (await allEvents(await send('/v1/best-of-n', body, call))).filter(({ event }) => event === 'score');
  expect(told.length).toBeGreaterThan(0);
  for (const { data } of told) expect(JSON.parse(data)).toMatchObject({ reward: 'implicit' });
});

describe('refused before anything is spent', () => {
  test.each([
    {
      said: 'a verifier without a right answer',
      body: { rewards: ['verifier'] },
      status: 422,
      code: 'capability_missing',
      says: /reference/,
    },
    { said: 'a gain without one', body: { rewards: ['gain'] }, status: 422, code: 'capability_missing', says: /reference/ },
    { said: 'likeness without one', body: { rewards: ['alike'] }, status: 422, code: 'capability_missing', says: /reference/ },
    {
      said: 'a server that only writes',
      body: { rewards: ['elsewhere'] },
      status: 422,
      code: 'capability_missing',
      says: /gpu_backend/,
    },
    {
      said: 'certainty of a policy there',
      body: { rewards: ['certain'], model: 'written' },
      status: 422,
      code: 'capability_missing',
    },
    { said: 'its confidence', body: { rewards: ['confident'], model: 'written' }, status: 422, code: 'capability_missing' },
    {
      said: 'answers that nobody can read',
      body: { rewards: ['agreeing'] },
      status: 422,
      code: 'capability_missing',
      says: /answer/,
    },
    {
      said: 'a graph without its features',
      body: { rewards: ['graph'] },
      status: 422,
      code: 'capability_missing',
      says: /features/,
    },
    {
      said: 'beta of 2',
      body: { rewards: [{ name: 'implicit', beta: 2 }] },
      status: 400,
      code: 'invalid_value',
      param: 'rewards[0].beta',
    },
    {
      said: 'an option that is none',
      body: { rewards: [{ name: 'certain', beta: 1 }] },
      status: 400,
      code: 'unknown_parameter',
      param: 'rewards[0].beta',
    },
    {
      said: 'features that are words',
      body: { rewards: [{ name: 'graph', features: { given: ['NaN'] } }] },
      status: 400,
      code: 'invalid_value',
    },
    {
      said: 'seventeen features',
      body: {
        rewards: [{ name: 'graph', features: Object.fromEntries(Array.from({ length: 17 }, (_, place) => [`f${place}`, [1]])) }],
      },
      status: 400,
      code: 'invalid_value',
    },
    {
      said: 'an empty right answer',
      body: { rewards: ['verifier'], reference: '' },
      status: 400,
      code: 'invalid_value',
      param: 'reference',
    },
  ])('$said', async ({ body, ...refusal }) => {
    for (const [path, more] of [
      ['/v1/best-of-n', { n: 2 }],
      ['/v1/score', { candidates: ['1'] }],
    ] as const)
      expectRefusal(await post(path, { ...asked, ...more, ...body }, call), refusal);
    expect(others.paths.filter((path) => !path.endsWith('/models'))).toEqual([]);
  });
});

describe('hostile', () => {
  const long = '1'.repeat(1_000_000);

  test('a candidate of a megabyte, or of a special token, fails alone under each', async () => {
    const candidates = [right, long, '<eos>', 'Ω'];
    const kinds = ['implicit', 'gain', 'certain', 'entropy', 'confident'];
    const answer = await score({ candidates, rewards: kinds, reference: '45' });
    for (const kind of kinds) {
      expect(
        answer.data.map(({ scores }) => scores[kind]?.ok),
        kind,
      ).toEqual([true, false, false, false]);
      for (const reason of reasons(answer, kind).slice(1)) expect(reason).not.toBe('');
    }
  });

  test('a right answer of a megabyte is one that no candidate can be compared with', async () => {
    const answer = await post('/v1/score', { ...asked, candidates: [right], rewards: ['gain'], reference: long }, call);
    expectRefusal(answer, { status: 400, code: 'context_length_exceeded' });
  });

  test('a thousand candidates are each compared with sixty-four right answers', async () => {
    const candidates = Array.from({ length: 1000 }, (_, place) => `fox ${place % 50}`);
    const reference = Array.from({ length: 64 }, (_, place) => `dog ${place}`);
    const answer = await score({ candidates, rewards: ['alike'], reference });
    expect(numbers(answer, 'alike')).toHaveLength(1000);
    expect(answer.account.rewards.alike).toMatchObject({ calls: 1, candidates: 114 });
  });
});
