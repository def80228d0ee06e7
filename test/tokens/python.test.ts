/** What Python's tokenizers and transformers make of hard texts; the fixtures and their scripts are in test/fixtures/tokens. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Tokenizer } from '../../src/tokens/tokenizer.ts';

interface Expected {
  readonly texts: readonly string[];
  readonly pairs: readonly (readonly [string, string])[];
  readonly kinds: Readonly<Record<string, Kind>>;
}
interface Kind {
  readonly texts: readonly { ids: number[]; special: number[]; decoded: string }[];
  readonly pairs: readonly { ids: number[]; types: number[] }[];
}

const folder = `${import.meta.dirname}/../fixtures/tokens`;
const read = (file: string) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
const expected: Expected = read('expected.json');

/** Spaces that these kinds see in a byte order mark or a next line, and Python does not: JavaScript's own `trim` and `split`. */
const DIFFERENT: Readonly<Record<string, RegExp>> = { 'unigram-stripped': /\ufeff|\u0085/ };
/** The unknown token is refused to a reader, not read: those ids cannot be compared by `encode`. */
const refusesUnknown = (definition: { model: { type: string } }) => ['WordPiece', 'Unigram'].includes(definition.model.type);

test.each(Object.entries(expected.kinds))('%s: ids, whole inputs and texts are those of Python', (kind, { texts }) => {
  const definition = read(`${kind}/tokenizer.json`);
  const tokenizer = new Tokenizer(definition, read(`${kind}/tokenizer_config.json`));
  const wrong = expected.texts.filter((text, index) => {
    const { ids, special, decoded } = texts[index]!;
    if (DIFFERENT[kind]?.test(text)) return false;
    const same = (given: readonly number[], wanted: readonly number[]) => given.join() === wanted.join();
    const encoded = refusesUnknown(definition) || same(tokenizer.encode(text), ids);
    return !encoded || !same(tokenizer.encodeWhole(text), special) || tokenizer.decode(ids) !== decoded;
  });
  expect(wrong).toEqual([]);
});

test.each(Object.entries(expected.kinds).filter(([kind]) => /wordpiece|unigram|roberta|metaspace|gemma/.test(kind)))(
  '%s: pairs and their types are those of Python',
  (kind, { pairs }) => {
    const tokenizer = new Tokenizer(read(`${kind}/tokenizer.json`), read(`${kind}/tokenizer_config.json`));
    for (const [index, [first, second]] of expected.pairs.entries()) {
      expect(tokenizer.encodePair(first, second)).toEqual(pairs[index]);
    }
  },
);
