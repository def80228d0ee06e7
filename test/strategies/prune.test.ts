import { expect, test } from 'vitest';
import type { Candidate } from '../../src/operation.ts';
import { prune } from '../../src/strategies/prune.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';

const parsed = (options: object) => prune.options.parse(options);
const options = parsed({ n: 4, checkpoints: [10] });
const open = (id: string, more: Partial<Candidate> = {}) =>
  candidate(id, `${id} so far`, { finish: 'step', tokenCount: 10, ...more });
const ended = (id: string) => candidate(id, `${id} end`, { tokenCount: 5 });
const ids = (candidates: readonly { readonly id: string }[]) => candidates.map(({ id }) => id);

/** What is written on after a first checkpoint with these scores: numbers of the candidates. A number of `done` has ended. */
function goOn(values: readonly (number | string)[], more: object = {}, done: readonly number[] = []): number[] {
  const begun = values.map((_, place) => (done.includes(place) ? ended(`0.${place}`) : open(`0.${place}`)));
  const { notes } = drive(prune.run(task, parsed({ n: values.length, checkpoints: [10], ...more })), [
    sampled(...begun),
    scores(...values),
    sampled(), // the budget has ended, and so has the reserve
    ...(done.length === 0 ? [sampled()] : []),
  ]);
  const [first] = notes.filter(({ type }) => type === 'round');
  return first?.type === 'round' ? first.kept.map((id) => Number(id.slice(2))) : [];
}

test('an ended one takes a place of those that are kept, and only the best open one goes on (methods D.4)', () => {
  const { asked, notes, value } = drive(prune.run(task, options), [
    sampled(ended('0.0'), open('0.1'), open('0.2'), open('0.3')),
    scores(0.9, 0.8, 0.4, 0.3), // the worked example
    sampled(candidate('0.1.0', 'its end')),
    scores(0.7),
  ]);
  expect(asked[0]).toMatchObject({ prefixes: [{ id: '0' }], count: 4, until: 'end', checkpoint: 10 });
  expect(asked[1]).toMatchObject({ reward: 'process', candidates: [{ id: '0.0' }, { id: '0.1' }, { id: '0.2' }, { id: '0.3' }] });
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }], count: 1, until: 'end', checkpoint: undefined });
  expect(notes).toEqual([
    { type: 'prune', id: '0.2', reason: 'not_kept' },
    { type: 'prune', id: '0.3', reason: 'not_kept' },
    { type: 'round', round: 0, kept: ['0.1'] },
    { type: 'round', round: 1, kept: [] },
  ]);
  expect(ids(value.pool)).toEqual(['0.0', '0.1.0']); // what was dropped is never chosen (pitfall J.55)
  expect(value.prunedShare).toBe(0.5);
});

test('of equals the lower index goes on, not the shorter one (methods D.4)', () => {
  const { asked } = drive(prune.run(task, parsed({ n: 2, checkpoints: [10] })), [
    sampled(open('0.0'), ended('0.1')),
    scores(0.5, 0.5),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ kind: 'sample', prefixes: [{ id: '0.0' }] });
});

test('successive halving ranks the open ones alone', () => {
  expect(goOn([0.9, 0.8, 0.4, 0.3], { method: 'successive_halving' }, [0])).toEqual([1, 2]); // ceil(3 / 2)
});

test('an ended one below the cut is in the pool, and takes no place from then on (methods D.10)', () => {
  const { asked, value } = drive(prune.run(task, { ...options, checkpoints: [10, 20] }), [
    sampled(ended('0.0'), open('0.1'), open('0.2'), open('0.3')),
    scores(0.1, 0.8, 0.9, 0.3),
    sampled(open('0.2.0', { tokenCount: 20 }), open('0.1.0', { tokenCount: 20 })),
    scores(0.5, 0.6), // two are ranked: with the ended one they would be three, of which two are kept
    sampled(candidate('0.1.0.0', 'its end')),
    scores(0.7),
  ]);
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.1.0' }] });
  expect(ids(value.pool)).toEqual(['0.0', '0.1.0.0']);
});

test('where the best ones have ended, nothing is written on', () => {
  const { value } = drive(prune.run(task, options), [
    sampled(ended('0.0'), open('0.1'), ended('0.2'), open('0.3')),
    scores(0.9, 0.1, 0.8, 0.2),
  ]);
  expect(ids(value.pool)).toEqual(['0.0', '0.2']);
});

test('each stretch is one sample for all that go on, the best ones first', () => {
  const { asked } = drive(prune.run(task, parsed({ n: 4, prune_alpha: 0.25, checkpoints: [10, 20] })), [
    sampled(open('0.0'), open('0.1'), open('0.2'), open('0.3')),
    scores(0.2, 0.1, 0.4, 0.3),
    sampled(...['0.2.0', '0.3.0', '0.0.0'].map((id) => open(id, { tokenCount: 20 }))),
    scores(0.5, 0.5, 0.5),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.2' }, { id: '0.3' }, { id: '0.0' }], count: 1, checkpoint: 20 });
  // of equals the one that was begun first, not the one that was better before (methods D.4)
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.0.0' }, { id: '0.2.0' }, { id: '0.3.0' }] });
});

test.each([
  { said: 'of equals the lower index goes on', values: [0.5, 0.5, 0.5, 0.5], more: {}, kept: [0, 1] },
  { said: 'a lone one is kept (pitfall J.55)', values: [0.5], more: {}, kept: [0] },
  { said: 'half of three are two', values: [0.1, 0.2, 0.3], more: {}, kept: [2, 1] },
  { said: 'at least min_keep are kept', values: [0.1, 0.2, 0.3], more: { prune_alpha: 0.95, min_keep: 2 }, kept: [2, 1] },
  { said: 'a failed score comes last', values: [-3, 'not_finite', -2], more: {}, kept: [2, 0] },
  { said: 'where all failed the first ones go on', values: ['a', 'b', 'c'], more: {}, kept: [0, 1] },
])('$said (methods D.4)', ({ values, more, kept }) => {
  expect(goOn(values, more)).toEqual(kept);
});

test.each([
  { said: 'what may still be the best goes on', values: [0.9, 0.6, 0.5, 'unknown'], done: [], kept: [0, 1, 3] },
  { said: 'an end is sure', values: [0.9, 0.8, 0.7, 0.75], done: [0], kept: [1, 3] }, // 0.7 + 0.1645 is below 0.9
])('racing: $said (methods D.4)', ({ values, done, kept }) => {
  expect(goOn(values, { method: 'racing', sigmas: [0.1] }, done)).toEqual(kept);
});

test('racing keeps min_keep whatever the bounds say, and takes the sigma of each checkpoint', () => {
  const racing = { method: 'racing', sigmas: [0.1], min_keep: 2 };
  expect(goOn([0.9, 0.1, 0.2], racing)).toEqual([0, 2]);
  const two = parsed({ n: 2, method: 'racing', checkpoints: [10, 20], sigmas: [1, 0] });
  const { asked } = drive(prune.run(task, two), [
    sampled(open('0.0'), open('0.1')),
    scores(0.1, 0.9),
    sampled(open('0.1.0', { tokenCount: 20 }), open('0.0.0', { tokenCount: 20 })),
    scores(0.9, 0.8),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }, { id: '0.0' }] });
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.1.0' }] });
});

test.each([
  { said: 'what is not below the floor goes on', values: [0.9, 0.5, 0.49, 'unknown'], done: [], more: {}, kept: [0, 1, 3] },
  { said: 'where all are below it the best one does', values: [0.1, 0.3, 0.2], done: [], more: {}, kept: [1] },
  { said: 'at least min_keep do', values: [0.1, 0.3, 0.2], done: [], more: { min_keep: 2 }, kept: [1, 2] },
  { said: 'an end takes a place of min_keep', values: [0.1, 0.3, 0.2], done: [1], more: {}, kept: [] },
])('threshold: $said (methods D.4)', ({ values, done, more, kept }) => {
  const given = { method: 'threshold', floor: 0.5, ...more };
  if (kept.length > 0 || done.length === 0) return expect(goOn(values, given, done)).toEqual(kept);
  const { asked } = drive(prune.run(task, parsed({ n: 3, checkpoints: [10], ...given })), [
    sampled(open('0.0'), ended('0.1'), open('0.2')),
    scores(...values),
  ]);
  expect(asked).toHaveLength(2);
});

const perCheckpoint = (more: object = {}) =>
  parsed({ n: 4, checkpoints: [10, 20], checkpoint_rewards: ['early', 'late'], ...more });
const noStepReward = { ...task, stepReward: null };

test('each checkpoint is ranked by its own reward, those that ended too, and none of them by an earlier number (methods D.5)', () => {
  const { asked, value } = drive(prune.run(noStepReward, perCheckpoint()), [
    sampled(ended('0.0'), open('0.1'), open('0.2'), open('0.3')),
    scores(90, 80, 70, 60), // a scale of its own: against the next one's these would always win
    sampled(open('0.1.0', { tokenCount: 20 })),
    scores(0.6),
    scores(0.5), // of the one that ended: beside its 90 nothing would be kept
    sampled(candidate('0.1.0.0', 'its end')),
  ]);
  expect(asked.map((one) => (one.kind === 'score' ? [one.reward, ids(one.candidates)] : one.kind))).toEqual([
    'sample',
    ['early', ['0.0', '0.1', '0.2', '0.3']],
    'sample',
    ['late', ['0.1.0']],
    ['late', ['0.0']],
    'sample', // and no scoring of the ends: what chooses among them are the rewards of the task
  ]);
  expect(ids(value.pool)).toEqual(['0.0', '0.1.0.0']);
});

test('successive halving asks no checkpoint reward about what ended', () => {
  const { asked } = drive(prune.run(noStepReward, perCheckpoint({ method: 'successive_halving' })), [
    sampled(ended('0.0'), open('0.1'), open('0.2'), open('0.3')),
    scores(9, 8, 7, 6),
    sampled(open('0.1.0', { tokenCount: 20 }), open('0.2.0', { tokenCount: 20 })),
    scores(0.6, 0.7),
    sampled(candidate('0.2.0.0', 'its end')),
  ]);
  expect(asked[4]).toMatchObject({ kind: 'sample', prefixes: [{ id: '0.2.0' }] });
});

test('a checkpoint from max_tokens on is left out, and its reward with it', () => {
  const short = { ...noStepReward, sampling: { ...task.sampling, max_tokens: 15 } };
  const { asked } = drive(prune.run(short, perCheckpoint({ n: 1 })), [
    sampled(open('0.0')),
    scores(1),
    sampled(candidate('0.0.0', 'its end')),
  ]);
  expect(asked.map((one) => (one.kind === 'score' ? one.reward : one.kind))).toEqual(['sample', 'early', 'sample']);
});

test.each([
  { given: { n: 8, checkpoints: [5, 10] }, tokens: 8 * 5 + 4 * 5 + 2 * 10 + 20 },
  { given: { n: 8, checkpoints: [5, 10], min_keep: 8 }, tokens: 8 * 20 + 20 },
  { given: { n: 8, checkpoints: [5], method: 'racing', sigmas: [1] }, tokens: 8 * 20 + 20 },
  { given: { n: 3, checkpoints: [5], method: 'successive_halving' }, tokens: 3 * 5 + 2 * 15 + 20 },
])(
  'of answers of 20 tokens $given are bounded by $tokens in all, the last resort included (methods D.5)',
  ({ given, tokens }) => {
    expect(prune.bound(parsed(given), 20, 1).tokens).toBe(tokens);
  },
);

test.each([
  { maxTokens: 4096, given: undefined, checkpoints: [256, 1024] },
  { maxTokens: 1024, given: undefined, checkpoints: [256] },
  { maxTokens: 160, given: undefined, checkpoints: [20, 80] },
  { maxTokens: 100, given: [40, 99, 100, 200], checkpoints: [40, 99] },
  { maxTokens: 2, given: undefined, checkpoints: [1] },
  { maxTokens: 1, given: undefined, checkpoints: [] },
])('of $maxTokens tokens the checkpoints $given are $checkpoints', ({ maxTokens, given, checkpoints }) => {
  const asked = { ...task, sampling: { ...task.sampling, max_tokens: maxTokens } };
  const prefixes = checkpoints.map((tokenCount, stage) => open(`0${'.0'.repeat(stage + 1)}`, { tokenCount }));
  const last = candidate('0.9', 'end');
  const script = [...prefixes, last].flatMap((one) => [sampled(one), scores(0.5)]);
  const driven = drive(prune.run(asked, parsed({ n: 1, checkpoints: given })), script);
  const samples = driven.asked.flatMap((one) => (one.kind === 'sample' ? [one.checkpoint] : []));
  expect(samples).toEqual([...checkpoints, undefined]);
  expect(prune.bound(parsed({ n: 1, checkpoints: given }), maxTokens, 1).scoreCalls).toBe(checkpoints.length + 3);
});

test('where the budget ends between checkpoints, the best that was kept is written to its end', () => {
  const { asked, value } = drive(prune.run(task, options), [
    sampled(open('0.0'), open('0.1'), open('0.2')),
    scores(0.1, 0.3, 0.2),
    sampled(),
    sampled(candidate('0.1.1', 'its end', { written: 'end' })),
    scores(0.4),
  ]);
  expect(asked[3]).toMatchObject({ prefixes: [{ id: '0.1' }], firstChild: 1, finishing: true, sampling: { temperature: 0 } });
  expect(ids(value.pool)).toEqual(['0.1.1', '0.1', '0.2']);
});

test('what the budget cut after the last checkpoint is not ranked any more', () => {
  const cut = ['0.1.0', '0.2.0'].map((id) => open(id, { finish: 'budget', tokenCount: 30 }));
  const { notes, value } = drive(prune.run(task, options), [
    sampled(open('0.0'), open('0.1'), open('0.2')),
    scores(0.1, 0.3, 0.2),
    sampled(...cut),
    scores(0.3, 0.2),
    sampled(), // the reserve is spent too
  ]);
  expect(notes.at(-1)).toEqual({ type: 'round', round: 1, kept: ['0.1.0', '0.2.0'] });
  expect(ids(value.pool)).toEqual(['0.1.0', '0.2.0']);
});

test.each([
  { said: 'checkpoints that do not ascend', given: { checkpoints: [20, 20] }, path: ['checkpoints'] },
  { said: 'racing without sigmas', given: { method: 'racing', checkpoints: [20] }, path: ['sigmas'] },
  { said: 'sigmas without racing', given: { sigmas: [0.1], checkpoints: [20] }, path: ['sigmas'] },
  { said: 'sigmas without checkpoints', given: { method: 'racing', sigmas: [0.1] }, path: ['sigmas'] },
  { said: 'threshold without a floor', given: { method: 'threshold' }, path: ['floor'] },
  { said: 'a floor without threshold', given: { floor: 0.5 }, path: ['floor'] },
  {
    said: 'one checkpoint reward for two checkpoints',
    given: { checkpoints: [10, 20], checkpoint_rewards: ['early'] },
    path: ['checkpoint_rewards'],
  },
  { said: 'checkpoint rewards without checkpoints', given: { checkpoint_rewards: ['early'] }, path: ['checkpoint_rewards'] },
  {
    said: 'a step reward beside checkpoint rewards',
    given: { checkpoints: [10], checkpoint_rewards: ['early'], step_reward: 'process' },
    path: ['step_reward'],
  },
  { said: 'a share of everything', given: { prune_alpha: 1 }, path: ['prune_alpha'] },
])('$said is refused', ({ given, path }) => {
  expect(prune.options.safeParse(given).error?.issues).toMatchObject([{ path }]);
});

test.each([
  [1, { n: 1 }],
  [16, { n: 16 }],
  [256, { n: 256 }],
])('the integer budget %i is the width %j', (budget, width) => {
  expect(prune.width(budget)).toEqual(width);
});
