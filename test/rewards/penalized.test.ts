import { expect, test } from 'vitest';
import { rewardConfig } from '../../schemas/config.ts';
import { lengthPenalty } from '../../src/rewards/length-penalty.ts';
import { candidate } from '../drive.ts';
import { about, composed, rows, told } from './composed.ts';

const ramp = { form: 'ramp', free: 500, full: 1500 };
const penalized = (length: object) => ({ kind: 'penalized', reward: 'model', length });
const read = (length: object) => {
  const entry = rewardConfig.parse(penalized(length));
  if (entry.kind !== 'penalized') throw new Error(entry.kind);
  return entry.length;
};

test.each([
  { length: 900, expected: -0.04 },
  { length: 500, expected: 0 },
  { length: 100, expected: 0 },
  { length: 1500, expected: -0.1 },
  { length: 90_000, expected: -0.1 },
])('a ramp from 500 to 1500 takes $expected of length $length (methods B.5)', ({ length, expected }) => {
  expect(lengthPenalty(length, read(ramp))).toBeCloseTo(expected, 12);
});

test('a power above 1 is gentle at first', () => {
  expect(lengthPenalty(900, read({ ...ramp, power: 2, alpha: 1 }))).toBeCloseTo(-0.16, 12);
});

test.each([
  { length: 800, expected: 0 },
  { length: 900, expected: -0.5 },
  { length: 1000, expected: -1 },
  { length: 5000, expected: -1 },
])('overlong of 1000 with a buffer of 200 adds $expected at $length', ({ length, expected }) => {
  expect(lengthPenalty(length, read({ form: 'overlong', most: 1000, buffer: 200 }))).toBeCloseTo(expected, 12);
});

test('what is taken off is told; tokens are those that the candidate was written with', () => {
  const given = { members: { model: { output: 'logit' as const, by: { text: 2, brought: 2 } } } };
  const candidates = [candidate('0.0', 'text', { tokenCount: 900 }), candidate('0.1', 'brought', { tokenCount: 0 })];
  const { scores } = composed({ entry: penalized(ramp), ...given, candidates });
  expect(scores[0]).toMatchObject({ ok: true, detail: { length: 900, members: { model: { value: 2 } } } });
  expect(told(scores[0])).toBeCloseTo(1.96, 12);
  // of a text that a caller brings nobody knows them: no penalty would be a wrong number, not a small one
  expect(told(scores[1])).toBe('length_unknown');
});

test.each([
  { unit: 'characters', text: 'añ😀', length: 3 },
  { unit: 'words', text: ' two  words\n', length: 2 },
])('$unit of $text are $length', ({ unit, text, length }) => {
  const { scores } = composed({
    entry: penalized({ ...ramp, unit }),
    members: { model: { by: { [text]: 1 } } },
    candidates: [text],
  });
  expect(scores[0]!.detail).toMatchObject({ length, added: 0 });
});

test('a probability that something is taken off is none any more; the range goes down with it', () => {
  const of = (length: object) => about({ entry: penalized(length), ...rows({ model: [1] }) });
  expect(of(ramp)).toMatchObject({ scale: { output: 'unknown', range: [-0.1, 1] }, dependsOn: 'candidate' });
  expect(of({ form: 'overlong', most: 9, buffer: 3, unit: 'words' })).toMatchObject({
    scale: { range: [-1, 1] },
    dependsOn: 'text',
  });
});

test('a failed score stays failed', () => {
  const { scores } = composed({ entry: penalized({ ...ramp, unit: 'words' }), ...rows({ model: ['too_long', Number.NaN] }) });
  expect(scores.map(told)).toEqual(['member_failed', 'member_failed']);
});

test.each([
  { length: { ...ramp, full: 500 }, why: 'that ends where it begins' },
  { length: { form: 'overlong', most: 10, buffer: 11 }, why: 'whose buffer is longer than all' },
  { length: { ...ramp, alpha: -1 }, why: 'that rewards length' },
])('a penalty $why is refused', ({ length }) => {
  expect(rewardConfig.safeParse(penalized(length)).success).toBe(false);
});
