import { describe, expect, test } from 'vitest';
import type { TokenLogprob } from '../../schemas/candidate.ts';
import type { Candidate } from '../../src/operation.ts';
import { entropyFork } from '../../src/strategies/entropy-fork.ts';
import { candidate, drive, sampled, task } from '../drive.ts';

const options = entropyFork.options.parse({ n: 2, first: 1, share: 0.25, min_gap: 1 });

type Alternatives = readonly (readonly [token: string, probability: number])[];
const told = (token: string, alternatives: Alternatives): TokenLogprob => {
  const top = alternatives.map(([token, probability]) => ({ token, logprob: Math.log(probability) }));
  return { token, logprob: top.find((other) => other.token === token)?.logprob ?? -9, top };
};

/** A token for each of the given, with their texts' character codes as ids; the last one ends it and adds no text. */
function answer(id: string, tokens: readonly (readonly [string, Alternatives])[], more: Partial<Candidate> = {}): Candidate {
  const texts = tokens.map(([token]) => token);
  const text = texts.join('');
  const ends = texts.map((_, place) => texts.slice(0, place + 1).join('').length);
  return candidate(id, text, {
    tokens: [...tokens.map(([token]) => token.charCodeAt(0)), 0],
    tokenCount: tokens.length + 1,
    textEnds: [...ends, text.length],
    logprobs: [...tokens.map(([token, alternatives]) => told(token, alternatives)), told('<end>', [['<end>', 1]])],
    ...more,
  });
}

const sure: Alternatives = [['s', 1]];
/** The probabilities of methods C.11, drawn as the first of each. */
const example = [
  [
    'a',
    [
      ['a', 0.97],
      ['p', 0.01],
      ['q', 0.01],
      ['r', 0.01],
    ],
  ],
  [
    'b',
    [
      ['b', 0.4],
      ['p', 0.3],
      ['q', 0.2],
      ['r', 0.1],
    ],
  ],
  [
    'c',
    [
      ['c', 0.25],
      ['a', 0.25],
      ['q', 0.25],
      ['r', 0.25],
    ],
  ],
  [
    'd',
    [
      ['d', 0.9],
      ['p', 0.05],
      ['q', 0.03],
      ['r', 0.02],
    ],
  ],
] as const;

/** The prefixes of the second sample. */
function forked(answers: readonly Candidate[], more: Partial<typeof options> = {}, asking = task) {
  const { asked } = drive(entropyFork.run(asking, { ...options, ...more }), [sampled(...answers), sampled(...answers)]);
  const second = asked[1]!;
  return second.kind === 'sample' ? second : expect.unreachable();
}
const textsOf = (...given: Parameters<typeof forked>) => forked(...given).prefixes.map(({ text }) => text);

describe('the worked example of methods C.11', () => {
  test('with 25% of four positions the fork is at the uniform one, with another token than the drawn one', () => {
    const { prefixes, count, until } = forked([answer('0.0', example)]);
    expect(prefixes).toMatchObject([{ id: '0.0@2t.0', text: 'aba', tokenCount: 3, tokens: [97, 98, 97], forced: 'a' }]);
    expect({ count, until }).toEqual({ count: 1, until: 'end' });
  });

  test('with half of them the second is where the next entropy is; an id that nobody drew leaves the text alone', () => {
    const { prefixes } = forked([answer('0.0', example)], { n: 3, share: 0.5 });
    expect(prefixes).toMatchObject([
      { id: '0.0@2t.0', text: 'aba' },
      { id: '0.0@1t.0', text: 'ap', tokens: undefined, tokenCount: 2 },
    ]);
  });
});

test('each position has its most probable other token before any has its second one (methods C.11)', () => {
  expect(textsOf([answer('0.0', example)], { n: 6, share: 0.5 })).toEqual(['aba', 'ap', 'abq', 'aq', 'abr']);
});

test('forks of all answers are in the order of entropy; what is left over is written from the prompt', () => {
  const other = answer('0.1', [
    [
      'x',
      [
        ['x', 0.6],
        ['y', 0.4],
      ],
    ],
    ['s', sure],
  ]);
  const { prefixes, count, firstChild } = forked([other, answer('0.0', example)], { n: 9, first: 2 });
  expect(prefixes.map(({ text }) => text)).toEqual(['aba', 'y', 'abq', 'abr', '']);
  expect(count).toEqual([1, 1, 1, 1, 3]);
  expect(firstChild).toEqual([0, 0, 0, 0, 2]);
});

test('no fork is inside the answer (methods C.11)', () => {
  const inside = { ...task, answerSpan: (): [number, number] => [2, 3] };
  expect(textsOf([answer('0.0', example)], {}, inside)).toEqual(['ap']);
});

test('forks of one answer are min_gap tokens apart (methods C.11)', () => {
  expect(textsOf([answer('0.0', example)], { n: 3, share: 0.5, min_gap: 2 })).toEqual(['aba', 'p']);
});

test.each([
  { name: 'an end that was drawn elsewhere', token: '<end>' },
  { name: 'a token that is named as none of text', token: '<|endoftext|>' },
  { name: 'an empty one', token: '' },
  { name: 'a part of a character', token: '\uFFFD' },
  { name: 'one that completes a stop string', token: '!' },
])('$name is not put there: the next one is', ({ token }) => {
  const stopping = { ...task, sampling: { ...task.sampling, stop: ['a!'] } };
  const tokens = [
    ['a', sure],
    [
      'b',
      [
        ['b', 0.4],
        [token, 0.35],
        ['z', 0.25],
      ],
    ],
  ] as const;
  expect(textsOf([answer('0.0', tokens)], {}, stopping)).toEqual(['az']);
});

test('a name that two tokens have is no id: the text stands for it', () => {
  const tokens = [
    ['a', sure],
    ['a', sure],
    [
      'b',
      [
        ['b', 0.5],
        ['a', 0.5],
      ],
    ],
  ] as const;
  const twins = answer('0.0', tokens, { tokens: [97, 1097, 98, 0] });
  expect(forked([twins]).prefixes).toMatchObject([{ text: 'aaa', tokens: undefined }]);
  expect(forked([answer('0.0', tokens)]).prefixes).toMatchObject([{ text: 'aaa', tokens: [97, 97, 97] }]);
});

test('two forks of one text are one', () => {
  const tokens = [
    [
      'a',
      [
        ['a', 0.5],
        ['b', 0.5],
      ],
    ],
  ] as const;
  expect(textsOf([answer('0.0', tokens), answer('0.1', tokens)], { n: 4, first: 2 })).toEqual(['b', '']);
});

test('an answer without log-probabilities, or whose tokens do not join to its text, is not forked', () => {
  const told = answer('0.0', example);
  const named = told.logprobs!.map(({ token, ...rest }) => ({ ...rest, token: token === 'a' ? ' a' : token }));
  for (const strange of [{ logprobs: undefined }, { textEnds: undefined }, { logprobs: named }])
    expect(forked([{ ...told, ...strange }]).prefixes).toMatchObject([{ id: '0' }]);
});

test('nor is one forked at its end, or inside a stop string that was left out of its text', () => {
  const open: Alternatives = [
    ['E', 0.4],
    ['N', 0.3],
    ['x', 0.3],
  ];
  const written = answer('0.0', [
    ['a', open],
    ['E', open],
    ['N', open],
  ]);
  const stopped = { ...written, text: 'a', textEnds: [1, 1, 1, 1] };
  expect(textsOf([stopped], { n: 9, share: 0.5 })).toEqual(['E', 'N', 'x', '']);
});

test('that nothing could be forked is told; not so where something was, or none was to be', () => {
  const plain = { ...answer('0.0', example), logprobs: undefined };
  const warnings = (given: Candidate, n: number) =>
    drive(entropyFork.run(task, { ...options, n }), [sampled(given), sampled(given)].slice(0, n)).value.warnings;
  expect(warnings(plain, 2)).toEqual([expect.stringMatching(/^No answer could be forked/)]);
  expect(warnings(plain, 1)).toBeUndefined();
  expect(warnings(answer('0.0', example), 2)).toBeUndefined();
});

test('an entropy is of so many alternatives, though more were asked for', () => {
  const uneven = [
    [
      'a',
      [
        ['a', 0.5],
        ['b', 0.49],
        ['c', 0.01],
      ],
    ],
    [
      'd',
      [
        ['d', 0.6],
        ['e', 0.2],
        ['f', 0.2],
      ],
    ],
  ] as const;
  expect(textsOf([answer('0.0', uneven)], { alternatives: 2 })).toEqual(['b']);
  expect(textsOf([answer('0.0', uneven)], { alternatives: 3 })).toEqual(['ae']);
});

test('no fork where no token is left for it', () => {
  const short = { ...task, sampling: { ...task.sampling, max_tokens: 3 } };
  expect(textsOf([answer('0.0', example)], {}, short)).toEqual(['ap']);
});

test('alternatives are asked for; half of n are the first', () => {
  expect(entropyFork.topLogprobs({ alternatives: 7 })).toBe(7);
  expect(drive(entropyFork.start(task, { n: 7 }), [sampled(), sampled()]).asked[0]).toMatchObject({ count: 4 });
});

test('where no answer ended, the first open one is written to its end with what was kept back', () => {
  const open = answer('0.0', example, { finish: 'budget' });
  const ended = candidate('0.0.0', 'abcde');
  const { asked, value } = drive(entropyFork.run(task, options), [sampled(open), sampled(), sampled(ended)]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.0' }], finishing: true });
  expect(value.pool.map(({ id }) => id)).toEqual(['0.0.0', '0.0']);
});

test('the bound has room for both samples scored as they are written, and for the one that is written last', () => {
  const rewards = ['outcome'];
  const ended = sampled(candidate('0.0.0', 'abcde'));
  const { asked } = drive(entropyFork.run({ ...task, rewards }, options), [
    sampled(answer('0.0', example, { finish: 'budget' })),
    sampled(),
    ended,
  ]);
  const asTheyCome = asked.filter((operation) => operation.kind === 'sample' && operation.scoredBy === 'outcome');
  const { scoreCalls } = entropyFork.bound(options, 160, rewards.length);
  expect(asTheyCome).toHaveLength(2);
  expect(scoreCalls).toBe(asTheyCome.length + rewards.length); // what ended last is scored when all is written
});
