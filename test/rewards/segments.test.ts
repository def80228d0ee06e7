import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { segmentSplit } from '../../schemas/rewards/segments.ts';
import { splitSegments } from '../../src/rewards/split-segments.ts';
import { candidate } from '../drive.ts';
import { about, composed, refuse, rows, told } from './composed.ts';

const segments = (more: object = {}) => ({ kind: 'segments', reward: 'model', ...more });
const texts = (text: string, split: (typeof segmentSplit.options)[number], steps: readonly string[] = []) =>
  splitSegments(text, split, steps).map(({ start, end }) => text.slice(start, end));

describe('where a text is cut', () => {
  test.each([
    { split: 'sentence', text: 'It is 3.5 m. Is it? Yes!\nSo.', pieces: ['It is 3.5 m.', 'Is it?', 'Yes!', 'So.'] },
    { split: 'sentence', text: '数は三です。四ではない。', pieces: ['数は三です。', '四ではない。'] },
    { split: 'clause', text: 'First 1,000, then 2; done.', pieces: ['First 1,000,', 'then 2;', 'done.'] },
    { split: 'line', text: 'a\n\n  b \nc', pieces: ['a', 'b', 'c'] },
    { split: 'paragraph', text: 'a\nb\n\nc\n\n\nd', pieces: ['a\nb', 'c', 'd'] },
    { split: 'sentence', text: ' \n ', pieces: [] },
    { split: 'line', text: '', pieces: [] },
  ] as const)('by $split: $text', ({ split, text, pieces }) => {
    expect(texts(text, split)).toEqual(pieces);
  });

  test('by step: where the policy’s delimiter ends one', () => {
    expect(texts('a|b|', 'step', ['a|', 'b|'])).toEqual(['a|', 'b|']);
  });

  test('offsets count UTF-16 code units: an emoji is two (methods B.4)', () => {
    expect(splitSegments('Hi 😀. Yes.', 'sentence', [])).toEqual([
      { start: 0, end: 6 },
      { start: 7, end: 11 },
    ]);
  });

  test('segments follow each other and hold every character that is no white space', () => {
    const words = fc.string({ unit: fc.constantFrom('a', 'B', '7', '.', ',', '!', ' ', '\n', '😀', '。'), maxLength: 60 });
    fc.assert(
      fc.property(words, fc.constantFrom(...segmentSplit.options), (text, split) => {
        const found = splitSegments(text, split, [...text]);
        expect(
          found
            .map(({ start, end }) => text.slice(start, end))
            .join('')
            .replace(/\s/g, ''),
        ).toBe(text.replace(/\s/g, ''));
        for (const [place, { start, end }] of found.entries()) {
          expect(start).toBeLessThan(end);
          expect(start).toBeGreaterThanOrEqual(found[place - 1]?.end ?? 0);
          expect(text.slice(start, end)).toBe(text.slice(start, end).trim());
        }
      }),
    );
  });
});

describe('a score of segments', () => {
  const text = 'Good. Bad. Good.';
  const model = { output: 'logit' as const, by: { 'Good.': 2, 'Good. Bad.': -1, 'Good. Bad. Good.': 0.5, 'Bad.': -3 } };
  const score = (more: object, options = {}) =>
    composed({ entry: segments(more), options, members: { model }, candidates: [text] });

  test('each is read with what stands before it; the mean is told, and where each segment is', () => {
    const { scores, asked } = score({});
    expect(asked[0]!.texts).toEqual(['Good.', 'Good. Bad.', 'Good. Bad. Good.']);
    expect(scores[0]).toEqual({
      ok: true,
      value: 0.5,
      detail: {
        segments: [
          { start: 0, end: 5, value: 2 },
          { start: 6, end: 10, value: -1 },
          { start: 11, end: 16, value: 0.5 },
        ],
      },
    });
  });

  test.each([
    { more: { reduction: 'sum' }, value: 1.5 },
    { more: { reduction: 'min' }, value: -1 },
    { more: { reads: 'alone' }, value: 1 / 3 },
    { more: { verdict: {} }, value: 1 / 3 },
    { more: { verdict: { at_least: 1, positive: 0.5, negative: -0.5 }, reduction: 'sum' }, value: -0.5 },
  ])('$more: $value', ({ more, value }) => {
    expect(told(score(more).scores[0])).toBeCloseTo(value, 12);
  });

  test('the request may choose the reduction', () => {
    expect(told(score({}, { reduction: 'sum' }).scores[0])).toBe(1.5);
  });

  test('one segment that fails fails the candidate: it has no part that nobody looked at', () => {
    const { scores } = composed({
      entry: segments({ reads: 'alone' }),
      members: { model: { by: { 'Good.': 1 } } },
      candidates: ['Good. Odd.', 'Good.'],
    });
    expect(scores.map(told)).toEqual(['member_failed', 1]);
    expect(scores[0]!.detail).toMatchObject({ segments: [{ value: 1 }, { reason: 'missing' }] });
  });

  test('a text without a segment, or with more than 256, has no score, and costs none', () => {
    const many = 'a.\n'.repeat(257);
    const { scores, asked } = composed({
      entry: segments(),
      ...{ members: { model: { by: () => 1 } } },
      candidates: ['  ', many, 'one'],
    });
    expect(scores.map(told)).toEqual(['no_segments', 'too_many_segments', 1]);
    expect(asked.flatMap(({ texts: those }) => those)).toEqual(['one']);
  });

  test('20 candidates of 256 lines are read a thousand at a time, long beginnings fewer', () => {
    const lines = 'x\n'.repeat(256);
    const candidates = Array.from({ length: 20 }, (_, place) => candidate(`0.${place}`, lines));
    const { scores, asked } = composed({
      entry: segments({ split: 'line', reads: 'alone' }),
      members: { model: { by: () => 0.5 } },
      candidates,
    });
    expect(new Set(scores.map(told))).toEqual(new Set([0.5]));
    expect(asked.map(({ texts: those }) => those.length)).toEqual([1024, 1024, 1024, 1024, 1024]);
    const long = Array.from({ length: 2 }, (_, place) => candidate(`0.${place}`, `${'x'.repeat(15_000)}\n`.repeat(20)));
    const begun = composed({
      entry: segments({ split: 'line' }),
      members: { model: { by: () => 0.5 } },
      candidates: long,
    });
    expect(begun.asked.length).toBeGreaterThan(1);
    for (const { texts: those } of begun.asked) expect(those.join('').length).toBeLessThanOrEqual(2 ** 22);
    expect(begun.scores.map(told)).toEqual([0.5, 0.5]);
  });

  test('beginnings of more than four million characters are too long to read', () => {
    const text = `${'x'.repeat(20_000)}\n`.repeat(30);
    const given = { members: { model: { by: () => 1 } }, candidates: [text] };
    expect(told(composed({ entry: segments({ split: 'line' }), ...given }).scores[0])).toBe('too_long');
    expect(told(composed({ entry: segments({ split: 'line', reads: 'alone' }), ...given }).scores[0])).toBe(1);
  });

  test('a megabyte of full stops is cut within a second, and refused', () => {
    const before = performance.now();
    const { scores } = composed({
      entry: segments({ split: 'clause' }),
      members: { model: { by: () => 1 } },
      candidates: ['A. '.repeat(300_000)],
    });
    expect(performance.now() - before).toBeLessThan(2000);
    expect(told(scores[0])).toBe('too_many_segments');
  });
});

test('a reward that compares candidates cannot score segments', () => {
  const others = { model: { kind: 'weighted', members: ['raw'] } };
  expect(() => refuse({ entry: segments(), members: { raw: { by: {} } }, others, candidates: [] })).toThrow(
    expect.objectContaining({ code: 'capability_missing', message: expect.stringContaining('"model"') }),
  );
});

test.each([
  { more: {}, scale: { output: 'probability', range: [0, 1] } },
  { more: { reduction: 'sum' }, scale: { output: 'unknown', range: [0, 256] } },
  { more: { verdict: {} }, scale: { output: 'unknown', range: [-1, 1] } },
  { more: { verdict: {}, reduction: 'sum' }, scale: { output: 'unknown', range: [-256, 256] } },
])('$more of probabilities is $scale', ({ more, scale }) => {
  expect(about({ entry: segments(more), ...rows({ model: [1] }) }).scale).toEqual(scale);
});
