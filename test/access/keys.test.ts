import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readKeys, requireKey } from '../../src/access/keys.ts';

test.each([
  [undefined, []],
  [null, []],
  [7, []],
  ['', []],
  [' , ,', []],
  ['a', ['a']],
  [' a , b,, c ', ['a', 'b', 'c']],
] as const)('the list %j holds the keys %j', (list, keys) => {
  expect(readKeys(list)).toEqual(keys);
});

const keys = ['sk-one', 'sk-two'];
const refused = expect.objectContaining({ code: 'invalid_api_key' });

test.each(['Bearer sk-one', 'Bearer sk-two', 'bearer sk-two', 'BEARER   sk-one'])('%j passes', async (header) => {
  await expect(requireKey(header, keys)).resolves.toBeUndefined();
});

test.each([
  undefined,
  '',
  'sk-one',
  'Bearer',
  'Bearer ',
  'Bearer sk-three',
  'Bearer sk-on',
  'Bearer sk-one,sk-two',
  'Bearer sk-one sk-two',
  'Bearer SK-ONE',
  'Basic sk-one',
  'Bearer sk-one\u0000',
  'XBearer sk-one',
])('%j is refused', async (header) => {
  await expect(requireKey(header, keys)).rejects.toEqual(refused);
});

test('a refusal says how to send a key, and holds none', async () => {
  await expect(requireKey(undefined, keys)).rejects.toThrow('Authorization: Bearer KEY');
  const message = await requireKey('Bearer sk-secret', keys).catch((thrown: Error) => thrown.message);
  expect(message).not.toMatch(/sk-/);
});

test('without keys everyone passes', async () => {
  await expect(requireKey(undefined, [])).resolves.toBeUndefined();
});

test('only what is one of the keys passes', async () => {
  const token = fc.stringMatching(/^[!-~]{1,20}$/);
  await fc.assert(
    fc.asyncProperty(fc.array(token, { minLength: 1, maxLength: 4 }), token, async (known, given) => {
      const passed = await requireKey(`Bearer ${given}`, known).then(
        () => true,
        () => false,
      );
      expect(passed).toBe(known.includes(given));
    }),
    { numRuns: 50 },
  );
});
