/** Answers any operation by seeded dice: short rounds, dead ends, failures and all. */
import type { TokenLogprob } from '../../schemas/candidate.ts';
import { splitSteps } from '../../src/answers/steps.ts';
import type { Candidate, Operation, Prefix, Result, Role, SampleOperation, ScoreOperation } from '../../src/operation.ts';
import { eachAt, writesAnswers } from '../../src/operation.ts';
import { mulberry32, subSeed } from '../../src/random.ts';

export interface World {
  readonly answer: (operation: SampleOperation | ScoreOperation) => Result;
  /** What was spent on the way. */
  readonly spent: { tokens: number; candidates: number; scoreCalls: number };
}

export interface Climate {
  readonly seed: number;
  /** How often a candidate or a score fails, of 1. */
  readonly failures?: number;
  /** How often a step ends the answer, of 1. */
  readonly ends?: number;
  /** How often a planned candidate is not started, of 1. */
  readonly missing?: number;
  /** Contents of the children of one prefix change places by this seed; ids stay. */
  readonly permuted?: number;
}

const inParts = ({ until, checkpoint }: SampleOperation) => until === 'step' || checkpoint !== undefined;

export function world({ seed, failures = 0, ends = 0.3, missing = 0, permuted }: Climate): World {
  const spent = { tokens: 0, candidates: 0, scoreCalls: 0 };
  const dice = (name: string) => mulberry32(subSeed(seed, name, 0));
  const sample = (operation: SampleOperation): readonly Candidate[] =>
    operation.prefixes.flatMap((prefix, at) => {
      const left = Math.min(operation.sampling.max_tokens, eachAt(operation.checkpoint ?? Infinity, at)) - prefix.tokenCount;
      if (left < 1) return [];
      const first = eachAt(operation.firstChild, at);
      const numbers = Array.from({ length: eachAt(operation.count, at) }, (_, child) => first + child);
      const contents = permuted === undefined ? numbers : shuffled(numbers, subSeed(permuted, prefix.id, 0));
      const children = numbers.map((child, place) => write(operation, prefix, child, contents[place]!, left));
      return children.filter(({ id }) => dice(`missing ${id}`)() >= missing);
    });
  const write = (operation: SampleOperation, prefix: Prefix, child: number, content: number, left: number): Candidate => {
    const next = dice(`${operation.role} ${prefix.text}.${content}`); // of the text, not of the id: permuted it is the same
    const size = 1 + Math.floor(next() * Math.min(left, 12));
    const failed = next() < failures;
    const ended = next() < ends;
    const blank = next() < failures;
    const verdict = `VERDICT: ${next() < ends ? 'done' : 'revise'}`;
    const plan = Array.from({ length: Math.floor(next() * 5) }, (_, place) => `${place + 1}. way ${place + 1}`).join('\n');
    const said: Partial<Record<Role, string>> = { critic: verdict, planner: plan };
    const word = said[operation.role] ?? `${content}-${Math.floor(next() * 1000)}`;
    const written = blank ? '\n' : operation.until === 'step' && !ended ? `${word}\n` : `${word}\n${word}`;
    const text = prefix.text + written;
    const finish = failed ? 'error' : ended || !inParts(operation) ? (next() < 0.8 ? 'stop' : 'length') : 'step';
    const pieces = piecesOf(written, size);
    return {
      id: `${prefix.id}.${child}`,
      parent: prefix.id,
      text,
      written,
      steps: splitSteps(text, { delimiter: '\n' }),
      tokenCount: prefix.tokenCount + size,
      textEnds: [...(prefix.textEnds ?? []), ...pieces.map(({ end }) => prefix.text.length + end)],
      logprobs: [...(prefix.logprobs ?? []), ...pieces.map(({ token }) => unsure(token, next))],
      finish,
    };
  };
  const answer = (operation: SampleOperation | ScoreOperation): Result => {
    if (operation.kind === 'score') {
      spent.scoreCalls += 1;
      const scores = operation.candidates.map(({ text, steps }) => {
        const next = dice(`${operation.reward} ${text}`);
        if (next() < failures) return { ok: false as const, reason: 'failed' };
        const values = steps.map(() => next());
        return { ok: true as const, value: next(), steps: values };
      });
      return { kind: 'score', scores };
    }
    const candidates = sample(operation);
    const starts = new Map(operation.prefixes.map(({ id, tokenCount }) => [id, tokenCount]));
    spent.tokens += candidates.reduce((sum, { tokenCount, parent }) => sum + tokenCount - starts.get(parent)!, 0);
    const answers = writesAnswers(operation.role)
      ? candidates.filter(({ finish }) => finish === 'stop' || !inParts(operation))
      : [];
    spent.candidates += answers.length;
    return { kind: 'sample', candidates };
  };
  return { answer, spent };
}

/** A text cut into so many tokens, some of them empty where it is shorter. */
function piecesOf(text: string, count: number): { token: string; end: number }[] {
  const end = (place: number) => Math.floor((text.length * place) / count);
  return Array.from({ length: count }, (_, place) => ({ token: text.slice(end(place), end(place + 1)), end: end(place + 1) }));
}

/** A token that was drawn, and another one that might have been. */
function unsure(token: string, next: () => number): TokenLogprob {
  const logprob = Math.log(next());
  return {
    token,
    logprob,
    top: [
      { token, logprob },
      { token: `~${Math.floor(next() * 1000)}`, logprob: Math.log(next()) },
    ],
  };
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const next = mulberry32(seed);
  return items
    .map((item) => ({ item, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** What a strategy is handed for an operation: it asks for samples and scores alone, and for several of these together. */
export function resultOf(operation: Operation, answer: World['answer']): Result {
  if (operation.kind === 'read') throw new Error('A strategy asked for a reading.');
  if (operation.kind === 'note') return { kind: 'note' };
  if (operation.kind !== 'together') return answer(operation);
  return { kind: 'together', results: operation.operations.map((one) => resultOf(one, answer)) };
}
