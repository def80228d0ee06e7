import { expect, test } from 'vitest';
import { StepSearch } from '../../src/strategies/step-search.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';

const step = (id: string, text = `${id}\n`) => candidate(id, text, { finish: 'step' });
const prefixes = [step('0.0'), step('0.1'), step('0.2')];

test('rolling forward is one greedy sample a depth for all prefixes; an end or a dead end leaves its rollout shorter', () => {
  const dead = candidate('0.2.0', '0.2\n\n', { finish: 'step', written: '\n' });
  const { asked, value } = drive(new StepSearch(task).rollForward(prefixes, 3), [
    sampled(step('0.0.0'), candidate('0.1.0', 'end'), dead),
    sampled(step('0.0.0.0')),
    sampled(step('0.0.0.0.0')),
  ]);
  const greedy = { count: 1, until: 'step', sampling: { temperature: 0 } };
  expect(asked).toMatchObject([
    { ...greedy, prefixes: prefixes.map(({ id }) => ({ id })) },
    { ...greedy, prefixes: [{ id: '0.0.0' }] },
    { ...greedy, prefixes: [{ id: '0.0.0.0' }] },
  ]);
  expect(value.map((states) => states.map(({ id }) => id))).toEqual([['0.0.0', '0.0.0.0', '0.0.0.0.0'], ['0.1.0'], []]);
});

test('rolling forward by no step asks for nothing; one that has all its tokens goes no further', () => {
  expect(drive(new StepSearch(task).rollForward(prefixes, 0), []).value).toEqual([[], [], []]);
  const full = candidate('0.0.0', 'full\n', { finish: 'length', tokenCount: 100 });
  const { value } = drive(new StepSearch(task).rollForward([step('0.0')], 2), [sampled(full)]);
  expect(value).toEqual([[full]]);
});

test('a prefix that was rolled forward grows children with other numbers later: no path comes twice', () => {
  const search = new StepSearch(task);
  drive(search.rollForward([step('0.0')], 1), [sampled(step('0.0.0'))]);
  const { asked } = drive(search.extend([step('0.0')], 2), [sampled()]);
  expect(asked[0]).toMatchObject({ firstChild: 1, count: 2 });
});

const empty = candidate('0.0', '', { tokenCount: 1 });

test('an empty answer is one where there is no other, as it is for best_of_n', () => {
  const script = [sampled(empty), scores(0.5)];
  expect(drive(new StepSearch(task).gather([]), script).value.pool).toMatchObject([{ id: '0.0', text: '' }]);
  const failed = { ...empty, finish: 'error' } as const;
  expect(drive(new StepSearch(task).gather([]), [sampled(failed)]).value.pool).toEqual([]);
});

test('an end that adds nothing to an open prefix is none: the prefix is left as it was cut (methods C.0)', () => {
  const open = { ...step('0.1'), scores: {} };
  const end = candidate('0.1.0', open.text, { written: '' });
  expect(drive(new StepSearch(task).gather([open]), [sampled(end)]).value.pool).toEqual([open]);
});
