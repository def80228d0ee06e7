import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnswerConfig } from '../../schemas/config.ts';
import { CheckError } from '../../src/rewards/rules/verdict.ts';
import { paragraphsOf, sentencesOf, wordsOf } from '../../src/rewards/rules/words.ts';
import { judge, passed } from './rule-run.ts';

describe('words, sentences, paragraphs', () => {
  test.each([
    { text: "Don't re-use the well-known 3.5 cups.", words: ["Don't", 're-use', 'the', 'well-known', '3', '5', 'cups'] },
    { text: '  ', words: [] },
    { text: 'cafe\u0301 na\u00EFve', words: ['cafe\u0301', 'na\u00EFve'] },
    { text: '\u6C34\u66DC\u65E5 ok', words: ['\u6C34', '\u66DC', '\u65E5', 'ok'] },
    { text: "'quoted' -- dash- ed", words: ['quoted', 'dash', 'ed'] },
  ])('words of $text', ({ text, words }) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test.each([
    { text: 'One. Two! Three? Four', count: 4 },
    { text: 'Dr. Smith met Mr. J. Jones at 5 p.m. on Monday. He left.', count: 2 },
    { text: 'It costs 3.50 dollars, e.g. in shops etc. and online.', count: 1 },
    { text: 'He said "Stop." Then he left...', count: 2 },
    { text: '1. First item\n2. Second item\n- third', count: 3 },
    { text: 'A heading\n\nA sentence that\ngoes over two lines.', count: 2 },
    { text: '\u3053\u308C\u306F\u672C\u3067\u3059\u3002\u305D\u308C\u306F\u30DA\u30F3\u3067\u3059\u3002', count: 2 },
    { text: '... !!! ???', count: 0 },
  ])('$count sentences in $text', ({ text, count }) => {
    expect(sentencesOf(text)).toHaveLength(count);
  });

  test('paragraphs stand between blank lines, or between lines that are the separator', () => {
    expect(paragraphsOf('a\nb\n \n\nc\n')).toEqual(['a\nb', 'c']);
    expect(paragraphsOf('a\n\nb\n***\nc', '***')).toEqual(['a\n\nb', 'c']);
  });

  test('no word of a text is lost or doubled by cutting it at a space', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        expect(wordsOf(words.join(' '))).toEqual(words);
      }),
    );
  });
});

const FIVE = 'one two three four five';
test.each([
  [{ check: 'length', unit: 'words', max: 5 }, FIVE, true],
  [{ check: 'length', unit: 'words', max: 4 }, FIVE, false],
  [{ check: 'length', unit: 'words', min: 5, max: 5 }, FIVE, true],
  [{ check: 'length', unit: 'words', min: 6 }, FIVE, false],
  [{ check: 'length', unit: 'words', about: 6, tolerance: 0.2 }, FIVE, true],
  [{ check: 'length', unit: 'words', about: 6, tolerance: 0.1 }, FIVE, false],
  [{ check: 'length', unit: 'characters', max: 2 }, '\u{1F600}\u{1F600}', true],
  [{ check: 'length', unit: 'sentences', min: 2 }, 'One. Two.', true],
  [{ check: 'length', unit: 'lines', min: 2, max: 2 }, 'a\n\nb', true],
  [{ check: 'length', unit: 'paragraphs', min: 3 }, 'a\n\nb', false],
  [{ check: 'length', unit: 'paragraphs', min: 2, separator: '***' }, 'a\n***\nb', true],
  [{ check: 'length', unit: 'words', max: 0 }, '', true],

  [{ check: 'keywords', include: ['art'] }, 'a start', false],
  [{ check: 'keywords', include: ['art'], whole_words: false }, 'a start', true],
  [{ check: 'keywords', include: ['Art'] }, 'ART!', true],
  [{ check: 'keywords', include: ['Art'], case_sensitive: true }, 'ART!', false],
  [{ check: 'keywords', include: ['bread and butter'] }, 'Bread and butter.', true],
  [{ check: 'keywords', exclude: ['not'] }, 'it is not', false],
  [{ check: 'keywords', exclude: ['not'] }, 'a knot', true],
  [{ check: 'keywords', frequency: [{ keyword: 'the', min: 2, max: 2 }] }, 'The cat, the dog, then', true],
  [{ check: 'keywords', frequency: [{ keyword: 'the', min: 3 }] }, 'The cat, the dog', false],
  [{ check: 'keywords', frequency: [{ keyword: 'e', min: 3 }], whole_words: false }, 'even here', true],
  [{ check: 'keywords', include: ['\u6C34'] }, '\u51B7\u6C34\u6F84', true], // no ends of words in such a script
  [{ check: 'keywords', include: ['art'] }, '\u{10400}art', false], // a letter outside of the first plane touches it

  [{ check: 'contains', all: ['tar', 'a s'] }, 'a start', true],
  [{ check: 'contains', any: ['x', 'STAR'] }, 'a start', true],
  [{ check: 'contains', any: ['x', 'y'] }, 'a start', false],
  [{ check: 'contains', none: ['start'] }, 'a start', false],

  [{ check: 'format', form: 'json' }, ' {"a": [1, 2]} ', true],
  [{ check: 'format', form: 'json' }, '```json\n{"a": 1}\n```', true],
  [{ check: 'format', form: 'json' }, 'Here: {"a": 1}', false],
  [{ check: 'format', form: 'bullet_list', min: 2, max: 2 }, 'List:\n- a\n* b\n', true],
  [{ check: 'format', form: 'bullet_list', min: 3 }, '- a\n- b\n-c', false],
  [{ check: 'format', form: 'bullet_list' }, '**bold** text', false],
  [{ check: 'format', form: 'numbered_list', min: 2 }, '1. a\n2) b', true],
  [{ check: 'format', form: 'title' }, '<<On rivers>>\nThey flow.', true],
  [{ check: 'format', form: 'title', style: 'angle' }, '# On rivers', false],
  [{ check: 'format', form: 'title', style: 'heading' }, '# On rivers', true],
  [{ check: 'format', form: 'title' }, '<<>> nothing', false],
  [{ check: 'format', form: 'sections', min: 2 }, 'SECTION 1\nx\n## Section 2: y', true],
  [{ check: 'format', form: 'sections', marker: 'Part', min: 2 }, 'Part 1\nx\nParts 2', false],
  [{ check: 'format', form: 'highlighted', min: 2 }, 'a *b* and **c d**', true],
  [{ check: 'format', form: 'highlighted', min: 2 }, '* b\n* c\n2 * 3 * 4', false],
  [{ check: 'format', form: 'no_commas' }, 'a, b', false],
  [{ check: 'format', form: 'no_commas' }, 'a; b', true],
  [{ check: 'format', form: 'quoted' }, ' "all of it" ', true],
  [{ check: 'format', form: 'quoted' }, '"some" of it', false],
  [{ check: 'format', form: 'postscript' }, 'Yours\nP.S. Bring bread.', true],
  [{ check: 'format', form: 'postscript' }, 'Yours\nP.S.', false],
  [{ check: 'format', form: 'postscript', marker: 'P.P.S' }, 'Yours\np.p.s: bread', true],
  [{ check: 'format', form: 'placeholders', min: 2 }, 'Dear [name], at [date]', true],
  [{ check: 'format', form: 'placeholders', min: 1 }, 'Dear []', false],
  [{ check: 'format', form: 'two_responses' }, 'a\n******\nb', true],
  [{ check: 'format', form: 'two_responses' }, 'a\n******\na', false],
  [{ check: 'format', form: 'two_responses' }, 'a\n******\nb\n******\nc', false],
  [{ check: 'format', form: 'paragraph_start', paragraph: 2, word: 'however' }, 'a\n\n"However, b', true],
  [{ check: 'format', form: 'paragraph_start', paragraph: 2, word: 'however' }, 'however', false],

  [{ check: 'case', form: 'lower' }, 'all small, 3', true],
  [{ check: 'case', form: 'lower' }, 'One', false],
  [{ check: 'case', form: 'lower' }, '123', false],
  [{ check: 'case', form: 'upper' }, 'ALL BIG \u00C9', true],
  [{ check: 'case', form: 'upper' }, 'ALL BIG \u00E9', false],
  [{ check: 'case', form: 'title' }, 'The Old Man and the Sea', true],
  [{ check: 'case', form: 'title' }, 'The old Man', true],
  [{ check: 'case', form: 'title' }, 'The Old house', false],
  [{ check: 'case', form: 'capital_words', min: 2, max: 2 }, 'I SAY: STOP at A', true],
  [{ check: 'case', form: 'capital_words', max: 0 }, 'STOP', false],

  [{ check: 'starts_with', text: 'dear' }, '  Dear John', true],
  [{ check: 'starts_with', text: 'dear', case_sensitive: true }, 'Dear John', false],
  [{ check: 'starts_with', prompt: true }, 'The question\nThe answer', true],
  [{ check: 'starts_with', prompt: true }, 'The answer', false],
  [{ check: 'ends_with', text: 'the end.' }, 'It is The End.\n', true],
  [{ check: 'ends_with', text: 'the end.' }, 'The end. No.', false],

  [{ check: 'repetition', n: 1, max_repeated: 0.5 }, 'a b a b', true], // distinct-1 is 2/4
  [{ check: 'repetition', n: 1, max_repeated: 0.49 }, 'a b a b', false],
  [{ check: 'repetition', n: 2, min_distinct: 0.67 }, 'a b a b', false], // ab ba ab: 2/3
  [{ check: 'repetition', n: 2, min_distinct: 0.66 }, 'a b a b', true],
  [{ check: 'repetition', n: 4, max_repeated: 0 }, 'a b', true],

  [{ check: 'numeric_range', min: 3, max: 4 }, 'It is 3.5 in all.', true],
  [{ check: 'numeric_range', max: 3 }, 'first 1, then 3.5', false],
  [{ check: 'numeric_range', min: 1 }, 'none', false],
  [{ check: 'numeric_range', min: 1000 }, '1,234', true],
] as const)('%j of %j is %j', (check, text, verdict) => {
  expect(passed(check, text)).toBe(verdict);
});

test('tokens are those that the policy wrote; where nobody counted them it is open', () => {
  const check = { check: 'length', unit: 'tokens', max: 3 };
  expect(passed(check, 'abc', { tokenCount: 3 })).toBe(true);
  expect(passed(check, 'abc', { tokenCount: 4 })).toBe(false);
  expect(passed(check, 'abc')).toBeNull();
  expect(passed(check, '')).toBe(true);
});

describe('against right answers', () => {
  const match = (mode: string, text: string, references: string[], more: object = {}) =>
    passed({ check: 'match', mode, ...more }, text, { references });
  test.each([
    ['exact', ' Paris ', ['Paris'], true],
    ['exact', 'paris', ['Paris'], false],
    ['text', 'PARIS.', ['Paris'], true],
    ['numeric', '0.5', ['1/2'], true],
    ['numeric', '0.51', ['1/2'], false],
    ['set', '2, 1', ['1, 2'], true],
    ['set', '2, 3', ['1, 2'], false],
    ['choice', 'B', ['b'], true],
    ['choice', 'C', ['b'], false],
    ['numeric', '7', ['3', '7'], true],
    ['numeric', '8', ['3', '7'], false],
    ['numeric', '', ['3'], null],
  ])('%s: %j against %j is %j', (mode, text, references, verdict) => {
    expect(match(mode, text, references)).toBe(verdict);
  });

  test('a tolerance goes through', () => {
    expect(match('numeric', '0.5001', ['0.5'], { options: { abs_tolerance: 0.001 } })).toBe(true);
  });

  const answer: AnswerConfig = { type: 'number', methods: ['boxed'] };
  test('the answer is read as the policy reads it', () => {
    const text = 'First 9, then \\boxed{7}.';
    expect(passed({ check: 'match', mode: 'numeric' }, text, { references: ['7'], answer })).toBe(true);
    expect(passed({ check: 'match', mode: 'numeric', of: 'text' }, text, { references: ['7'], answer })).not.toBe(true);
    expect(passed({ check: 'answer_equals', value: '14/2' }, text, { answer })).toBe(true);
    expect(passed({ check: 'answer_equals', value: '8' }, text, { answer })).toBe(false);
    expect(passed({ check: 'numeric_range', of: 'answer', max: 8 }, text, { answer })).toBe(true);
    expect(judge({ check: 'answer_equals', value: '8' }, 'no box', { answer })).toEqual({
      passed: false,
      why: 'no answer is read in it: no_match',
    });
  });

  test('without a way to read an answer it is open', () => {
    expect(passed({ check: 'answer_equals', value: '8' }, '8')).toBeNull();
  });
});

test.each([
  [{ check: 'length', unit: 'words' }, /min/],
  [{ check: 'length', unit: 'words', min: 5, max: 4 }, /at least 5 and at most 4/],
  [{ check: 'length', unit: 'words', min: 5, separator: '***' }, /paragraphs/],
  [{ check: 'keywords' }, /include/],
  [{ check: 'contains' }, /all/],
  [{ check: 'starts_with' }, /text/],
  [{ check: 'starts_with', text: 'a', prompt: true }, /prompt/],
  [{ check: 'repetition' }, /max_repeated/],
  [{ check: 'numeric_range' }, /min/],
  [{ check: 'numeric_range', min: 2, max: 1 }, /from 2 to 1/],
  [{ check: 'regex', pattern: '(?=a)' }, /RE2/],
  [{ check: 'regex', pattern: 'a', mode: 'none', min: 1 }, /counted/],
] as const)('%j can be passed by nothing, and is refused', (check, says) => {
  expect(() => judge(check, 'text')).toThrow(CheckError);
  expect(() => judge(check, 'text')).toThrow(says);
});

test('every failed check says why', () => {
  expect(judge({ check: 'length', unit: 'words', max: 3 }, FIVE)).toEqual({ passed: false, why: '5 words, at most 3 allowed' });
  expect(judge({ check: 'keywords', include: ['six'] }, FIVE)).toEqual({ passed: false, why: '"six" does not occur' });
});
