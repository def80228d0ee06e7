import { expect, test } from 'vitest';
import { mulberry32, subSeed } from '../src/random.ts';

const draws = (seed: number, count: number): number[] => Array.from({ length: count }, mulberry32(seed));

test.each([
  { seed: 1, expected: [0.6270739405881613, 0.002735721180215478, 0.5274470399599522] },
  { seed: 42, expected: [0.6011037519201636, 0.44829055899754167, 0.8524657934904099] },
])('mulberry32: the first draws of seed $seed (methods 0.5)', ({ seed, expected }) => {
  expect(draws(seed, 3)).toEqual(expected);
});

test('mulberry32 agrees with an implementation in Python after 1000 draws, and takes a seed modulo 2^32', () => {
  expect(draws(7, 1000).at(-1)).toBe(0.5222152776550502);
  expect(draws(-1, 3)).toEqual(draws(2 ** 32 - 1, 3));
});

test('mulberry32 stays in [0, 1) with the mean of a uniform draw', () => {
  const drawn = draws(3, 20_000);
  expect(drawn.every((draw) => draw >= 0 && draw < 1)).toBe(true);
  const mean = drawn.reduce((sum, draw) => sum + draw, 0) / drawn.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / drawn.length));
});

// Computed in Python over the UTF-8 bytes of `seed|stage|index`.
test.each([
  [1, 'sample', 0, 3429510654],
  [1, 'sample', 1, 3446288273],
  [42, '0.3', 7, 3515476785],
  [-5, 'tournament', 0, 3397914034],
  [1, 'é漢😀', 2, 3586390107],
  [9007199254740991, 'policy', '0.1.2', 1958336010],
])('sub-seed of (%s, %s, %s) is 32-bit FNV-1a: %s (methods 0.8)', (seed, stage, index, expected) => {
  expect(subSeed(seed, stage, index)).toBe(expected);
});
