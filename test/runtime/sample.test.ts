import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type StepRule, withLimits } from '../../schemas/step.ts';
import { splitSteps } from '../../src/answers/steps.ts';
import type { Candidate, SampleOperation } from '../../src/operation.ts';
import { root } from '../../src/operation.ts';
import type { Wished } from './means.ts';
import { means, sampleAlone, sampleOf } from './means.ts';
import type { Behaviour } from './scripted-backend.ts';
import { ScriptedBackend, vocabulary } from './scripted-backend.ts';

async function sample(operation: SampleOperation, wished: Wished = {}, behaviour: Behaviour = {}) {
  const backend = new ScriptedBackend(behaviour);
  const { context, state, events } = means(backend, wished);
  const candidates = await sampleAlone(operation, context, state);
  return { candidates, backend, context, state, events, account: context.ledger.account() };
}

const textOf = (tokens: readonly number[]): string => tokens.map((token) => vocabulary[token]).join('');
const ids = (candidates: readonly Candidate[]) => candidates.map(({ id }) => id);

/** What every candidate is, however many calls it was written in. */
function expectWhole(candidate: Candidate, prefix: Pick<Candidate, 'text'>, rule: StepRule): void {
  const whole = prefix.text + candidate.written;
  expect(whole.startsWith(candidate.text)).toBe(true);
  if (candidate.written !== '') expect(candidate.text).toBe(whole); // else a stop string may have begun in the prefix
  if (rule.delimiter !== undefined || rule.marks) expect(candidate.steps).toEqual(splitSteps(candidate.text, rule));
  expect(candidate.steps.join('')).toBe(candidate.text);
  expect(candidate.steps).not.toContain('');
  expect(candidate.tokens).toHaveLength(candidate.tokenCount);
  expect(textOf(candidate.tokens!).startsWith(candidate.text)).toBe(true); // all but a stop string
  expect(candidate.stepEnds).toHaveLength(candidate.steps.length);
  for (const [place, end] of candidate.stepEnds!.entries()) {
    const length = candidate.steps.slice(0, place + 1).join('').length;
    expect(textOf(candidate.tokens!.slice(0, end)).length).toBeGreaterThanOrEqual(length);
  }
}

/** Where each token ends in the text, however many calls it was written in; a stop string adds nothing to the text. */
function expectTextEnds({ text, tokens, textEnds }: Candidate): void {
  expect(textEnds).toEqual(tokens!.map((_, place) => Math.min(textOf(tokens!.slice(0, place + 1)).length, text.length)));
}

/** Ends of all steps but the last, which a stop string may have taken a part of. */
const inner = ({ stepEnds }: Candidate) => stepEnds?.slice(0, -1);

const rules = fc.constantFrom<StepRule[]>(
  { delimiter: '\n' },
  { delimiter: '\n\n' },
  { pattern: '\\n+' },
  { pattern: '[.\\n] *' },
  { tokens: 5 },
  { marks: ['ab', '\n\n'] },
);
const stepOf = (rule: StepRule) => withLimits(rule, rule.tokens === undefined ? { max_tokens: 12, typical_tokens: 6 } : {});
const stops = fc.constantFrom<string[][]>([], ['.'], ['ab'], ['aba', 'b.'], ['a\n', '..'], ['\n\n']);

test('never a token above the budget, and a candidate that was cut and resumed reads as if it never had been', async () => {
  const random = fc.record({
    seed: fc.integer(),
    count: fc.integer({ min: 1, max: 20 }),
    maxTokens: fc.integer({ min: 1, max: 600 }),
    most: fc.integer({ min: 1, max: 60 }),
    until: fc.constantFrom('step' as const, 'end' as const),
    rule: rules,
    stop: stops,
    ends: fc.constantFrom(0, 0.02, 0.2),
    typical_tokens: fc.integer({ min: 1, max: 60 }),
    min_useful_tokens: fc.integer({ min: 1, max: 20 }),
    shuffle: fc.integer(),
  });
  const run = async (wish: typeof random extends fc.Arbitrary<infer Wish> ? Wish : never) => {
    const { seed, count, maxTokens, most, until, rule, stop, ends, shuffle, typical_tokens, min_useful_tokens } = wish;
    const sampling = { ...sampleOf().sampling, max_tokens: most, stop };
    const operation = sampleOf({ count, until, sampling, topLogprobs: 0 });
    const policy = { step: stepOf(rule), typical_tokens, min_useful_tokens };
    const uncut = await sample(operation, { seed, policy }, { ends });
    const { candidates, backend, account, context } = await sample(operation, { seed, policy, maxTokens }, { ends, shuffle });

    expect(backend.sampled).toBeLessThanOrEqual(maxTokens);
    expect(account).toMatchObject({ spentTokens: backend.sampled, completionTokens: backend.sampled, lostTokens: 0 });
    expect(candidates.reduce((sum, { tokenCount }) => sum + tokenCount, 0)).toBe(backend.sampled - backend.dropped);
    expect(ids(candidates)).toEqual(ids(uncut.candidates).filter((id) => ids(candidates).includes(id))); // planned order
    for (const candidate of candidates) {
      const whole = uncut.candidates.find(({ id }) => id === candidate.id)!;
      expectWhole(candidate, root, rule);
      expectTextEnds(candidate);
      if (candidate.finish === 'budget') expect(whole.tokens!.slice(0, candidate.tokenCount)).toEqual(candidate.tokens);
      else expect({ ...candidate, stepEnds: inner(candidate) }).toEqual({ ...whole, stepEnds: inner(whole) });
    }
    const open = candidates.filter(({ finish }) => finish === 'budget').length;
    if (open > 0) expect(context.ledger.available).toBe(0); // a started candidate takes what there is
    if (candidates.length < count) {
      const typical = until === 'step' ? stepOf(rule).typical_tokens! : typical_tokens;
      expect(context.ledger.available).toBeLessThan(Math.min(min_useful_tokens, typical, most));
    }
  };
  await fc.assert(fc.asyncProperty(random, run), { numRuns: 200 });
}, 30_000);

test('the order in which lines arrive changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 400 }), fc.integer(), async (seed, maxTokens, shuffle) => {
      const operation = sampleOf({ count: 12 });
      const planned = await sample(operation, { seed, maxTokens });
      const shuffled = await sample(operation, { seed, maxTokens }, { shuffle });
      expect(shuffled.candidates).toEqual(planned.candidates);
      expect(shuffled.account).toEqual(planned.account);
      expect([...shuffled.state.indexes].sort()).toEqual([...planned.state.indexes].sort());
    }),
    { numRuns: 60 },
  );
}, 30_000);

test('steps follow each other whatever the border: cut in the middle, at a token of three line ends, by a stop string', async () => {
  const wish = fc.record({ seed: fc.integer(), maxTokens: fc.integer({ min: 5, max: 300 }), rule: rules, stop: stops });
  await fc.assert(
    fc.asyncProperty(wish, async ({ seed, maxTokens, rule, stop }) => {
      const backend = new ScriptedBackend({ ends: 0.02 });
      const step = withLimits(rule, { max_tokens: 5, typical_tokens: 3 });
      const { context, state } = means(backend, { seed, maxTokens, policy: { step } });
      let prefixes: Pick<Candidate, keyof Candidate & keyof typeof root>[] = [root];
      for (let round = 0; round < 6 && prefixes.length > 0; round++) {
        const sampling = { ...sampleOf().sampling, stop };
        const operation = sampleOf({ prefixes, count: 2, until: round === 5 ? 'end' : 'step', sampling, topLogprobs: 0 });
        const candidates = await sampleAlone(operation, context, state);
        for (const candidate of candidates) {
          expectWhole(candidate, { text: prefixes.find(({ id }) => id === candidate.parent)!.text }, rule);
          expectTextEnds(candidate);
          for (const string of stop) if (candidate.finish !== 'budget') expect(candidate.text).not.toContain(string);
        }
        prefixes = candidates.filter(({ finish }) => finish !== 'stop').slice(0, 3);
      }
      expect(backend.sampled).toBeLessThanOrEqual(maxTokens);
    }),
    { numRuns: 100 },
  );
}, 30_000);

test('with room for all there is one call, whose children of one prefix share an entry', async () => {
  const { backend } = await sample(sampleOf({ count: 5, firstChild: 3 }));
  expect(backend.requests).toHaveLength(1);
  expect(backend.requests[0]).toMatchObject({
    key: 'run_1:0:0',
    model: 'policy',
    prefixes: [{ id: '0', text: '', tokens: [], count: 5, first_child: 3, max_tokens: 40 }],
    seed: 7,
    deadline_ms: 59_750,
  });
  expect(backend.requests[0]).not.toHaveProperty('top_logprobs');
});

test('what goes on is asked for under its own id, with all that it has: ids of prefix and text', async () => {
  const { backend, candidates } = await sample(sampleOf({ count: 5 }), { maxTokens: 60 }, { ends: 0 });
  const resumed = backend.requests.flatMap(({ prefixes }) => prefixes).find(({ resume }) => resume)!;
  const candidate = candidates.find(({ id }) => id === resumed.id)!;
  expect(resumed).toMatchObject({ count: 1, first_child: 0 });
  expect(candidate.text.startsWith(resumed.text)).toBe(true);
  expect(candidate.tokens!.slice(0, resumed.tokens!.length)).toEqual(resumed.tokens);
  expect(new Set(backend.requests.map(({ key }) => key)).size).toBe(backend.requests.length);
});

test('a call holds no more than the protocol allows: 1024 entries, 256 children each', async () => {
  const wide = await sample(sampleOf({ count: 600, until: 'step' }));
  expect(wide.backend.requests[0]!.prefixes.map(({ count, first_child }) => [first_child, count])).toEqual([
    [0, 256],
    [256, 256],
    [512, 88],
  ]);
  expect(wide.candidates).toHaveLength(600);
  const many = await sample(sampleOf({ count: 2000, until: 'step' }), { maxTokens: 2000 * 6 }, { ends: 0 });
  for (const { prefixes } of many.backend.requests) expect(prefixes.length).toBeLessThanOrEqual(1024);
  expect(many.candidates).toHaveLength(2000);
});

test('no more answers than `max_candidates` leaves, and it says so', async () => {
  const { candidates, state, account } = await sample(sampleOf({ count: 8 }), { maxCandidates: 3 });
  expect(ids(candidates)).toEqual(['0.0', '0.1', '0.2']);
  expect(state.stop).toBe('max_candidates');
  expect(account.candidates).toBe(3);
});

test('steps are no answers: `max_candidates` does not narrow a search, but no more of them may end than it says', async () => {
  const operation = sampleOf({ count: 12, until: 'step' });
  const open = await sample(operation, { maxCandidates: 1 }, { ends: 0 });
  expect(open.candidates).toHaveLength(12);
  expect(open.account.candidates).toBe(0);
  expect(open.state.stop).toBeUndefined();
  const ended = await sample(operation, { maxCandidates: 2 }, { ends: 1 });
  expect(ids(ended.candidates)).toEqual(['0.0', '0.1']);
  expect(ended.account.candidates).toBe(2);
  expect(ended.state.stop).toBe('max_candidates');
  expect(ended.context.ledger.wasted(['0.0', '0.1'])).toBe(10);
});

test('nothing is asked where no answer is left, or where no prefix may have a token', async () => {
  const none = await sample(sampleOf({ until: 'step' }), { maxCandidates: 0 });
  expect([none.candidates, none.backend.requests, none.state.stop]).toEqual([[], [], 'max_candidates']);
  const full = await sample(sampleOf({ prefixes: [{ ...root, id: '0.0', tokenCount: 40 }] }));
  expect([full.candidates, full.backend.requests, full.state.stop]).toEqual([[], [], undefined]);
});

test('a critique is no answer: it has no index, counts as no candidate, and is paid', async () => {
  const { candidates, account, events, state } = await sample(sampleOf({ role: 'critic', count: 2 }), { maxCandidates: 1 });
  expect(candidates).toHaveLength(2);
  expect(account).toMatchObject({ candidates: 0, criticTokens: account.completionTokens });
  expect([events, [...state.indexes], state.planned]).toEqual([[], [], 0]);
});

test('answers are numbered by planned id, over several prefixes and operations too', async () => {
  const prefixes = ['0.0', '0.1'].map((id) => ({ ...root, id }));
  const { context, state } = means(new ScriptedBackend({ shuffle: 3 }), { maxCandidates: 6 });
  await sampleAlone(sampleOf({ prefixes, count: 2 }), context, state);
  await sampleAlone(sampleOf({ prefixes, count: 2, firstChild: 2 }), context, state);
  expect(Object.fromEntries(state.indexes)).toEqual({
    '0.0.0': 0,
    '0.0.1': 1,
    '0.1.0': 2,
    '0.1.1': 3,
    '0.0.2': 4,
    '0.1.2': 5,
  });
});

test('what the budget leaves out has no number: those that follow have no gap before them', async () => {
  const { context, state } = means(new ScriptedBackend({ ends: 0 }), { maxTokens: 60, policy: { typical_tokens: 20 } });
  const begun = await sampleAlone(sampleOf({ count: 9 }), context, state);
  expect(begun.length).toBeLessThan(9);
  expect([...state.indexes.values()].toSorted()).toEqual(begun.map((_, place) => place));
  expect(state.planned).toBe(begun.length);
});

test('each answer is told once, as it closes, with its text only where that is wished', async () => {
  const quiet = await sample(sampleOf({ count: 4 }), { maxTokens: 70 }, { ends: 0 });
  expect(quiet.events.map(({ data }) => 'id' in data && data.id).toSorted()).toEqual(ids(quiet.candidates));
  expect(quiet.events.every(({ data }) => !('text' in data))).toBe(true);
  expect(quiet.events.at(-1)).toMatchObject({ name: 'candidate', data: { finish_reason: 'budget' } });
  const told = await sample(sampleOf(), { tellTexts: true });
  expect(told.events).toMatchObject([{ data: { text: told.candidates[0]!.text } }]);
});

test('the finishing reserve is for ending alone', async () => {
  const usual = await sample(sampleOf({ count: 9 }), { maxTokens: 60, finishingReserve: 20 });
  expect(usual.backend.sampled).toBe(40);
  expect(usual.state.stop).toBe('max_tokens');
  const ending = await sample(sampleOf({ count: 9, finishing: true }), { maxTokens: 60, finishingReserve: 20 });
  expect(ending.backend.sampled).toBe(60);
});

test('the last token of a candidate is sampled, never run; a prompt and four candidates have so many positions', async () => {
  const { account } = await sample(sampleOf({ count: 4 }), { maxTokens: 50 });
  expect(account.unique).toBe(10 + account.completionTokens! - 4);
});

test('of steps that follow each other only the last token of the last one is not run', async () => {
  const { context, state } = means(new ScriptedBackend({ ends: 0 }));
  const [step] = await sampleAlone(sampleOf({ until: 'step' }), context, state);
  await sampleAlone(sampleOf({ until: 'step', prefixes: [step!], count: 2 }), context, state);
  const { unique, completionTokens } = context.ledger.account();
  expect(unique).toBe(10 + completionTokens! - 2);
});

test.each([
  { border: 'in one call', count: 1, maxTokens: 3, typical_tokens: 16, calls: 1 },
  { border: 'cut after one token', count: 3, maxTokens: 5, typical_tokens: 1, calls: 2 },
  { border: 'cut in the stop string', count: 2, maxTokens: 5, typical_tokens: 2, calls: 2 },
])('a stop string is left out and its tokens counted, $border', async ({ count, maxTokens, typical_tokens, calls }) => {
  const text = 'ab.'; // 0.0 writes it and goes on, the others end at once
  const tokens = (id: string, place: number) => (id === '0.0' ? vocabulary.indexOf(text[place] ?? 'a') : 0);
  const operation = sampleOf({ count, sampling: { ...sampleOf().sampling, stop: ['b.'] } });
  const { candidates, backend } = await sample(
    operation,
    { maxTokens, policy: { typical_tokens, min_useful_tokens: 1 } },
    { tokens },
  );
  expect(backend.requests).toHaveLength(calls);
  expect(candidates[0]).toMatchObject({ text: 'a', written: 'a', finish: 'stop', tokenCount: 3, tokens: [1, 2, 5] });
});

test('a stop string that began in the prefix takes back what it began with', async () => {
  const prefix = { id: '0.0', text: 'x\na', steps: ['x\n', 'a'], tokenCount: 3, tokens: [9, 6, 1], stepEnds: [2, 3] };
  const operation = sampleOf({ prefixes: [prefix], until: 'step', sampling: { ...sampleOf().sampling, stop: ['ab'] } });
  const { candidates } = await sample(operation, {}, { tokens: () => vocabulary.indexOf('b') });
  expect(candidates).toMatchObject([{ text: 'x\n', written: '', steps: ['x\n'], stepEnds: [2], tokenCount: 4, finish: 'stop' }]);
});

test('three line ends in one token end a step and begin the next one, whose ends are still known', async () => {
  const step = { delimiter: '\n\n', max_tokens: 2, typical_tokens: 2 };
  const pieces = ['\n\n', '\na', '\n\n'];
  const tokens = (_: string, place: number) => vocabulary.indexOf(pieces[place] ?? 'a');
  const { context, state } = means(new ScriptedBackend({ tokens }), { policy: { step } });
  const [first] = await sampleAlone(sampleOf({ until: 'step', prefixes: [root] }), context, state);
  const [second] = await sampleAlone(sampleOf({ until: 'step', prefixes: [first!] }), context, state);
  expect(second).toMatchObject({ text: '\n\n\na\n\n', steps: ['\n\n', '\na\n\n'], stepEnds: [1, 3], finish: 'step' });
});
