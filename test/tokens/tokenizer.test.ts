import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PrecompiledCharsmap } from '../../src/tokens/precompiled-charsmap.ts';
import { Tokenizer } from '../../src/tokens/tokenizer.ts';
import { unicodeSpaces } from '../../src/tokens/unicode-space.ts';

const folder = `${import.meta.dirname}/../fixtures/tokens`;
const definitionOf = (kind: string) => JSON.parse(readFileSync(`${folder}/${kind}/tokenizer.json`, 'utf8'));
const tokenizerOf = (kind: string) => new Tokenizer(definitionOf(kind), {});

test('ids beyond the vocabulary, as of a padded output layer, read as nothing and have a name', () => {
  const tokenizer = tokenizerOf('byte-level');
  const ids = tokenizer.encode('ab');
  expect(tokenizer.size).toBe(600);
  expect(tokenizer.decode([9999, ...ids, 700])).toBe('ab');
  expect(tokenizer.decode([9999])).toBe('');
  expect(tokenizer.name(9999)).toBe('<9999>');
});

test('an encoder reads its unknown token where a policy would be asked about a character that it lacks', () => {
  const tokenizer = tokenizerOf('wordpiece-lower');
  expect(() => tokenizer.encode('fox 😀')).toThrow(expect.objectContaining({ code: 'prompt_unsupported' }));
  expect(tokenizer.encodeWhole('😀')).toEqual([2, 1, 3]);
});

test('lone surrogates are read as the replacement character', () => {
  const tokenizer = tokenizerOf('byte-level');
  expect(tokenizer.encode('a\ud800b')).toEqual(tokenizer.encode('a\ufffdb'));
  expect(tokenizerOf('unigram').encodeWhole('\udfff')).toEqual(tokenizerOf('unigram').encodeWhole('\ufffd'));
});

test.each(['byte-level', 'byte-level-split', 'metaspace-prepend', 'gemma', 'unigram', 'wordpiece-lower'])(
  '%s: 100,000 characters without a space are no quadratic work',
  { timeout: 30_000 },
  (kind) => {
    const tokenizer = tokenizerOf(kind);
    const start = performance.now();
    tokenizer.encodeWhole('ab'.repeat(50_000));
    tokenizer.encodeWhole(' \n'.repeat(50_000));
    expect(performance.now() - start).toBeLessThan(15_000); // some 2 s on a quiet machine; quadratic would be minutes
  },
);

test('a space in a pattern is Unicode White_Space, in a class and alone', () => {
  const all = Array.from({ length: 0xffff }, (_, code) => String.fromCharCode(code)).filter((character) => /\s/.test(character));
  for (const pattern of [/\s/u, /[\s]/u, /[^\S]/u]) {
    const unicode = unicodeSpaces(pattern);
    for (const character of all) if (character !== '\ufeff') expect(unicode.test(character)).toBe(true);
  }
  for (const pattern of [/^\s$/u, /^[\s]$/u]) {
    expect(unicodeSpaces(pattern).test('\ufeff')).toBe(false);
    expect(unicodeSpaces(pattern).test('\x85')).toBe(true);
  }
  expect(unicodeSpaces(/^\S$/u).test('\ufeff')).toBe(true);
  expect(unicodeSpaces(/^\\s[\]\s]$/u).source).toContain('\\\\s[\\]\\t');
  expect(unicodeSpaces(/[\s\S]/u).source).toBe('[\\s\\S]');
});

test('a compiled normalization that is not one is an error', () => {
  expect(() => new PrecompiledCharsmap('not base64!')).toThrow('base64');
});
