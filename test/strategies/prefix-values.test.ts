import { describe, expect, test } from 'vitest';
import type { Candidate } from '../../src/operation.ts';
import { prefixValues } from '../../src/strategies/prefix-values.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';

const options = prefixValues.options.parse({ n: 5, first: 4, batch: 1 });

/** A token a character, and one that ends it. */
const answer = (id: string, text: string, more: Partial<Candidate> = {}) => {
  const tokens = [...Array.from(text, (character) => character.charCodeAt(0)), 0];
  const textEnds = [...text].map((_, place) => place + 1).concat(text.length);
  return candidate(id, text, { tokens, tokenCount: tokens.length, textEnds, ...more });
};
const example = [answer('0.0', 'abc'), answer('0.1', 'abd'), answer('0.2', 'aef'), answer('0.3', 'ghi')];

describe('the worked example of methods C.10', () => {
  const last = answer('0.3@1t.0', 'gxy');
  const { asked, notes, value } = drive(prefixValues.run(task, options), [
    sampled(...example),
    scores(1, 0, 1, 0),
    sampled(last),
    scores(1),
  ]);

  test('four answers are written from the prompt, and the fifth goes on with g', () => {
    expect(asked[0]).toMatchObject({ prefixes: [{ id: '0' }], count: 4, firstChild: 0, until: 'end' });
    expect(asked[1]).toMatchObject({ kind: 'score', reward: 'outcome', candidates: example.map(({ id }) => ({ id })) });
    expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.3@1t', text: 'g', tokens: [103], tokenCount: 1 }], count: 1 });
    expect(asked[3]).toMatchObject({ kind: 'score', candidates: [{ id: '0.3@1t.0' }] });
  });

  test('all answers are returned, with the scores that they have', () => {
    expect(value.pool.map(({ id, scores }) => [id, scores.outcome?.ok])).toEqual([...example, last].map(({ id }) => [id, true]));
  });

  test('the values of what was written on are told: of the prompt and of g', () => {
    expect(notes.filter(({ type }) => type === 'value')).toEqual([
      { type: 'value', id: '0', visits: 4, value: 0.5 },
      { type: 'value', id: '0', visits: 5, value: 0.6 },
      { type: 'value', id: '0.3@1t', visits: 2, value: 0.5 },
    ]);
    expect(notes.filter(({ type }) => type === 'round')).toMatchObject([{ kept: ['0'] }, { kept: ['0.3@1t'] }]);
  });
});

test('without ids, or by its option, beginnings are steps (methods C.10)', () => {
  const texts = ['a\nb\nc', 'a\nb\nd', 'a\ne\nf', 'g\nh\ni'];
  const steps = texts.map((text, place) => candidate(`0.${place}`, text));
  const script = (answers: readonly Candidate[]) => [sampled(...answers), scores(1, 0, 1, 0), sampled()];
  const known = drive(prefixValues.run(task, { ...options, unit: 'step' }), script(steps));
  expect(known.asked[2]).toMatchObject({ prefixes: [{ id: '0.3@1', text: 'g\n', tokenCount: 2 }] });
  const unknown = steps.map((answer) => ({ ...answer, tokens: undefined }));
  expect(drive(prefixValues.run(task, options), script(unknown)).asked[2]).toMatchObject({ prefixes: [{ id: '0.3@1' }] });
});

test('what is written from one beginning twice is numbered on', () => {
  const { asked } = drive(prefixValues.run(task, { ...options, n: 3, first: 1 }), [
    sampled(answer('0.0', 'abc')),
    scores(1),
    sampled(answer('0.1', 'xbc')),
    scores(1),
    sampled(answer('0.2', 'ybc')),
    scores(1),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0' }], firstChild: 1 });
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0' }], firstChild: 2 });
});

test('batches end at n', () => {
  const { asked } = drive(prefixValues.run(task, { ...options, n: 3, first: 2, batch: 4 }), [
    sampled(answer('0.0', 'ab'), answer('0.1', 'cd')),
    scores(1, 1),
    sampled(answer('0.2', 'ef')),
    scores(1),
  ]);
  expect(asked[2]).toMatchObject({ count: 1 });
});

test('an answer whose score failed is no part of the values, and is returned (methods 0.2)', () => {
  const { asked, value } = drive(prefixValues.run(task, { ...options, n: 4, first: 3 }), [
    sampled(answer('0.0', 'ab'), answer('0.1', 'cd'), answer('0.2', 'ef')),
    scores('failed', 0, 1),
    sampled(answer('0.2@1t.0', 'eg')),
    scores(1),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.2@1t' }] });
  expect(value.pool.map(({ id }) => id)).toContain('0.0');
});

test('a beginning that has no token left is not written on: its parent is', () => {
  const short = { ...task, sampling: { ...task.sampling, max_tokens: 1 } };
  const { asked } = drive(prefixValues.run(short, { ...options, n: 3, first: 2 }), [
    sampled(answer('0.0', 'ab'), answer('0.1', 'cd')), // longer than they may be: only the first token is allowed
    scores(1, 0),
    sampled(answer('0.2', 'e')),
    scores(1),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0' }] });
});

test('where no answer ended, the best open one is written to its end with what was kept back', () => {
  const open = [answer('0.0', 'ab', { finish: 'budget' }), answer('0.1', 'cd', { finish: 'budget' })];
  const { asked, value } = drive(prefixValues.run(task, options), [
    sampled(...open),
    scores(0, 1),
    sampled(),
    sampled(answer('0.1.0', 'cde')),
    scores(1),
  ]);
  expect(asked[3]).toMatchObject({ prefixes: [{ id: '0.1' }], finishing: true });
  expect(value.pool.map(({ id }) => id)).toEqual(['0.1.0', '0.1', '0.0']);
});

test('tokens need log-probabilities, steps do not; half of n are the first', () => {
  expect(prefixValues.topLogprobs({})).toBe(0);
  expect(prefixValues.topLogprobs({ unit: 'step' })).toBeUndefined();
  expect(drive(prefixValues.start(task, { n: 7 }), [sampled(), sampled()]).asked[0]).toMatchObject({ count: 4 });
});
