import { expect, test } from 'vitest';
import { StepSearch } from '../../src/strategies/step-search.ts';
import { candidate, drive, sampled, task } from '../drive.ts';

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
