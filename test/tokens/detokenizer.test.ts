import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Decoder, Detokenizer } from '../../src/tokens/detokenizer.ts';

/** One token a byte of UTF-8; 256 is a special token. */
const bytes: Decoder = {
  decode: (ids) =>
    new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(Uint8Array.from(ids.filter((id) => id < 256))),
};
/** A word a token, with a space before each but the first. */
const words: Decoder = { decode: (ids) => ids.map((id) => `w${id}`).join(' ') };

const tokensOf = (text: string): number[] => [...new TextEncoder().encode(text)];

test('a character of four tokens is given with the last of them', () => {
  const detokenizer = new Detokenizer(bytes, []);
  expect(tokensOf('a😀b').map((token) => detokenizer.push(token))).toEqual(['a', '', '', '', '😀', 'b']);
});

test('the pieces join to the text, and none ends within a character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
      fc.pre(!text.includes('\ufffd') && new TextDecoder().decode(new TextEncoder().encode(text)) === text); // a lone surrogate has no bytes
      const detokenizer = new Detokenizer(bytes, tokensOf('before é'));
      expect(
        tokensOf(text)
          .map((token) => detokenizer.push(token))
          .join(''),
      ).toBe(text);
    }),
  );
});

test('a character cut in the middle is given whole by who goes on', () => {
  const tokens = tokensOf('xé');
  const detokenizer = new Detokenizer(bytes, tokens.slice(0, 2));
  expect(detokenizer.push(tokens[2]!)).toBe('é');
});

test('a special token reads as nothing, before and after text', () => {
  const detokenizer = new Detokenizer(bytes, []);
  expect([256, 97, 256, 98].map((token) => detokenizer.push(token))).toEqual(['', 'a', '', 'b']);
});

test('bytes that never become a character do not hold back what follows', () => {
  const detokenizer = new Detokenizer(bytes, []);
  const text = [0xff, 0xff, 0xff, 0xff, 0xff, 97, 98].map((token) => detokenizer.push(token)).join('');
  expect(text.endsWith('ab')).toBe(true);
});

test('what is decoded again for a token stays short, whatever came before', () => {
  let longest = 0;
  const measured: Decoder = {
    decode: (ids) => {
      longest = Math.max(longest, ids.length);
      return bytes.decode(ids);
    },
  };
  const detokenizer = new Detokenizer(measured, tokensOf('a long text before the new one'));
  for (let place = 0; place < 100; place++) detokenizer.push([0xff, 97, 256][place % 3]!);
  for (let place = 0; place < 100; place++) detokenizer.push(0xff);
  expect(longest).toBeLessThanOrEqual(8);
});

test('a token reads as it does within its sentence, and a fork goes on by itself', () => {
  const detokenizer = new Detokenizer(words, [1, 2]);
  const fork = detokenizer.fork();
  expect([detokenizer.push(3), detokenizer.push(4), fork.push(5)]).toEqual([' w3', ' w4', ' w5']);
});
