import { expect, test } from 'vitest';
import type { Candidate } from '../../src/operation.ts';
import { explored, puct, stepPriors } from '../../src/strategies/puct.ts';
import { Tree } from '../../src/strategies/tree.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';

const options = puct.options.parse({ parallel: 1, branch: 2 });
const constants = { base: 19652, init: 1.25 };
const logprobs = (...values: readonly number[]) => values.map((logprob) => ({ token: 'x', logprob }));
const step = (id: string, more: Partial<Candidate> = {}) =>
  candidate(id, `${id}\n`, { finish: 'step', written: `${id}\n`, ...more });

test.each([
  { value: 0.5, prior: 0.6, visits: 3, expected: 0.9594101789 },
  { value: 0.4, prior: 0.3, visits: 2, expected: 0.7062734526 },
  { value: 0, prior: 0.1, visits: 0, expected: 0.3062734526 },
])('of 6 visits, $visits of value $value and prior $prior are worth $expected (methods C.7)', (given) => {
  expect(given.value + explored(given.prior, given.visits, 6, constants)).toBeCloseTo(given.expected, 10);
});

test('after many visits exploration weighs more: the multiplier is 1.2503561344 at 6 (methods C.7)', () => {
  expect(explored(1, 0, 6, constants) / Math.sqrt(6)).toBeCloseTo(1.2503561344, 10);
  expect(explored(1, 0, 1e6, constants) / 1e3).toBeCloseTo(Math.log((1e6 + 19653) / 19652) + 1.25, 10);
});

/** The prompt with steps of these log-probabilities below it, or below a first step of it. */
function below(steps: readonly Partial<Candidate>[], before?: Partial<Candidate>) {
  const tree = new Tree();
  const plant = (parent: typeof tree.root, more: Partial<Candidate>, place: number) =>
    tree.add(parent, [{ prefix: step(`${parent.prefix.id}.${place}`, more), growing: true, ownValue: 0.5 }])[0]!;
  const parent = before ? plant(tree.root, before, 0) : tree.root;
  steps.forEach((more, place) => {
    plant(parent, more, place);
  });
  return parent;
}

test('a prior is the softmax of mean token log-probabilities: longer steps are not less likely for it (methods C.7)', () => {
  const parent = below([{ logprobs: logprobs(-1, -1, -1, -1) }, { logprobs: logprobs(-2) }]);
  const whole = Math.exp(-1) + Math.exp(-2);
  expect(parent.children.map(({ prefix }) => prefix.id)).toEqual(['0.0', '0.1']);
  const [long, short] = stepPriors(parent, 'logprob');
  expect(long).toBeCloseTo(Math.exp(-1) / whole, 12);
  expect(short).toBeCloseTo(Math.exp(-2) / whole, 12);
  expect(stepPriors(parent, 'uniform')).toEqual([0.5, 0.5]);
});

test('only the tokens of the step itself count, not those before it', () => {
  const before = logprobs(-9, -9, -9);
  const parent = below([{ logprobs: [...before, ...logprobs(-1)] }, { logprobs: [...before, ...logprobs(-1, -1)] }], {
    logprobs: before,
  });
  expect(stepPriors(parent, 'logprob')).toEqual([0.5, 0.5]);
});

test('where the log-probabilities of one step are unknown, no sibling is preferred', () => {
  expect(stepPriors(below([{ logprobs: logprobs(-1) }, { logprobs: undefined }]), 'logprob')).toEqual([0.5, 0.5]);
  expect(stepPriors(below([{ logprobs: logprobs(-1) }, { logprobs: [] }]), 'logprob')).toEqual([0.5, 0.5]);
});

test('it asks for log-probabilities of sampled tokens, but not for a uniform prior', () => {
  expect(puct.topLogprobs({})).toBe(0);
  expect(puct.topLogprobs({ prior: 'uniform' })).toBeUndefined();
});

const first = [step('0.0', { logprobs: logprobs(-4) }), step('0.1', { logprobs: logprobs(-0.1) })];

test.each([
  { name: 'the prior leads where values are close', values: [0.5, 0.4], more: {}, next: '0.1' },
  { name: 'a uniform one leaves it to the values', values: [0.5, 0.4], more: { prior: 'uniform' as const }, next: '0.0' },
  { name: 'without exploration the value alone leads', values: [0.5, 0.4], more: { puct_init: 0, puct_base: 1e12 }, next: '0.0' },
  {
    name: "an unvisited child may have its parent's value less 0.1: then the prior alone leads",
    values: [1, 0],
    more: { puct_init: 0.5, first_play: 'parent' as const },
    next: '0.1',
  },
  { name: 'by its own value it is the better step that leads', values: [1, 0], more: { puct_init: 0.5 }, next: '0.0' },
])('$name', ({ values, more, next }) => {
  const { asked } = drive(puct.run(task, { ...options, ...more }), [sampled(...first), scores(...values), sampled(), sampled()]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: next }] });
});

test('an unvisited child whose value is of its parent waits while a visited one is at most 0.1 worse (methods C.7)', () => {
  const ended = (id: string) => candidate(id, `${id} end`, { written: 'end' });
  const valueAlone = { first_play: 'parent', puct_init: 0, puct_base: 1e12 } as const;
  const { asked } = drive(puct.run(task, { ...options, ...valueAlone, branch: 3, parallel: 2 }), [
    sampled(step('0.0'), step('0.1'), step('0.2')),
    scores(0.9, 0.8, 0.7),
    sampled(ended('0.0.0'), step('0.0.1'), ended('0.1.0')),
    scores(0.5, 0.4, 0.55),
    sampled(),
  ]);
  // the prompt is worth 0.525: 0.2 has 0.425, less than the 0.5 of 0.0, and more than its 0.25 with a path in flight
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.0.1' }, { id: '0.2' }] });
});
