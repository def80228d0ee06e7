import { expect, test } from 'vitest';
import type { Candidate, Result, SampleOperation } from '../../src/operation.ts';
import { treeOfThoughts } from '../../src/strategies/tree-of-thoughts.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';

const options = treeOfThoughts.options.parse({ breadth: 2, branch: 3, max_steps: 2 });
const criticised = { ...task, stepReward: null }; // as it is where a critic evaluates
const step = (id: string, text = `${id}\n`, more: Partial<Candidate> = {}) =>
  candidate(id, text, { finish: 'step', written: text, ...more });
const three = sampled(step('0.0'), step('0.1'), step('0.2'));
const replies = (...texts: readonly string[]) => sampled(...texts.map((text, place) => candidate(`0.${3 + place}`, text)));
const each = (...results: readonly Result[]): Result => ({ kind: 'together', results });
const outlooks = (...said: readonly string[]) => replies(...said.map((outlook) => `Hm.\nOUTLOOK: ${outlook}`));
const choices = (...said: readonly (number | string)[]) => replies(...said.map((choice) => `Hm.\nCHOICE: ${choice}`));
const promptOf = (operation: unknown): string => JSON.stringify((operation as SampleOperation).prompt);

/** Who grows in the second round, the best first. */
function kept(evaluate: 'value' | 'vote', replied: Result, states: Result = three): string[] {
  const { asked } = drive(treeOfThoughts.run(criticised, { ...options, evaluate }), [states, replied, sampled(), sampled()]);
  return (asked[2] as SampleOperation).prefixes.map(({ id }) => id);
}

test('each round proposes `branch` steps for each kept state, the first one for the prompt alone (Yao et al. 2023)', () => {
  const { asked, notes } = drive(treeOfThoughts.run(task, options), [
    three,
    scores(0.2, 0.9, 0.5),
    sampled(step('0.1.0')),
    scores(0.4),
    sampled(candidate('0.1.0.0', '0.1.0\nend')),
    scores(0.4),
  ]);
  expect(asked[0]).toMatchObject({ prefixes: [{ id: '0' }], count: 3, until: 'step' });
  expect(asked[1]).toMatchObject({ kind: 'score', reward: 'process' });
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }, { id: '0.2' }], count: 3, until: 'step' });
  expect(asked[4]).toMatchObject({ until: 'end', finishing: true }); // after max_steps rounds
  expect(notes).toContainEqual({ type: 'prune', id: '0.0', reason: 'not_kept' });
});

test('by value a critic is asked `votes` times of each state, all together; nothing is scored (Yao et al. 2023)', () => {
  const run = treeOfThoughts.run(criticised, { ...options, evaluate: 'value', votes: 2, critic: 'critic' });
  const { asked } = drive(run, [three, each(outlooks(), outlooks(), outlooks()), sampled(), sampled()]);
  expect(asked.map(({ kind }) => kind)).toEqual(['sample', 'together', 'sample', 'sample']);
  const operations = asked[1]?.kind === 'together' ? asked[1].operations : [];
  expect(operations).toMatchObject(
    [3, 5, 7].map((first) => ({
      role: 'critic',
      policy: 'critic',
      prefixes: [{ id: '0' }],
      count: 2,
      firstChild: first, // beside the steps, so that no path and no random stream repeats
      until: 'end',
    })),
  );
  for (const [place, operation] of operations.entries()) {
    expect(promptOf(operation)).toContain('question');
    expect(promptOf(operation)).toContain(`0.${place}\\n`);
  }
});

test.each([
  {
    name: 'sure is 20, maybe 1',
    said: [['maybe', 'maybe', 'maybe'], ['impossible', 'sure', 'impossible'], ['maybe']],
    best: ['0.1', '0.0'],
  },
  { name: 'impossible is the least that is known', said: [[], ['impossible'], ['maybe']], best: ['0.2', '0.1'] },
  { name: 'equals go on in their order', said: [['maybe'], ['maybe'], ['maybe']], best: ['0.0', '0.1'] },
  {
    name: 'a reply that cannot be read takes nothing away',
    said: [['sure', 'hm', 'hm'], ['sure', 'sure', 'maybe'], []],
    best: ['0.0', '0.1'],
  },
  { name: 'where nothing can be read, the first ones go on', said: [['hm'], [], ['hm']], best: ['0.0', '0.1'] },
])('by value $name (Yao et al. 2023)', ({ said, best }) => {
  expect(kept('value', each(...said.map((ofOne) => outlooks(...ofOne))))).toEqual(best);
});

test('a reply that was cut says nothing, whatever it has said', () => {
  const cut = sampled(candidate('0.3', 'OUTLOOK: sure', { finish: 'length' }));
  expect(kept('value', each(cut, outlooks('impossible'), outlooks('maybe')))).toEqual(['0.2', '0.1']);
});

test('by vote a critic is shown all states side by side, and asked `votes` times (Yao et al. 2023)', () => {
  const run = treeOfThoughts.run(criticised, { ...options, evaluate: 'vote', votes: 4 });
  const { asked } = drive(run, [three, choices(), sampled(), sampled()]);
  expect(asked[1]).toMatchObject({ role: 'critic', policy: 'writer', count: 4, firstChild: 3, until: 'end' });
  for (const id of ['0.0', '0.1', '0.2']) expect(promptOf(asked[1])).toContain(`${id}\\n`);
});

test.each([
  { name: 'the state with more votes is better', said: [3, 3, 2], best: ['0.2', '0.1'] },
  { name: 'equals go on in their order', said: [2, 3], best: ['0.1', '0.2'] },
  { name: 'a vote for none of them counts for none', said: [9, 'two', 2], best: ['0.1', '0.0'] },
  { name: 'where none can be read, the first ones go on', said: ['?', 0], best: ['0.0', '0.1'] },
])('by vote $name (Yao et al. 2023)', ({ said, best }) => {
  expect(kept('vote', choices(...said))).toEqual(best);
});

test('of equals the one with fewer tokens is better (methods 0.3)', () => {
  const states = sampled(step('0.0', '0.0\n', { tokenCount: 9 }), step('0.1', '0.1\n', { tokenCount: 5 }), step('0.2'));
  expect(kept('vote', choices('?'), states)).toEqual(['0.2', '0.1']);
});

test.each([
  { evaluate: 'value', replied: each(outlooks(), outlooks(), outlooks()) },
  { evaluate: 'vote', replied: choices(1) },
] as const)('by $evaluate critics judge what the user asked, where the prompt says more than that', ({ evaluate, replied }) => {
  const planned = { ...criticised, question: { text: 'the question alone' } };
  const { asked } = drive(treeOfThoughts.run(planned, { ...options, evaluate }), [three, replied, sampled(), sampled()]);
  const consulted = asked[1]?.kind === 'together' ? asked[1].operations : [asked[1]];
  for (const operation of consulted) expect(promptOf(operation)).toContain('the question alone');
  expect(asked[0]).toMatchObject({ prompt: task.prompt });
});

test('a lone state is kept without asking anybody', () => {
  const run = treeOfThoughts.run(criticised, { ...options, evaluate: 'value' });
  expect(drive(run, [sampled(step('0.0')), sampled(), sampled()]).asked.map(({ kind }) => kind)).toEqual(Array(3).fill('sample'));
});

test('what it needs depends on who evaluates; at the defaults it is the step reward', () => {
  expect(treeOfThoughts.needs).toEqual({ stepReward: true, continuation: true, steps: true });
  for (const evaluate of ['value', 'vote'])
    expect(treeOfThoughts.needsOf({ evaluate })).toEqual({ critic: true, continuation: true, steps: true });
});

test.each([
  { evaluate: 'step_reward', critic: 'critic' },
  { evaluate: 'value', step_reward: 'process' },
  { votes: 17 },
  { votes: 0 },
  { breadth: 65 },
])('the options %j are none', (given) => {
  expect(treeOfThoughts.options.safeParse(given).success).toBe(false);
});

test.each([
  { evaluate: 'step_reward', bound: { candidates: 10, tokens: 1000, scoreCalls: 4 } }, // 3 + 2 x 3 states, and one more
  { evaluate: 'value', bound: { candidates: 10, tokens: 1000 + 9 * 300, scoreCalls: 1 } },
  { evaluate: 'vote', bound: { candidates: 10, tokens: 1000 + 2 * 300, scoreCalls: 1 } },
] as const)('the bound by $evaluate has room for its replies', ({ evaluate, bound }) => {
  expect(treeOfThoughts.bound({ ...options, evaluate }, 100, 1)).toEqual(bound);
});

test('an integer budget is a width, as of beams (api.md 4)', () => {
  expect(treeOfThoughts.width(16)).toEqual({ branch: 4, breadth: 4 });
});
