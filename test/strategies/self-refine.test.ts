import { expect, test } from 'vitest';
import type { SampleOperation } from '../../src/operation.ts';
import { selfRefine } from '../../src/strategies/self-refine.ts';
import { candidate, drive, sampled, task } from '../drive.ts';

const ids = (candidates: readonly { readonly id: string }[]) => candidates.map(({ id }) => id);
const promptOf = (operation: unknown): string => {
  const { prompt } = operation as SampleOperation;
  return 'messages' in prompt ? prompt.messages.map(({ content }) => content).join('\n') : prompt.text;
};
const critique = (id: string, verdict: string) => candidate(id, `Too short.\nVERDICT: ${verdict}`);

test('a version, its critique, the next version: each a new child of the prompt (methods E.1)', () => {
  const { asked, value } = drive(selfRefine.run(task, { max_rounds: 2, critic: 'critic' }), [
    sampled(candidate('0.0', 'first')),
    sampled(critique('0.1', 'revise')),
    sampled(candidate('0.2', 'second')),
    sampled(critique('0.3', 'done')),
  ]);
  expect(asked).toMatchObject([
    { role: 'policy', policy: 'writer', firstChild: 0, prompt: task.prompt, until: 'end' },
    { role: 'critic', policy: 'critic', firstChild: 1 },
    { role: 'refiner', policy: 'writer', firstChild: 2 },
    { role: 'critic', policy: 'critic', firstChild: 3 },
  ]);
  expect(ids(value.pool)).toEqual(['0.0', '0.2']);
  expect(value.stop).toBe('converged');
});

test('the policy criticises itself where no critic is named; its log-probabilities are asked of versions alone', () => {
  const { asked } = drive(selfRefine.run({ ...task, topLogprobs: 3 }, { max_rounds: 2 }), [
    sampled(candidate('0.0', 'first')),
    sampled(critique('0.1', 'revise')),
    sampled(candidate('0.2', 'second')),
    sampled(),
  ]);
  expect(asked).toMatchObject([{ topLogprobs: 3 }, { policy: 'writer', topLogprobs: undefined }, { topLogprobs: 3 }, {}]);
});

test('the critic reads the newest version; the refiner every version and critique before it (methods E.1)', () => {
  const { asked } = drive(selfRefine.run(task, { max_rounds: 2 }), [
    sampled(candidate('0.0', 'version A')),
    sampled(candidate('0.1', 'flaw A\nVERDICT: revise')),
    sampled(candidate('0.2', 'version B')),
    sampled(candidate('0.3', 'flaw B\nVERDICT: revise')),
    sampled(candidate('0.4', 'version C')),
  ]);
  expect(promptOf(asked[1])).toContain('version A');
  expect(promptOf(asked[3])).toContain('version B');
  expect(promptOf(asked[3])).not.toContain('version A');
  const history = ['question', 'version A', 'flaw A', 'version B', 'flaw B'];
  const places = history.map((part) => promptOf(asked[4]).indexOf(part));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test('after `max_rounds` critiques the last version is not criticised any more', () => {
  const { asked } = drive(selfRefine.run(task, { max_rounds: 1 }), [
    sampled(candidate('0.0', 'first')),
    sampled(critique('0.1', 'revise')),
    sampled(candidate('0.2', 'second')),
  ]);
  expect(asked).toHaveLength(3);
  expect(drive(selfRefine.run(task, { max_rounds: 0 }), [sampled(candidate('0.0', 'first'))]).asked).toHaveLength(1);
});

test.each([
  { name: 'without a verdict', answer: candidate('0.1', 'Looks good to me.') },
  { name: 'that was cut', answer: candidate('0.1', 'VERDICT: revise\nand', { finish: 'length' }) },
  { name: 'that was cut after it was content', answer: candidate('0.1', 'VERDICT: done', { finish: 'budget' }) },
  { name: 'that failed', answer: candidate('0.1', '', { finish: 'error' }) },
])('a critique $name ends the run with what there is, and is no consent (methods E.0)', ({ answer }) => {
  const { value } = drive(selfRefine.run(task, { max_rounds: 2 }), [sampled(candidate('0.0', 'first')), sampled(answer)]);
  expect(ids(value.pool)).toEqual(['0.0']);
  expect(value.stop).toBeUndefined();
});

test('a critique that does not come ends the run with what there is', () => {
  const { value } = drive(selfRefine.run(task, { max_rounds: 2 }), [sampled(candidate('0.0', 'first')), sampled()]);
  expect(ids(value.pool)).toEqual(['0.0']);
});

test.each(['length', 'budget', 'error'] as const)('a version that ends by %s is kept and not criticised', (finish) => {
  const { value } = drive(selfRefine.run(task, { max_rounds: 2 }), [sampled(candidate('0.0', 'first', { finish }))]);
  expect(ids(value.pool)).toEqual(['0.0']);
});

test('nothing sampled is an empty pool', () => {
  expect(drive(selfRefine.run(task, { max_rounds: 2 }), [sampled()]).value).toEqual({ pool: [] });
});
