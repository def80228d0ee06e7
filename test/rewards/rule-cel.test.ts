import { describe, expect, test } from 'vitest';
import { CheckError } from '../../src/rewards/rules/verdict.ts';
import { type Around, judge, passed } from './rule-run.ts';

const TEXT = 'Hello big world. It goes on.\n\n{"a": 3, "tags": ["x", "y"]}';
const cel = (expression: string, text = TEXT, around?: Around) => passed({ check: 'cel', expression }, text, around);

test.each([
  ['size(words) == 11', true],
  ['sentences.size() == 3 && paragraphs.size() == 2 && lines.size() == 2', true],
  ['words.exists(w, w.lowerAscii() == "BIG".lowerAscii())', true],
  ['words.filter(w, w.size() > 4).map(w, w.upperAscii()).join("-") == "HELLO-WORLD"', true],
  ['text.matches("w.r") && !text.matches("^w")', true],
  ['text.contains("big") ? text.startsWith("Hello") : false', true],
  ['text.indexOf("big") == 6 && text.lastIndexOf("o") > 20', true],
  ['text.split(" ")[1] == "big"', true],
  ['json.a == 3 && json.a > 2 && json.tags.all(t, t in ["x", "y"])', true],
  ['has(json.b)', false],
  ['prompt == "the question"', true],
  ['size(text) < 10', false],
  ['words.exists(w, w == "big") // and a comment', true],
  ['cel.bind(n, size(words), n > 3 && n < 20)', true],
  ['true || 1 / 0 == 1', true],
] as const)('%s is %j', (expression, verdict) => {
  expect(cel(expression)).toBe(verdict);
});

test('the answer, the references and the tokens are those of the candidate', () => {
  const around: Around = { references: ['7', '8'], answer: { type: 'number', methods: ['boxed'] }, tokenCount: 12 };
  expect(cel('answer == reference && references.size() == 2 && tokens == 12', 'So \\boxed{7}', around)).toBe(true);
  expect(cel('answer == "7"', 'no box', around)).toBeNull();
});

test.each([
  ['json.b == 1', 'No such key: b'],
  ['1 / 0 == 1', 'division by zero'],
  ['tokens > 3', 'its tokens are not known'],
  ['9223372036854775807 + 1 > 0', /integer overflow/],
  ['text.matches("(?=a)")', /RE2/],
  ['text.substring(5, 2) == ""', /out of range/],
  ['json.a', /bool/],
  ['text.matches(json.a)', /string/],
] as const)('%s is open, and says why', (expression, why) => {
  const verdict = judge({ check: 'cel', expression }, TEXT);
  expect(verdict.passed).toBeNull();
  expect(verdict).toMatchObject({ why: typeof why === 'string' ? why : expect.stringMatching(why) });
});

test('without JSON in the text, json is null', () => {
  expect(cel('json == null', 'none')).toBe(true);
  expect(cel('json != null && json.a == 3', 'none')).toBe(false);
});

test.each([
  ['foo == 1', /Unknown variable: foo/],
  ['1 + 1', /bool/],
  ['words', /bool/],
  ['text == 1', /overload/],
  ['true) || (true', /Unexpected/],
  ['true\n) ? true : (true', /Unexpected/],
  ['"', /Unterminated/],
  ['timestamp("2020-01-01T00:00:00Z") == null', /no function "timestamp"/],
  ['b"x".base64() == "eA=="', /no function "base64"/],
  ['take_evaluator(true)', /no function/],
  ['words.map(w, evil(w)).size() > 0', /no function "evil"/],
  [`${'('.repeat(100)}true${')'.repeat(100)}`, /maxDepth/],
  [`[${'1,'.repeat(300)}1].size() > 1`, /maxListElements/],
  [Array(600).fill('true').join('&&'), /maxAstNodes/],
] as const)('%s is refused', (expression, says) => {
  expect(() => judge({ check: 'cel', expression }, TEXT)).toThrow(CheckError);
  expect(() => judge({ check: 'cel', expression }, TEXT)).toThrow(says);
});

test('names of objects are names, whatever they are', () => {
  expect(cel('json.constructor == 1 && json["__proto__"] == 2', '{"constructor": 1, "__proto__": 2}')).toBe(true);
  expect(cel('has(json.__proto__) || has(json.constructor)', '{"a": 1}')).toBe(false);
});

describe('what would run for long is cut by the count of its steps, so the verdict is the same everywhere', () => {
  const ten = '[1,2,3,4,5,6,7,8,9,10]';
  const nested = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].reduceRight((inner, name) => `${ten}.map(${name}, ${inner})`, '1');
  test.each([
    ['a billion elements', `size(${nested}) > 0`, 'x'],
    ['four loops over the words', 'words.all(a, words.all(b, words.all(c, words.all(d, true))))', 'w '.repeat(3000)],
    [
      'loops whose errors are covered',
      'words.exists(a, words.exists(b, words.exists(c, words.exists(d, a + b + c + d == "x"))))',
      'w '.repeat(3000),
    ],
    ['an error that the other side covers', 'words.all(a, words.all(b, words.all(c, true))) || true', 'w '.repeat(3000)],
    ['a text that doubles', 'cel.bind(a, text + text, cel.bind(b, a + a, cel.bind(c, b + b, size(c) > 0)))', 'x'.repeat(400_000)],
    [
      'a list that doubles',
      'cel.bind(a, words + words, cel.bind(b, a + a, cel.bind(c, b + b, size(c) > 0)))',
      'w '.repeat(30_000),
    ],
    ['a join of copies', 'words.map(w, text).join("").size() > 0', 'w '.repeat(20_000)],
    ['copies of lists', 'words.map(w, words).size() > 3', 'w '.repeat(20_000)],
    ['a split into characters', 'text.split("").size() > 3', 'w'.repeat(1_000_000)],
    ['a search of almost the text', 'text.contains("b" + text.substring(500000))', 'a'.repeat(1_000_000)],
    ['a pattern for each word', 'words.exists(w, text.matches("(" + w + "|[a-f]{50})+$"))', 'w '.repeat(20_000)],
  ])('%s', (_, expression, text) => {
    const began = performance.now();
    expect(passed({ check: 'cel', expression }, text)).toBeNull();
    expect(performance.now() - began).toBeLessThan(10_000); // it takes a second at most; hours without the meter
  });
});
