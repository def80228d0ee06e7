/** first_wrong_step with a critic that quotes mistakes (methods C.12). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candidate, Operation, Result } from '../../src/operation.ts';
import { REFLECTION } from '../../src/prompts/wrong-quotes.ts';
import { firstWrongStep } from '../../src/strategies/first-wrong-step.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';
import { resultOf, world } from '../laws/random-world.ts';

const quoting = { ...task, stepReward: null };
const unrewarded = { ...quoting, rewards: [] };
const options = (more: object = {}) => firstWrongStep.options.parse({ find: 'critic', critic: 'reader', ...more });
const response = 'There is a red car. It is next to a dog.';
const said = (text: string, more: Partial<Candidate> = {}) => sampled(candidate('0.9', text, more));
const done = said('VERDICT: done');
const ids = (candidates: readonly { readonly id: string }[]) => candidates.map(({ id }) => id);

test('the critic reads the best version, which is cut where its first quote stands (methods C.12, example 1)', () => {
  const { asked, value } = drive(firstWrongStep.run(quoting, options()), [
    sampled(candidate('0.0', response)),
    scores(1),
    said('["next to a dog"]'),
    sampled(candidate('0.0@26c.0', 'There is a red car. It is far from a cat.')),
    scores(2),
    done,
  ]);
  expect(asked[2]).toMatchObject({ role: 'critic', policy: 'reader', prefixes: [{ id: '0' }], firstChild: 1 });
  expect(JSON.stringify(asked[2])).toContain(response);
  expect(asked[3]).toMatchObject({ role: 'policy', prefixes: [{ id: '0.0@26c', text: 'There is a red car. It is ' }] });
  expect(ids(value.pool)).toEqual(['0.0', '0.0@26c.0']);
  expect(value).toMatchObject({ stop: 'converged', warnings: [] });
});

test.each([
  {
    said: 'the first of several places is the cut (methods C.12, example 2)',
    reply: '["a dog", "red"]',
    more: {},
    id: '0.0@11c',
  },
  { said: 'the sentence of the place', reply: '["next to a dog"]', more: { cut_at: 'sentence' }, id: '0.0@20c' },
  { said: 'the first sentence is the whole', reply: '["red"]', more: { cut_at: 'sentence' }, id: '0' },
])('$said: $id', ({ reply, more, id }) => {
  const { asked } = drive(firstWrongStep.run(quoting, options(more)), [
    sampled(candidate('0.0', response)),
    scores(1),
    said(reply),
    sampled(),
  ]);
  expect(asked[3]).toMatchObject({ prefixes: [{ id }] });
});

test('truncate_think: a sentence stands after the cut and is part of the answer; at the very beginning there is none', () => {
  const from = (reply: string) =>
    drive(firstWrongStep.run(quoting, options({ mode: 'truncate_think' })), [
      sampled(candidate('0.0', response)),
      scores(1),
      said(reply),
      sampled(),
    ]).asked[3];
  const text = `There is a red car. It is ${REFLECTION}`;
  expect(from('["next to a dog"]')).toMatchObject({ prefixes: [{ text, tokenCount: text.length }] });
  expect(from('["There"]')).toMatchObject({ prefixes: [{ id: '0', text: '' }] });
});

test.each([
  { name: 'a reply that says neither', reply: said('I do not know.'), warns: /could not be read: 1 of 1/ },
  { name: 'a reply that was cut', reply: said('VERDICT: done', { finish: 'length' }), warns: /could not be read/ },
  { name: 'quotes that stand nowhere', reply: said('["a cat", "a cow"]'), warns: /do not stand in what it read: 2/ },
  { name: 'no reply', reply: sampled(), warns: null },
])('$name is unknown, not right: the run ends, and does not say that it converged (methods C.12)', ({ reply, warns }) => {
  const { value } = drive(firstWrongStep.run(quoting, options()), [sampled(candidate('0.0', response)), scores(1), reply]);
  expect(value.stop).toBeUndefined();
  expect(value.warnings).toEqual(warns ? [expect.stringMatching(warns)] : []);
});

test('a quote that stands nowhere is counted, and one beside it is followed', () => {
  const { asked, value } = drive(firstWrongStep.run(quoting, options()), [
    sampled(candidate('0.0', response)),
    scores(1),
    said('["a cow", "red"]'),
    sampled(),
  ]);
  expect(asked[3]).toMatchObject({ prefixes: [{ id: '0.0@11c' }] });
  expect(value.warnings).toEqual([expect.stringContaining('do not stand in what it read: 1.')]);
});

test('where a version is no better, the best one is cut again and not read again; then hotter, then afresh (methods C.12)', () => {
  const worse = (id: string) => [sampled(candidate(id, 'There is a blue car.')), scores(0)];
  const { asked } = drive(firstWrongStep.run(quoting, options({ max_rounds: 5 })), [
    sampled(candidate('0.0', response)),
    scores(1),
    said('["red"]'),
    ...['0.0@11c.0', '0.0@11c.1', '0.0@11c.2', '0.2', '0.0@11c.3'].flatMap(worse),
  ]);
  const writes = asked.flatMap((one) => (one.kind === 'sample' && one.role === 'policy' ? [one] : []));
  expect(writes.map(({ prefixes, firstChild, sampling }) => [prefixes[0]!.id, firstChild, sampling.temperature])).toEqual([
    ['0', 0, 1],
    ['0.0@11c', 0, 1],
    ['0.0@11c', 1, 1],
    ['0.0@11c', 2, 1.3],
    ['0', 2, 1],
    ['0.0@11c', 3, 1],
  ]);
});

test('a process reward goes on from the same cut unless it is told to restart', () => {
  const wrong = { ok: true, value: 0.1, steps: [0.9, 0.1] } as const;
  const again = (id: string) => [sampled(candidate(id, 'one\nworse')), scores(wrong), scores(0)];
  const { asked } = drive(firstWrongStep.run(task, firstWrongStep.options.parse({ max_rounds: 4, on_stall: 'restart' })), [
    sampled(candidate('0.0', 'one\ntwo')),
    scores(wrong),
    scores(1),
    ...['0.0@1.0', '0.0@1.1', '0.0@1.2', '0.1'].flatMap(again),
  ]);
  const writes = asked.flatMap((one) => (one.kind === 'sample' ? [`${one.prefixes[0]!.id} ${one.sampling.temperature}`] : []));
  expect(writes).toEqual(['0 1', '0.0@1 1', '0.0@1 1', '0.0@1 1.3', '0 1']);
});

test('where no reward is in play every version is read, and the one whose first mistake comes latest is kept (methods C.12)', () => {
  const { asked, value } = drive(firstWrongStep.run(unrewarded, options({ max_rounds: 2 })), [
    sampled(candidate('0.0', response)),
    said('["dog"]'),
    sampled(candidate('0.0@36c.0', 'There is a red car. It is next to a cat.')),
    said('["next"]'), // before the first one's
    sampled(candidate('0.0@36c.1', 'There is a red car. It is next to a caravan.')),
    said('["van"]'),
  ]);
  expect(asked.some(({ kind }) => kind === 'score')).toBe(false);
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.0@36c' }], firstChild: 1 });
  expect(ids(value.pool)).toEqual(['0.0@36c.1']);
});

test('where no reward is in play a version without a mistake is the best', () => {
  const { value } = drive(firstWrongStep.run(unrewarded, options()), [
    sampled(candidate('0.0', response)),
    said('["dog"]'),
    sampled(candidate('0.0@36c.0', 'There is a red car. It is next to a cat.')),
    done,
  ]);
  expect(ids(value.pool)).toEqual(['0.0@36c.0']);
  expect(value.stop).toBe('converged');
});

test('where a reward decides, nothing is asked that nothing is written after', () => {
  const { asked } = drive(firstWrongStep.run(quoting, options({ max_rounds: 0 })), [
    sampled(candidate('0.0', response)),
    scores(1),
  ]);
  expect(asked).toHaveLength(2);
});

/** The answer that a critic was shown, and a part of it as a quote. */
function quoteOf(operation: Operation, from: number): string {
  const [, answer = ''] =
    /<answer (?:\w+)>\n([\s\S]*)\n<\/answer/.exec(JSON.parse(JSON.stringify(operation)).prompt.messages[0].content) ?? [];
  return JSON.stringify([answer.slice(from % Math.max(1, answer.length))]);
}

test('whatever a critic quotes, it ends within its bound, and no path comes twice', () => {
  const choices = fc.record({
    cut_at: fc.constantFrom('span', 'sentence'),
    mode: fc.constantFrom('truncate', 'truncate_think'),
    max_rounds: fc.integer({ min: 0, max: 12 }),
  });
  fc.assert(
    fc.property(
      fc.integer(),
      fc.nat(30),
      choices,
      fc.constantFrom(0, 0.3),
      fc.boolean(),
      (seed, from, chosen, failures, rewarded) => {
        const { answer, spent } = world({ seed, failures });
        const paths: string[] = [];
        const given = options(chosen);
        const asking = firstWrongStep.start(rewarded ? quoting : unrewarded, given);
        let turn = asking.next();
        let critic = 0;
        while (!turn.done) {
          const operation: Operation = turn.value;
          const result = resultOf(operation, (one): Result => {
            const result = answer(one);
            if (result.kind !== 'sample') return result;
            paths.push(...ids(result.candidates));
            if (one.kind !== 'sample' || one.role !== 'critic') return result;
            critic += 1;
            return { ...result, candidates: result.candidates.map((reply) => ({ ...reply, text: quoteOf(one, from) })) };
          });
          turn = asking.next(result);
        }
        const bound = firstWrongStep.bound(given, task.sampling.max_tokens, rewarded ? 1 : 0);
        expect(spent.tokens).toBeLessThanOrEqual(bound.tokens);
        expect(spent.candidates).toBeLessThanOrEqual(bound.candidates);
        expect(spent.scoreCalls).toBeLessThanOrEqual(bound.scoreCalls);
        expect(critic).toBeLessThanOrEqual(chosen.max_rounds + 1);
        expect(new Set(paths).size).toBe(paths.length);
      },
    ),
    { numRuns: 150 },
  );
});
