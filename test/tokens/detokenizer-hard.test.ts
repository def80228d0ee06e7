/** Streaming of the texts that are hard for a tokenizer, by every kind of it (test/fixtures/tokens). */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Detokenizer } from '../../src/tokens/detokenizer.ts';
import { Tokenizer } from '../../src/tokens/tokenizer.ts';

interface Expected {
  readonly texts: readonly string[];
  readonly kinds: Readonly<Record<string, { texts: readonly { ids: number[]; decoded: string }[] }>>;
}

const folder = `${import.meta.dirname}/../fixtures/tokens`;
const read = (file: string) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
const { texts, kinds }: Expected = read('expected.json');
const tokenizerOf = (kind: string) => new Tokenizer(read(`${kind}/tokenizer.json`), {});

/** Half of a surrogate pair, or a replacement that the text itself does not have. */
const broken = (piece: string, whole: string) =>
  /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(piece) ||
  (piece.includes('\ufffd') && !whole.includes('\ufffd'));

test.each(Object.entries(kinds))('%s: pieces join to the whole text, and none ends within a character', (kind, expected) => {
  const tokenizer = tokenizerOf(kind);
  const wrong: string[] = [];
  for (const [index, { ids, decoded }] of expected.texts.entries()) {
    const detokenizer = new Detokenizer(tokenizer, []);
    const pieces = ids.map((id) => detokenizer.push(id));
    if (pieces.join('') !== decoded || pieces.some((piece) => broken(piece, decoded))) wrong.push(texts[index]!);
  }
  expect(wrong).toEqual([]);
});

test.each(Object.entries(kinds))('%s: what goes on after any place of a text joins to the same text', (kind, expected) => {
  const tokenizer = tokenizerOf(kind);
  const wrong: string[] = [];
  for (const [index, { ids, decoded }] of expected.texts.entries()) {
    if (ids.length > 60) continue;
    for (let cut = 1; cut < ids.length; cut++) {
      const first = new Detokenizer(tokenizer, []);
      const before = ids.slice(0, cut).map((id) => first.push(id));
      const second = new Detokenizer(tokenizer, ids.slice(0, cut));
      const after = ids.slice(cut).map((id) => second.push(id));
      if ([...before, ...after].join('') !== decoded) wrong.push(`${JSON.stringify(texts[index])} at ${cut}`);
    }
  }
  expect(wrong).toEqual([]);
});
