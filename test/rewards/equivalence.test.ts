import { expect, test } from 'vitest';
import { type AnswerConfig, config as configSchema } from '../../schemas/config.ts';
import type { Result } from '../../src/operation.ts';
import { checkAll } from '../../src/rewards/check-all.ts';
import { equivalence } from '../../src/rewards/equivalence.ts';
import { namedReward } from '../../src/rewards/registry.ts';
import { candidate, drive } from '../drive.ts';

const answered = (...results: (boolean | 'unknown')[]): Result => ({
  kind: 'read',
  result: {
    ok: true,
    response: {
      results: results.map((equal) => ({
        equal,
        reason: equal === true ? null : equal === false ? ('different' as const) : ('timeout' as const),
      })),
    } as never,
  },
});
const lookup = configSchema.parse({
  default_policy: 'p',
  backends: {
    local: { kind: 'gpu_backend', url: 'http://127.0.0.1:1' },
    theirs: { kind: 'openai', url: 'http://127.0.0.1:2/v1' },
  },
  rewards: { right: { kind: 'equivalence', backend: 'local' }, elsewhere: { kind: 'equivalence', backend: 'theirs' } },
});

const scoring = (
  texts: readonly string[],
  {
    answer = { type: 'text' },
    references = ['x^2+2x+1'],
    options = {},
  }: { answer?: AnswerConfig | null; references?: readonly string[]; options?: object } = {},
) =>
  equivalence.score({
    ...namedReward('right', { right: options }, lookup),
    prompt: { text: 'p' },
    candidates: texts.map((text, place) => candidate(`0.${place}`, text)),
    subject: { policy: 'p', answer, references, seed: 0 },
  });

test('what needs no algebra asks nobody', () => {
  const { asked, value } = drive(
    scoring([String.raw`\boxed{5 cm}`, String.raw`\boxed{4}`, 'no answer', 'Answer: 0.05 m'], { references: ['0.05 m'] }),
    [],
  );
  expect(asked).toEqual([]);
  expect(value.map((score) => score.ok && score.value)).toEqual([1, 0, 0, 1]);
  expect(value[0]).toEqual({ ok: true, value: 1, detail: { answer: '5 cm', how: 'unit' } });
  expect(value[2]).toEqual({ ok: true, value: 0, detail: { answer: null, reason: 'no_match' } });
});

test('all formulas are asked at once, equal ones once; what cannot be told is no score', () => {
  const texts = ['(x+1)^2', 'x^2', '(x+1)^2', '?x', 'x^2+2x+1'].map((text) => `\\boxed{${text}}`);
  const { asked, value } = drive(scoring(texts), [answered(true, false, 'unknown')]);
  expect(asked).toMatchObject([{ kind: 'read', reading: 'equivalence', backend: 'local', reward: 'right' }]);
  expect(asked[0]).toMatchObject({
    request: { pairs: ['(x+1)^2', 'x^2', '?x'].map((given) => ({ given, reference: 'x^2+2x+1' })) },
  });
  expect(value.map((score) => (score.ok ? score.value : score.reason))).toEqual([1, 0, 1, 'timeout', 1]);
});

test('one of several right answers is enough, and one that is open leaves it open', () => {
  const references = ['7', 'x^2+2x+1', '8'];
  const [yes, open] = ['(x+1)^2', 'y'].map((text) => scoring([`\\boxed{${text}}`], { references }));
  expect(drive(yes!, [answered(false, true, false)]).value).toMatchObject([{ ok: true, value: 1 }]);
  expect(drive(open!, [answered(false, 'unknown', false)]).value).toMatchObject([{ ok: false, reason: 'timeout' }]);
});

test('a backend that fails leaves formulas open and decides nothing: never a zero', () => {
  const failed: Result = { kind: 'read', result: { ok: false, reason: 'backend_unreachable' } };
  const { value } = drive(scoring([String.raw`\boxed{(x+1)^2}`, String.raw`\boxed{\text{none}}`]), [failed]);
  expect(value).toMatchObject([
    { ok: false, reason: 'backend_error' },
    { ok: false, reason: 'backend_error' },
  ]);
});

test('a request says how answers are compared; the type is that of the policy where it does not', () => {
  const half = [String.raw`\boxed{50\%}`];
  const options = { percent: 'divide' };
  expect(drive(scoring(half, { references: ['0.5'] }), []).value).toMatchObject([{ value: 0 }]);
  expect(drive(scoring(half, { references: ['0.5'], options }), []).value).toMatchObject([{ value: 1 }]);
  const choice = { type: 'choice', choices: 'XYZ' } as const;
  expect(drive(scoring(['Answer: Y'], { references: ['Y'], answer: choice }), []).value).toMatchObject([{ value: 1 }]);
  expect(drive(scoring(['x^2+2x+1'], { answer: null }), []).value).toMatchObject([{ value: 1 }]);
});

test('members of a set are asked for in one call', () => {
  const comparison = {
    given: String.raw`\{\sqrt{8}, \frac{\pi}{2}, 1\}`,
    reference: String.raw`\{1, 2\sqrt{2}, 0.5\pi\}`,
    options: { rel_tolerance: 0.001 },
  };
  const asking = checkAll([comparison, { ...comparison, reference: '5' }], { backend: 'local', reward: 'right' });
  const first = asking.next();
  if (first.done || first.value.kind !== 'read') throw new Error('Nothing was asked.');
  const { pairs } = first.value.request as { pairs: { given: string; reference: string; rel_tolerance: number }[] };
  expect(pairs.every(({ rel_tolerance }) => rel_tolerance === 0.001)).toBe(true);
  const same = ({ given, reference }: { given: string; reference: string }) =>
    (given.includes('8') && reference.includes('2}')) || (given.includes('pi') && reference.includes('pi'));
  const done = asking.next(answered(...pairs.map(same)));
  expect(done.value).toEqual([
    { equal: true, how: 'set', reason: null },
    { equal: false, how: 'number', reason: 'different_kinds' },
  ]);
});

test('more pairs than a call may hold are asked in several', () => {
  const comparisons = Array.from({ length: 1500 }, (_, place) => ({ given: `x+${place}`, reference: 'y', options: {} }));
  const { asked, value } = drive(checkAll(comparisons, { backend: 'local', reward: 'right' }), [
    answered(...Array.from({ length: 1024 }, () => false)),
    answered(...Array.from({ length: 476 }, () => true)),
  ]);
  expect(asked).toHaveLength(2);
  expect(value.filter(({ equal }) => equal === true)).toHaveLength(476);
});

test.each([
  ['no reference', [], 'right', /right answer/],
  ['a backend without algebra', ['5'], 'elsewhere', /computer algebra.*gpu_backend/],
])('refused before anything is spent: %s', (_, references, name, says) => {
  const named = namedReward(name, {}, lookup);
  const subject = { policy: 'p', answer: null, references, seed: 0 };
  expect(() => equivalence.refuse(named, subject, 'rewards[0]')).toThrow(says);
});
