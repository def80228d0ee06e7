/** POST /v1/evaluate and `npx winnow eval` on the running system, over candidates that the embedded policy really writes. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { checkPuzzle } from '../../bench/checker.ts';
import { root } from '../../bin/settings.ts';
import { ModelFiles } from '../../gpu-backend/models/files.ts';
import { TOKENIZER_FILES } from '../../gpu-backend/models/tokenizer.ts';
import type { EvaluateRow } from '../../schemas/evaluate.ts';
import { type EvaluateAnswer, evaluateAnswer, evaluationReport } from '../../schemas/evaluation.ts';
import { progressEvent } from '../../schemas/events.ts';
import { allEvents, chain, expectRefusal, good, post, send } from './winnow.ts';

const PROMPTS = 60; // an alarm about correlations asks for 50
const AT_A_TIME = 12;
const N = 16;

const lines = (name: string) =>
  readFileSync(join(root, `bench/problems/${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Held-out problems, whose candidates are sampled, scored and labelled by the route. */
const problems: Record<'chains' | 'puzzles', EvaluateRow[]> = {
  chains: lines('chains')
    .slice(0, PROMPTS)
    .map(({ id, prompt, answer }) => ({ id, prompt, reference: String(answer) })),
  puzzles: lines('puzzles')
    .filter((_, place) => place % 15 === 0) // of 3, 4 and 5 numbers
    .slice(0, PROMPTS)
    .map(({ id, prompt, target }) => ({ id, prompt, reference: String(target) })),
};
const puzzles = new Map(lines('puzzles').map((one) => [one.id, one]));

const evaluated = async (body: object): Promise<EvaluateAnswer> => good(await post('/v1/evaluate', body), evaluateAnswer);

async function sampledRows(model: 'chains' | 'puzzles', body: object = {}): Promise<EvaluateRow[]> {
  const rows: EvaluateRow[] = [];
  for (let start = 0; start < PROMPTS; start += AT_A_TIME) {
    const data = problems[model].slice(start, start + AT_A_TIME);
    const asked = { data, model, n: N, rewards: ['outcome'], seed: start, resamples: 0, return: { rows: true }, ...body };
    rows.push(...(await evaluated(asked)).labelled!);
  }
  return rows;
}

/** Nothing but how long a text is: what a reward that was hacked comes down to. */
const withLength = (rows: readonly EvaluateRow[]): EvaluateRow[] =>
  rows.map((row) => ({
    ...row,
    candidates: row.candidates!.map((one) => ({ ...one, scores: { ...one.scores, length: one.text!.length } })),
  }));

const rows: Partial<Record<'chains' | 'puzzles', EvaluateRow[]>> = {};
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-eval-'));
  rows.chains = withLength(await sampledRows('chains'));
  const written = await sampledRows('puzzles');
  rows.puzzles = withLength(written).map((row) => ({
    ...row,
    candidates: row.candidates!.map((one) => ({
      ...one,
      gold: one.finish_reason === 'stop' && checkPuzzle(one.text!, puzzles.get(row.id)).ok,
    })),
  }));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('problems become rows: sampled, scored by the reward, right where the answer is the reference', () => {
  for (const [place, { id, candidates }] of rows.chains!.entries()) {
    expect(id).toBe(problems.chains[place]!.id);
    expect(candidates).toHaveLength(N);
    for (const { text, answer, scores, finish_reason, tokens } of candidates!) {
      expect(Number.isFinite(scores!.outcome)).toBe(true);
      expect(tokens).toBeGreaterThan(0);
      const said = /Answer: (-?\d+)$/.exec(text!)?.[1];
      if (finish_reason === 'stop' && said !== undefined) expect(answer).toBe(said);
    }
  }
  const texts = new Set(rows.chains!.flatMap(({ candidates }) => candidates!.map(({ text }) => text)));
  expect(texts.size).toBeGreaterThan(PROMPTS); // each problem draws from a stream of its own
});

const alarmsOf = ({ alarms }: EvaluateAnswer, name: string) =>
  alarms.filter(({ reward }) => reward === name).map(({ alarm }) => alarm);

test('puzzles: a reward that is text length raises alarms, the packaged one does not', async () => {
  const found = await evaluated({ data: rows.puzzles, model: 'puzzles', outputs: { outcome: 'logit' } });
  const { outcome, length } = found.rewards;
  expect(alarmsOf(found, 'outcome')).toEqual([]);
  expect(alarmsOf(found, 'length')).toContain('length');
  expect(length!.length.mean_absolute!.value).toBeGreaterThan(0.95);
  expect(outcome!.length.mean_absolute!.value).toBeLessThan(0.4);
  expect(outcome!.gain!.low).toBeGreaterThan(0.05);
  expect(outcome!.gain!.value).toBeGreaterThan(length!.gain!.value);
  expect(outcome!.ranking.auroc!.low).toBeGreaterThan(0.6);
});

test('chains, where the packaged reward chooses no better than chance (docs/accuracy.md): the report says so', async () => {
  const found = await evaluated({ data: rows.chains, model: 'chains' });
  const { outcome } = found.rewards;
  expect(outcome!.ranking.auroc!.low).toBeLessThan(0.55);
  expect(alarmsOf(found, 'outcome')).toEqual(['over_optimisation']);
  expect(outcome!.optimal_n!.n).toBeLessThan(16);
  expect(found.majority.at(-1)!.gold.value).toBeGreaterThan(outcome!.best_of_n.at(-1)!.gold!.value + 0.05); // so vote instead
});

test('a report says what F.7 asks for, and its curves are in order', async () => {
  const found = await evaluated({ data: rows.chains, model: 'chains', price: 0.001, revisions: { outcome: 'puzzle-outcome 1' } });
  expect(found.rows).toEqual({ read: PROMPTS, used: PROMPTS, bad: 0, sampled: 0, too_few: 0, unlabelled: 0 });
  expect(found.grid).toEqual([1, 2, 4, 8, 16]);
  const { reporting, rewards, pass, majority } = found;
  expect(reporting).toMatchObject({
    n: { least: N, most: N, mean: N },
    seed: 0,
    extraction: { of: PROMPTS * N },
    reward_revisions: { outcome: 'puzzle-outcome 1', length: null },
    interval: { resamples: 1000, confidence: 0.9 },
  });
  expect(reporting.tokens.policy).toBeGreaterThan(PROMPTS * N);
  const values = pass.map(({ gold }) => gold.value);
  expect(values).toEqual(values.toSorted((a, b) => a - b));
  expect(majority).toHaveLength(5);
  for (const [place, { gold }] of rewards.outcome!.best_of_n.entries()) {
    expect(gold!.value).toBeLessThanOrEqual(values[place]! + 1e-9); // no choice beats one that knows
    expect(gold!.low!).toBeLessThanOrEqual(gold!.value);
    expect(gold!.high!).toBeGreaterThanOrEqual(gold!.value);
  }
  for (const n of ['gold', 'proxy'] as const) expect(rewards.outcome!.best_of_n[0]![n]).not.toBeNull();
  expect(found.distances.map(({ a, b }) => `${a} ${b}`).sort()).toEqual(['length gold', 'outcome gold', 'outcome length']);
});

test('half of the samples predict the whole of them', async () => {
  const { prediction } = await evaluated({ data: rows.puzzles, model: 'puzzles' });
  expect(prediction!.check).toMatchObject({ from: 8, at: 16 });
  expect(Math.abs(prediction!.check!.predicted - prediction!.check!.observed)).toBeLessThan(0.05);
  const points = prediction!.points.map(({ n, value }) => [n, value] as const);
  expect(points.map(([n]) => n)).toEqual([32, 64, 128]);
  expect(points.map(([, value]) => value)).toEqual(points.map(([, value]) => value).toSorted((a, b) => a - b));
});

test('candidates without a score are scored by the rewards that are named, equal to what sampling gave', async () => {
  const bare = rows
    .chains!.slice(0, 3)
    .map((row) => ({ ...row, candidates: row.candidates!.map(({ scores: _, ...one }) => one) }));
  const { labelled } = await evaluated({ data: bare, model: 'chains', rewards: ['outcome', 'process'], return: { rows: true } });
  for (const [place, { candidates }] of labelled!.entries()) {
    for (const [index, one] of candidates!.entries()) {
      expect(one.scores!.outcome).toBeCloseTo(rows.chains![place]!.candidates![index]!.scores!.outcome!, 3);
      expect(one.scores!.process).toBeGreaterThanOrEqual(0);
    }
  }
});

test('a probe scores winners again with changes that make them no better', async () => {
  const data = problems.chains.slice(0, 12);
  const { rewards } = await evaluated({ data, model: 'chains', n: 8, rewards: ['outcome'], probe: true, resamples: 100 });
  const { perturbations } = rewards.outcome!;
  // words are outside of the packaged reward's alphabet: it has no score for padded texts, and a failure is no rise
  expect(Object.keys(perturbations!).sort()).toEqual(['repeated_step', 'shuffled_steps']);
  for (const { rise, above_deviation } of Object.values(perturbations!)) {
    expect(Number.isFinite(rise!.value)).toBe(true);
    expect(above_deviation!.value).toBeGreaterThanOrEqual(0);
  }
});

test('stream: progress, then the result that is answered without a stream', async () => {
  const body = { data: problems.chains.slice(0, 3), model: 'chains', n: 4, rewards: ['outcome'], seed: 5 };
  const all = (await allEvents(await send('/v1/evaluate', { ...body, stream: true }))).filter(
    ({ comment }) => comment === undefined,
  );
  const told = all.filter(({ event }) => event === 'progress').map(({ data }) => progressEvent.parse(JSON.parse(data)));
  expect(told.map(({ done, of }) => [done, of])).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
  expect(all.at(-1)!.event).toBe('result');
  const { reporting: _, ...streamed } = evaluateAnswer.parse(JSON.parse(all.at(-1)!.data));
  const { reporting: __, ...plain } = await evaluated(body);
  expect(streamed).toEqual(plain);
});

test('the plot holds a panel a reward', async () => {
  const { plot } = await evaluated({ data: rows.chains!.slice(0, 20), model: 'chains', return: { plot: true } });
  expect(plot).toMatch(/^<svg [^>]*role="img"[\s\S]*<title [\s\S]*<\/svg>\n$/);
  for (const reward of ['outcome', 'length']) expect(plot).toContain(`>${reward}</text>`);
});

const labelled = {
  candidates: [
    { gold: true, scores: { a: 1 } },
    { gold: false, scores: { a: 0 } },
  ],
};

test.each([
  { body: {}, code: 'missing_required_parameter', param: 'data' },
  { body: { data: [] }, code: 'invalid_value', param: 'data' },
  { body: { data: [labelled, { candidates: [{ gold: 'yes' }] }] }, code: 'invalid_value', param: 'data[1].candidates[0].gold' },
  { body: { data: [{ id: 'a' }] }, code: 'invalid_value', param: 'data[0]', says: /candidates, or a prompt/ },
  { body: { data: [{ prompt: chain }] }, code: 'invalid_value', param: 'data[0]', says: /needs a reference/ },
  { body: { data: [{ ...labelled, scores: 1 }] }, code: 'unknown_parameter', param: 'data[0].scores' },
  {
    body: { data: [{ candidates: [{ gold: 1, scores: { gold: 1 } }] }] },
    code: 'invalid_value',
    param: 'data[0].candidates[0].scores.gold',
    says: /No reward may be named/,
  },
  { body: { data: [labelled], rewards: ['outcome'] }, code: 'missing_required_parameter', param: 'data[0]', says: /no prompt/ },
  { body: { data: [labelled], grid: [0] }, code: 'invalid_value', param: 'grid[0]' },
  { body: { data: [labelled], nonsense: 1 }, code: 'unknown_parameter', param: 'nonsense' },
  { body: { data: Array(40).fill(problems.chains[0]), n: 16 }, code: 'invalid_value', param: 'data', says: /640 candidates/ },
  { body: { data: Array(9000).fill(labelled), resamples: 10_000 }, code: 'invalid_value', param: 'resamples' },
  { body: { data: Array(10_001).fill(1) }, code: 'invalid_value', param: 'data', says: /caps.max_documents/ },
])('$body is refused with $code of $param', async ({ body, code, param, says }) => {
  const answer = await post('/v1/evaluate', body);
  expectRefusal(answer, {
    status: 400,
    code,
    ...(param === undefined ? {} : { param }),
    ...(says === undefined ? {} : { says }),
  });
});

test('an unknown policy and an unknown reward are 404', async () => {
  expectRefusal(await post('/v1/evaluate', { data: [labelled], model: 'nobody' }), {
    status: 404,
    code: 'model_not_found',
    param: 'model',
  });
  const asked = { data: [problems.chains[0]], rewards: ['nothing'] };
  expectRefusal(await post('/v1/evaluate', asked), { status: 404, code: 'model_not_found', param: 'rewards[0]' });
});

test('on_bad_row skip: bad rows are named and the others evaluated', async () => {
  const data = [labelled, { candidates: [] }, 7, labelled];
  const { rows: counts, bad_rows } = await evaluated({ data, on_bad_row: 'skip' });
  expect(counts).toMatchObject({ read: 4, used: 2, bad: 2 });
  expect(bad_rows.map(({ line }) => line)).toEqual([2, 3]);
  expect(bad_rows[0]!.message).toMatch(/data\[1\]\.candidates/);
});

/** What changes when a packaged model does. */
const fingerprintOf = (name: string) =>
  new ModelFiles(join(root, 'gpu-backend/weights', name)).fingerprint(['model.onnx', ...TOKENIZER_FILES]);

test('the models that scored a row are named, of a combined score all of them (methods F.7)', async () => {
  const rewards = ['outcome', { name: 'process', weight: 2 }];
  const { reporting } = await evaluated({ data: problems.chains.slice(0, 2), model: 'chains', n: 2, rewards });
  const [outcome, process] = [await fingerprintOf('outcome'), await fingerprintOf('process')];
  expect(reporting.reward_fingerprints).toEqual({
    outcome: [outcome],
    process: [process],
    combined: [outcome, process].sort(),
  });
  const given = await evaluated({ data: [labelled] });
  expect(given.reporting.reward_fingerprints).toEqual({});
});

test('npx winnow eval samples for problems at --url, and --save keeps what it evaluated', async () => {
  const [file, out, save] = ['problems.jsonl', 'report.json', 'rows.jsonl'].map((name) => join(folder, name));
  writeFileSync(
    file!,
    problems.chains
      .slice(0, 6)
      .map((row) => JSON.stringify(row))
      .join('\n'),
  );
  const words = [
    file!,
    '--url',
    inject('winnow').url,
    '--model',
    'chains',
    '--rewards',
    'outcome',
    '-n',
    '4',
    '--out',
    out!,
    '--save',
    save!,
  ];
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [join(root, 'bin/winnow.mjs'), 'eval', ...words], { timeout: 120_000 });
  expect(stdout).toMatch(/6 of 6, 6 sampled/);
  const found = evaluationReport.parse(JSON.parse(readFileSync(out!, 'utf8')));
  expect(found.reporting.tokens.reward).toBeGreaterThan(0);
  expect(found.reporting.policy_fingerprints).toHaveLength(1);
  expect(found.reporting.reward_fingerprints).toEqual({ outcome: [await fingerprintOf('outcome')] });
  expect(stdout).toContain(`outcome: ${await fingerprintOf('outcome')}`);
  const again = await run(process.execPath, [join(root, 'bin/winnow.mjs'), 'eval', save!, '--json'], { timeout: 120_000 });
  const { pass, rewards } = evaluationReport.parse(JSON.parse(again.stdout));
  expect({ pass, curve: rewards.outcome!.best_of_n }).toEqual({ pass: found.pass, curve: found.rewards.outcome!.best_of_n });
  // labelled rows that lack a score are scored there too
  const more = [save!, '--url', inject('winnow').url, '--model', 'chains', '--rewards', 'outcome,process', '--json'];
  const scored = await run(process.execPath, [join(root, 'bin/winnow.mjs'), 'eval', ...more], { timeout: 120_000 });
  const both = evaluationReport.parse(JSON.parse(scored.stdout));
  expect(both.rows).toMatchObject({ used: 6, sampled: 0 });
  expect(both.rewards.process!.scores).toEqual({ valid: 24, invalid: 0 });
  expect(both.reporting.reward_fingerprints).toEqual({ process: [await fingerprintOf('process')] }); // outcome's came with the rows
}, 240_000);
