/** Searches that fork whole answers, against closed forms: seeded, so that each holds always or never. */
import { expect, test, vi } from 'vitest';
import type { CandidateLine, GenerateLine, GeneratePrefix, GenerateRequest } from '../../schemas/backend.ts';
import type { BackendPort } from '../../src/backends/port.ts';
import { mulberry32, subSeed } from '../../src/random.ts';
import { Log } from '../../src/runtime/log.ts';
import { performing } from '../../src/runtime/perform.ts';
import { run } from '../../src/runtime/run.ts';
import { entropyFork } from '../../src/strategies/entropy-fork.ts';
import { prefixValues } from '../../src/strategies/prefix-values.ts';
import { mayWin } from '../../src/strategies/solve.ts';
import { task } from '../drive.ts';
import { means } from '../runtime/means.ts';
import { accuracyOf, expectNear } from './accuracy.ts';

vi.setConfig({ testTimeout: 60_000 });

const problems = 600;
const near = (measured: number, expected: number) => expectNear(measured, expected, problems);

/** Probability that one of `n` answers is right, each with probability `p`. */
const oneOf = (n: number, p: number): number => 1 - (1 - p) ** n;

/** Two answers of two steps, then two more from the beginning of which least is known. */
const values = (accuracy: number) => ({
  strategy: prefixValues,
  options: { n: 4, first: 2, batch: 2, unit: 'step' },
  accuracy,
  steps: 2,
  problems,
});

test.each([0.3, 0.5, 0.7])('prefix values by a perfect reward go on with a right first step, at accuracy %d', async (p) => {
  // an answer is worth 1 where its first step is right: where one of two is, V~ is .75 there and .25 at the other one
  const both = p ** 2 * (1 - (1 - p) ** 2 * (1 - p ** 2) ** 2); // all is known: two more from the prompt
  const one = 2 * p * (1 - p) * oneOf(3, p);
  const none = (1 - p) ** 2 * oneOf(2, p ** 2);
  near(await accuracyOf({ ...values(p), reward: 'perfect' }), both + one + none);
  expect(both + one + none).toBeGreaterThan(oneOf(4, p ** 2)); // than as many answers from the prompt
});

test.each([0.3, 0.5, 0.7])('by a useless reward they are no worse than one sample, at accuracy %d', async (p) => {
  near(await accuracyOf({ ...values(p), reward: 'useless' }), p ** 2);
});

test.each([0.7, 0.8, 0.9])('by an adversarial reward an answer is right only where all are, at accuracy %d', async (p) => {
  near(await accuracyOf({ ...values(p), reward: 'adversarial' }), p ** 8); // two right ones are worth nothing: the others are from the prompt
});

/** One token of these is drawn between two that are sure; the last one is right. */
function deciding(probabilities: readonly number[]): BackendPort {
  const names = probabilities.map((_, place) => String.fromCharCode(97 + place));
  const ids: Readonly<Record<string, number>> = Object.fromEntries(['s', 'e', ...names].map((name, id) => [name, id]));
  const write = ({ seed }: GenerateRequest, { text: before }: GeneratePrefix, id: string): CandidateLine => {
    const next = mulberry32(subSeed(seed, id, before.length))();
    let [drawn, sum] = [0, probabilities[0]!];
    while (drawn < probabilities.length - 1 && next >= sum) sum += probabilities[++drawn]!;
    const text = `s${names[drawn]}e`.slice(before.length);
    const top = names.map((token, place) => ({ token, logprob: Math.log(probabilities[place]!) }));
    const told = (token: string) =>
      ids[token]! > 1
        ? { token, logprob: -1, top: top.toSorted((a, b) => b.logprob - a.logprob) }
        : { token, logprob: 0, top: [] };
    return {
      type: 'candidate',
      id,
      parent: '0',
      text,
      step: 1,
      step_ends: [text.length],
      tokens: [...text].map((token) => ids[token]!),
      token_count: text.length,
      text_ends: [...text].map((_, place) => place + 1),
      finish: 'stop',
      logprobs: [...text].map(told),
    };
  };
  return {
    async *generate(request): AsyncGenerator<GenerateLine> {
      let completion_tokens = 0;
      for (const prefix of request.prefixes)
        for (let child = prefix.first_child; child < prefix.first_child + prefix.count; child++) {
          const line = write(request, prefix, `${prefix.id}.${child}`);
          completion_tokens += line.token_count;
          yield line;
        }
      yield { type: 'done', usage: { prompt_tokens: 1, completion_tokens, processed: 0, cached: 0, unique: 0 } };
    },
    score: async () => expect.unreachable(),
    models: async () => [],
    ready: async () => true,
  };
}

/** Share of problems with a right answer, by who chooses among those that were found. */
async function found(probabilities: readonly number[], choose: 'perfect' | 'useless' | 'adversarial'): Promise<number> {
  const right = String.fromCharCode(96 + probabilities.length);
  let count = 0;
  for (let seed = 0; seed < problems; seed++) {
    const { context, state } = means(deciding(probabilities), { seed });
    const asking = entropyFork.start({ ...task, seed, topLogprobs: 5 }, { n: 2, first: 1 });
    const answers = mayWin((await run(asking, performing(context, state), new Log())).pool).map(({ text }) =>
      text.includes(right),
    );
    expect(answers).toHaveLength(2);
    const chosen = {
      perfect: answers.some(Boolean),
      useless: answers[seed % 2]!, // by nothing that has to do with it
      adversarial: answers.every(Boolean),
    };
    if (chosen[choose]) count += 1;
  }
  return count / problems;
}

/** Probability that the fork is right: the first answer has another token, and the right one is the most probable of the others. */
const forkedRight = (p: readonly number[]): number =>
  p.slice(0, -1).reduce((sum, drawn, place) => {
    const others = p.filter((_, other) => other !== place);
    return sum + (Math.max(...others) === p.at(-1) ? drawn : 0);
  }, 0);

/** The right token is the last one. `gains`: two samples are right less often. */
const decisions = [
  { tokens: [0.7, 0.3], gains: true },
  { tokens: [0.5, 0.2, 0.3], gains: true },
  { tokens: [0.15, 0.25, 0.6], gains: true },
  { tokens: [0.4, 0.35, 0.25], gains: false }, // the likeliest other token is never the right one
] as const;

test.each(decisions)('of entropy forks of $tokens a perfect reward picks the right one', async ({ tokens, gains }) => {
  const drawn = tokens.at(-1)!;
  const expected = drawn + forkedRight(tokens);
  const measured = await found(tokens, 'perfect');
  if (expected > 1 - 1e-9) expect(measured).toBe(1);
  else near(measured, expected);
  expect(expected > oneOf(2, drawn)).toBe(gains);
});

test.each(decisions)('of entropy forks of $tokens a useless reward takes either, drawn or forced', async ({ tokens }) => {
  // what is forced is not drawn: it is right less often than a sample where the right token is the likeliest, or the unlikeliest
  near(await found(tokens, 'useless'), (tokens.at(-1)! + forkedRight(tokens)) / 2);
});

test.each(decisions)('of entropy forks of $tokens an adversarial reward always finds a wrong one', async ({ tokens }) => {
  expect(await found(tokens, 'adversarial')).toBe(0);
});
