import { expect, test } from 'vitest';
import { eachAt } from '../../src/operation.ts';
import { kindOf, namedReward } from '../../src/rewards/registry.ts';
import { weightedMean } from '../../src/rewards/rubric.ts';
import { entryOf, judgedBy, lookup, numberOf, shown, subject, textOf } from './judging.ts';

const score = { kind: 'judge' };
const answer = (verdict: string | number) => `It is fine.\n<answer>${verdict}</answer>`;

test('one score a candidate, put on 0 to 1', async () => {
  const says = (prompt: string) => answer(shown(prompt) === 'four' ? 10 : 1);
  const { scores, asked } = await judgedBy(score, ['four', 'five'], { says });
  expect(scores.map(numberOf)).toEqual([1, 0]);
  expect(asked.map(({ role, policy, count }) => [role, policy, count])).toEqual([
    ['judge', 'writer', 1],
    ['judge', 'writer', 1],
  ]);
  expect(asked[0]!.sampling).toMatchObject({ temperature: 0, max_tokens: 512 });
});

test('or as it is, on the scale of the config', async () => {
  const entry = { ...score, least: -2, most: 2, output: 'raw' };
  const { scores } = await judgedBy(entry, ['a'], { says: () => answer('-1') });
  expect(scores.map(numberOf)).toEqual([-1]);
  const named = { ...namedReward('judge', {}, { ...lookup, rewards: { judge: entryOf(entry) } }) };
  expect(kindOf(named.config).scale(named)).toEqual({ output: 'unknown', range: [-2, 2] });
});

test('equal texts are judged once', async () => {
  const { scores, asked } = await judgedBy(score, ['a', 'b', 'a'], { says: () => answer(10) });
  expect(asked).toHaveLength(2);
  expect(scores.map(numberOf)).toEqual([1, 1, 1]);
});

test('several verdicts are drawn at 0.7 and their mean counts, with its spread (methods B.13)', async () => {
  const says = (_: string, number: number) => answer([4, 6, 8][number]!);
  const { scores, asked } = await judgedBy({ ...score, samples: 3, output: 'raw' }, ['a'], { says });
  expect(asked).toMatchObject([{ count: 3, sampling: { temperature: 0.7 } }]);
  expect(numberOf(scores[0])).toBe(6);
  expect(scores[0]!.detail).toMatchObject({ samples: 3, valid: 3, retried: 0, scores: [4, 6, 8] });
  expect(scores[0]!.detail!.std).toBeCloseTo(Math.sqrt(8 / 3), 9);
});

test('a request may ask for more verdicts, at another temperature, by other criteria', async () => {
  const options = { samples: 5, temperature: 1, criteria: 'Only the spelling.', explain: true };
  const { scores, asked } = await judgedBy(score, ['a'], { options, says: () => answer(10) });
  expect(asked).toMatchObject([{ count: 5, sampling: { temperature: 1 } }]);
  expect(textOf(asked[0]!.prompt)).toContain('Only the spelling.');
  expect(scores[0]!.detail!.texts).toEqual(Array.from({ length: 5 }, () => answer(10)));
});

test('what cannot be read is asked for once more at temperature 0, in the format alone (methods B.13)', async () => {
  const says = (prompt: string) => (prompt.includes('Answer only in the required format') ? '<answer>4' : 'I like it.');
  const { scores, asked } = await judgedBy({ ...score, output: 'raw', samples: 3 }, ['a'], { says });
  expect(numberOf(scores[0])).toBe(4);
  expect(scores[0]!.detail).toMatchObject({ valid: 3, retried: 3 });
  expect(asked.map(({ count }) => count)).toEqual([3, 1, 1, 1]);
  expect(asked[1]).toMatchObject({ sampling: { temperature: 0 }, prefixes: [{ text: '<answer>' }] });
  expect(asked[1]!.prompt).toMatchObject({
    messages: [{ role: 'user' }, { role: 'assistant', content: 'I like it.' }, { role: 'user' }],
  });
});

test('a second failure is a failure with its reason, never a number', async () => {
  const { scores, asked } = await judgedBy(score, ['a'], { says: () => 'Ten out of ten!' });
  expect(asked).toHaveLength(2);
  expect(scores).toEqual([
    { ok: false, reason: 'no_verdict', detail: { samples: 1, valid: 0, retried: 1, invalid: { no_verdict: 1 }, scores: [] } },
  ]);
});

test('without a second try it is asked once', async () => {
  const { scores, asked } = await judgedBy({ ...score, retry: false }, ['a'], { says: () => '' });
  expect(asked).toHaveLength(1);
  expect(scores[0]).toMatchObject({ ok: false, reason: 'no_verdict' });
});

test('the second answer is begun in the required format only where the server can go on with it', async () => {
  const begun = async (policy: string, more: object = {}) =>
    (await judgedBy({ ...score, policy, ...more }, ['a'], { says: () => 'Hm.' })).asked[1]!;
  expect(await begun('writer')).toMatchObject({ prefixes: [{ text: '<answer>' }], sampling: { stop: ['</answer>'] } });
  expect(await begun('begins', { format: 'json' })).toMatchObject({
    prefixes: [{ text: '{"score": ' }],
    sampling: { stop: ['}'] },
  });
  expect(await begun('other')).toMatchObject({ prefixes: [{ text: '' }], sampling: { stop: [] } });
});

test('a begun answer that came to its end is closed, one that was cut is not', async () => {
  const second = (written: string, finish: 'stop' | 'length') =>
    judgedBy({ ...score, output: 'raw' }, ['a'], {
      says: (prompt) => (prompt.includes('Answer only in the required format') ? { text: `<answer>${written}`, finish } : 'Hm.'),
    });
  expect((await second('[[7]]', 'stop')).scores.map(numberOf)).toEqual([7]);
  expect((await second('7', 'length')).scores[0]).toMatchObject({ ok: false });
  expect((await second('The capital', 'stop')).scores[0]).toMatchObject({ ok: false });
});

test('a judge that said nothing is asked anew: no server is given an empty turn', async () => {
  const { asked } = await judgedBy(score, ['a'], { says: () => '' });
  expect(asked[1]!.prompt).toMatchObject({ messages: [{ role: 'user' }] });
  expect(textOf(asked[1]!.prompt)).toContain('Answer only in the required format');
});

test.each([
  { valid: 2, counts: true },
  { valid: 1, counts: false },
])('of three verdicts $valid that can be read are enough: $counts (methods B.13)', async ({ valid, counts }) => {
  const says = (_: string, number: number) => (number < valid ? answer(10) : 'mumble');
  const { scores } = await judgedBy({ ...score, samples: 3, retry: false }, ['a'], { says });
  expect(scores[0]!.ok).toBe(counts);
});

test('verdicts that the budget leaves out, or cuts, have failed of it, and are not asked for again', async () => {
  const none = await judgedBy(score, ['a'], { left: 0 });
  expect(none.scores[0]).toMatchObject({ ok: false, reason: 'budget' });
  const cut = await judgedBy(score, ['a'], { says: () => ({ text: 'It is', finish: 'budget' }) });
  expect(cut.scores[0]).toMatchObject({ ok: false, reason: 'budget' });
  expect(cut.asked).toHaveLength(1);
  const some = await judgedBy({ ...score, samples: 3 }, ['a'], { left: 2, says: () => answer(10) });
  expect(some.scores[0]).toMatchObject({ ok: true, value: 1, detail: { samples: 3, valid: 2, invalid: { budget: 1 } } });
});

test('a judge whose server fails has that for a reason', async () => {
  const says = () => ({ finish: 'error' as const, reason: 'context_length_exceeded' });
  const { scores, asked } = await judgedBy(score, ['a'], { says });
  expect(scores[0]).toMatchObject({ ok: false, reason: 'context_length_exceeded' });
  expect(asked).toHaveLength(1);
});

test('JSON verdicts are asked for and read as JSON', async () => {
  const { scores, asked } = await judgedBy({ ...score, format: 'json' }, ['a'], { says: () => 'Good: {"score": 10}' });
  expect(textOf(asked[0]!.prompt)).toContain('the member "score" of one JSON object');
  expect(numberOf(scores[0])).toBe(1);
});

test('yes and no are 1 and 0, and their mean is a share', async () => {
  const says = (_: string, number: number) => answer(['yes', 'no', 'Yes'][number]!);
  const { scores } = await judgedBy({ kind: 'judge', mode: 'yes_no', samples: 3 }, ['a'], { says });
  expect(numberOf(scores[0])).toBeCloseTo(2 / 3, 9);
});

test('a chain of rubrics says what kind of task it is first, and its tags decide nothing (RM-R1)', async () => {
  const says = () => '<type>Reasoning</type><solution>4 <answer></solution> 7 <answer>[[7]]</answer>';
  const { scores, asked } = await judgedBy({ kind: 'judge', mode: 'chain_of_rubrics', output: 'raw' }, ['a'], { says });
  expect(numberOf(scores[0])).toBe(7);
  const prompt = textOf(asked[0]!.prompt);
  for (const tag of ['<type>Reasoning</type>', '<type>Chat</type>', '<solution>', '<rubric>', '<justify>', '<eval>'])
    expect(prompt).toContain(tag);
});

test('reflection: the verdict is checked in a second turn, and what is said then counts (SPARK)', async () => {
  const says = (prompt: string) => answer(prompt.includes('Check your verdict') ? 'no' : 'yes');
  const { scores, asked } = await judgedBy({ kind: 'judge', mode: 'reflection', samples: 3 }, ['a'], { says });
  expect(asked.map(({ count, firstChild }) => [count, firstChild])).toEqual([
    [3, 0],
    [1, 0],
    [1, 1],
    [1, 2],
  ]);
  expect(scores[0]).toMatchObject({ ok: true, value: 0, detail: { changed: 3, valid: 3 } });
});

test('reflection: a check that cannot be read leaves no verdict, though there was one before', async () => {
  const says = (prompt: string) => (prompt.includes('Check your verdict') ? 'Hm.' : answer('yes'));
  const { scores } = await judgedBy({ kind: 'judge', mode: 'reflection' }, ['a'], { says });
  expect(scores[0]).toMatchObject({ ok: false, reason: 'no_verdict' });
});

const memory = [
  { name: 'correct', weight: 0.6 },
  { name: 'evidence', weight: 0.2, description: 'It cites what it says.' },
  { name: 'time', weight: 0.2 },
];

test('a weighted mean, with and without an item (methods B.3)', () => {
  expect(weightedMean([1, 0.5, 0.25], [0.6, 0.2, 0.2])).toBeCloseTo(0.75, 9);
  expect(weightedMean([1, 0.5, null], [0.6, 0.2, 0.2])).toBeCloseTo(0.875, 9);
  expect(weightedMean([null], [1])).toBeNull();
});

const rubric = { kind: 'judge', mode: 'rubric', least: 0, most: 4, rubric: memory };
const items = (...scores: readonly (number | string)[]) =>
  scores.map((value, place) => `<item_${place + 1}>${value}</item_${place + 1}>`).join('\n');

test('a rubric has a score for each item and their weighted mean (methods B.3)', async () => {
  const { scores, asked } = await judgedBy(rubric, ['a'], { says: () => items(4, 2, 1) });
  expect(numberOf(scores[0])).toBeCloseTo(0.75, 9);
  expect(scores[0]!.detail).toMatchObject({ parts: { correct: 1, evidence: 0.5, time: 0.25 }, std: 0 });
  expect(textOf(asked[0]!.prompt)).toContain('2. evidence: It cites what it says.');
});

test('a rubric as JSON, in order', async () => {
  const { scores } = await judgedBy({ ...rubric, format: 'json' }, ['a'], { says: () => '{"scores": [4, 2, 1]}' });
  expect(numberOf(scores[0])).toBeCloseTo(0.75, 9);
});

test.each(['', items(4, 2), items(4, 2, 9), items(4, 2, 'n/a'), `${items(4, 2, 1)}<item_1>3</item_1>`])(
  'a verdict without a score for every item is none: %j',
  async (said) => {
    const { scores, asked } = await judgedBy(rubric, ['a'], { says: () => said });
    expect(scores[0]!.ok).toBe(false);
    expect(asked).toHaveLength(2);
  },
);

test('an item that does not apply is left out for that candidate, or for all of them (methods B.3)', async () => {
  const says = (prompt: string) => (shown(prompt) === 'a' ? items(4, 2, 'n/a') : items(4, 2, 1));
  const alone = await judgedBy({ ...rubric, not_applicable: 'per_candidate' }, ['a', 'b'], { says });
  expect(alone.scores.map(numberOf)).toEqual([expect.closeTo(0.875, 9), expect.closeTo(0.75, 9)]);
  const all = await judgedBy({ ...rubric, not_applicable: 'for_all' }, ['a', 'b'], { says });
  expect(all.scores.map(numberOf)).toEqual([expect.closeTo(0.875, 9), expect.closeTo(0.875, 9)]);
  expect(all.scores[1]!.detail).toMatchObject({ parts: { time: null } });
  const nothing = await judgedBy({ ...rubric, not_applicable: 'for_all' }, ['a'], { says: () => items('n/a', 'n/a', 'N/A') });
  expect(nothing.scores[0]).toMatchObject({ ok: false, reason: 'not_applicable' });
});

test('several verdicts by a rubric: the mean of each item', async () => {
  const says = (_: string, number: number) => [items(4, 4, 4), items(0, 4, 4), items(2, 4, 4)][number]!;
  const { scores } = await judgedBy({ ...rubric, samples: 3 }, ['a'], { says });
  expect(scores[0]!.detail).toMatchObject({ parts: { correct: 0.5, evidence: 1, time: 1 } });
  expect(numberOf(scores[0])).toBeCloseTo(0.7, 9);
});

test('a reference is shown in a fence of its own', async () => {
  const { asked } = await judgedBy({ ...score, reference: true }, ['a'], { references: ['four'], says: () => answer(10) });
  expect(shown(textOf(asked[0]!.prompt), 'reference')).toBe('four');
});

test.each([
  { name: 'a policy that follows no instructions', entry: { policy: 'plain' }, says: /"plain" does not follow instructions/ },
  { name: 'a server without a chat template', entry: { policy: 'raw' }, says: /no chat template/ },
  { name: 'no reference', entry: { reference: true }, says: /no `reference`/ },
  { name: 'a policy that nobody has', entry: { policy: 'nobody' }, says: /none has that name/ },
])('$name is refused before anything is spent', ({ entry, says }) => {
  const config = entryOf({ ...score, ...entry });
  const named = namedReward('judge', {}, { ...lookup, rewards: { judge: config } });
  expect(() => kindOf(config).refuse(named, subject, 'rewards')).toThrow(says);
});

test.each([
  { entry: {}, tokens: 4 * 2 * 512 },
  { entry: { retry: false, samples: 3, max_tokens: 10 }, tokens: 4 * 3 * 10 },
  { entry: { mode: 'reflection', max_tokens: 10 }, tokens: 4 * 2 * 2 * 10 },
])('four candidates may cost $tokens tokens, and no judge asks for more: $entry', async ({ entry, tokens }) => {
  const config = entryOf({ ...score, ...entry });
  const named = namedReward('judge', {}, { ...lookup, rewards: { judge: config } });
  expect(kindOf(config).sampledTokens(named, 4)).toBe(tokens);
  const says = (prompt: string) => (prompt.includes('Check your verdict') || !('mode' in entry) ? '' : answer('yes'));
  const { asked } = await judgedBy({ ...score, ...entry }, ['a', 'b', 'c', 'd'], { says });
  const most = asked.reduce((sum, { count, sampling }) => sum + eachAt(count, 0) * sampling.max_tokens, 0);
  expect(most).toBeLessThanOrEqual(tokens);
});

test.each([
  [{ ...score, samples: 2 }, /odd/],
  [{ ...score, samples: 17 }, /15/],
  [{ ...score, least: 5, most: 5 }, /below/],
  [{ ...score, mode: 'rubric' }, /has a rubric/],
  [{ ...score, rubric: memory }, /no other mode/],
  [{ ...rubric, rubric: [{ name: 'a' }, { name: 'a' }] }, /one name/],
])('%j is no entry', (entry, says) => {
  expect(() => entryOf(entry)).toThrow(says);
});
