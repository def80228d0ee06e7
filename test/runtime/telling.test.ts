import { expect, test } from 'vitest';
import { mulberry32 } from '../../src/random.ts';
import { Telling } from '../../src/runtime/telling.ts';

const textOf = (telling: Telling, ...parts: readonly string[]): string[] => parts.map((part) => telling.write(part).text);

test('without a stop string all is told as it comes', () => {
  expect(textOf(new Telling([]), 'a', '', 'bc')).toEqual(['a', '', 'bc']);
});

test('what may begin a stop string waits until it is one or is not', () => {
  expect(textOf(new Telling(['\n\n']), 'a', '\n', 'b', '\n')).toEqual(['a', '', '\nb', '']);
  expect(textOf(new Telling(['END', 'aaab']), 'xE', 'N', 'N', 'aaaa')).toEqual(['x', '', 'ENN', 'a']);
});

test('a stop string that a server gives away is not told, nor what follows it', () => {
  expect(textOf(new Telling(['stop']), 'a sto', 'p and on', ' and on')).toEqual(['a ', '', '']);
});

test('no character is told by half', () => {
  const telling = new Telling(['\ude00x']); // a stop string that begins with the second half of one
  expect(textOf(telling, 'a\u{1F600}', 'y')).toEqual(['a', '\u{1F600}y']);
});

test('the end of a call tells what is certain, the last one all', () => {
  const telling = new Telling(['ab']);
  expect(telling.write('x').text).toBe('x');
  expect(telling.settle('xya', [], false)).toMatchObject({ text: 'y' });
  expect(telling.settle('xya', [], true)).toMatchObject({ text: 'a' });
  expect(telling.settle('xya', [], true)).toMatchObject({ text: '' });
});

test('a text that is not the one that was told is seen', () => {
  const telling = new Telling([]);
  telling.write('ab');
  expect(telling.settle('ac', [], true)).toBeUndefined();
  expect(telling.settle('a', [], true)).toBeUndefined();
});

test('log-probabilities are told once, in order', () => {
  const telling = new Telling([]);
  const all = ['a', 'b', 'c'].map((token) => ({ token, logprob: -1 }));
  expect(telling.write('a', all.slice(0, 1)).logprobs).toEqual(all.slice(0, 1));
  expect(telling.settle('abc', all, false)?.logprobs).toEqual(all.slice(1));
  expect(telling.settle('abc', all, true)?.logprobs).toEqual([]);
});

test('however a text comes, what is told is a beginning of what remains of it, and at last all of that', () => {
  const random = mulberry32(1);
  const pick = (count: number) => Math.floor(random() * count);
  const draw = (most: number) => Array.from({ length: 1 + pick(most) }, () => 'ab\u{1F600}'[pick(4)]).join('');
  for (let round = 0; round < 5000; round++) {
    const stop = Array.from({ length: pick(3) }, () => draw(4));
    const raw = draw(24);
    const places = stop.map((string) => raw.indexOf(string)).filter((place) => place >= 0);
    const remains = raw.slice(0, Math.min(raw.length, ...places));
    const telling = new Telling(stop);
    let told = '';
    for (let at = 0; at < raw.length; ) {
      const end = at + 1 + pick(4);
      told += telling.write(raw.slice(at, end)).text;
      at = end;
      expect(remains.startsWith(told), JSON.stringify({ raw, stop, told })).toBe(true);
    }
    expect(told + telling.settle(remains, [], true)?.text).toBe(remains);
  }
});
