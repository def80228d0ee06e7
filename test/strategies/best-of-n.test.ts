import { expect, test } from 'vitest';
import { bestOfN } from '../../src/strategies/best-of-n.ts';
import { candidate, drive, sampled, task } from '../drive.ts';

test('best-of-N asks once, for n whole continuations of the prompt (methods A.1)', () => {
  const drawn = [candidate('0.0', 'a'), candidate('0.1', 'b', { finish: 'length' }), candidate('0.2', 'c')];
  const { asked, value } = drive(bestOfN.run(task, { n: 3 }), [sampled(...drawn)]);
  expect(asked).toMatchObject([
    {
      kind: 'sample',
      role: 'policy',
      policy: 'writer',
      prefixes: [{ id: '0', text: '' }],
      count: 3,
      firstChild: 0,
      until: 'end',
    },
  ]);
  expect(value.pool).toEqual(drawn.map((one) => ({ ...one, scores: {} })));
});

test('best-of-N keeps what came of a short round, failed candidates too', () => {
  const drawn = [candidate('0.0', 'a'), candidate('0.1', '', { finish: 'error', reason: 'missing' })];
  const { value } = drive(bestOfN.run(task, { n: 8 }), [sampled(...drawn)]);
  expect(value.pool.map(({ id, finish }) => [id, finish])).toEqual([
    ['0.0', 'stop'],
    ['0.1', 'error'],
  ]);
  expect(drive(bestOfN.run(task, { n: 8 }), [sampled()]).value).toEqual({ pool: [] });
});

test('best-of-N hands sampling and log-probabilities on, and never the finishing reserve', () => {
  const sampling = { ...task.sampling, temperature: 0.3, stop: ['END'] };
  const { asked } = drive(bestOfN.run({ ...task, sampling, topLogprobs: 4 }, { n: 1 }), [sampled()]);
  expect(asked[0]).toMatchObject({ sampling, topLogprobs: 4, finishing: false });
});
