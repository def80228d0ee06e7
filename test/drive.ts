/** Drives a strategy against a script of results: no model, no clock, no await (style 4.9). */
import { splitSteps } from '../src/answers/steps.ts';
import type { Asking, Candidate, Note, Result, Score } from '../src/operation.ts';
import type { StrategyTask } from '../src/strategies/define.ts';
import type { Asked } from './performing.ts';

/** What a strategy asked for and told, in order, and what it returned. */
export interface Driven<T> {
  readonly asked: readonly Asked[];
  readonly notes: readonly Note[];
  readonly value: T;
}

/** Hands over the results of the script, one for each operation; notes need none. The script must fit to the last entry. */
export function drive<T>(asking: Asking<T>, script: readonly Result[]): Driven<T> {
  const asked: Asked[] = [];
  const notes: Note[] = [];
  let turn = asking.next();
  while (!turn.done) {
    if (turn.value.kind === 'note') {
      notes.push(turn.value.note);
      turn = asking.next({ kind: 'note' });
      continue;
    }
    asked.push(turn.value);
    const result = script[asked.length - 1];
    if (!result) throw new Error(`The script has ${script.length} results, and a ${turn.value.kind} was asked for after them.`);
    turn = asking.next(result);
  }
  if (asked.length < script.length) throw new Error(`The script has ${script.length} results; ${asked.length} were asked for.`);
  return { asked, notes, value: turn.value };
}

/** A candidate whose steps end with newlines, a token a character where nothing else is said. */
export function candidate(id: string, text: string, more: Partial<Candidate> = {}): Candidate {
  const steps = splitSteps(text, { delimiter: '\n' });
  const ends = steps.map((_, place) => steps.slice(0, place + 1).join('').length);
  const tokens = Array.from(text, (character) => character.charCodeAt(0));
  return {
    id,
    parent: id.includes('.') ? id.slice(0, id.lastIndexOf('.')) : id,
    text,
    written: text,
    steps,
    tokenCount: tokens.length,
    tokens,
    stepEnds: ends,
    finish: 'stop',
    ...more,
  };
}

export const sampled = (...candidates: readonly Candidate[]): Result => ({ kind: 'sample', candidates });

/** Numbers are valid scores, strings the reasons of failed ones. */
export const scores = (...values: readonly (number | string | Score)[]): Result => ({
  kind: 'score',
  scores: values.map((value) => {
    if (typeof value === 'number') return { ok: true, value };
    return typeof value === 'string' ? { ok: false, reason: value } : value;
  }),
});

/** A process reward's score: one number for each step, the last one as its value. */
export const stepScores = (...steps: readonly (number | null)[]): Score => ({
  ok: true,
  value: steps.findLast((step) => step !== null) ?? 0,
  steps,
});

export const task: StrategyTask = {
  prompt: { messages: [{ role: 'user', content: 'question' }] },
  policy: 'writer',
  sampling: { temperature: 1, top_p: 1, top_k: 0, min_p: 0, max_tokens: 100, stop: [] },
  topLogprobs: undefined,
  rewards: ['outcome'],
  stepReward: 'process',
  stepOutput: 'probability',
  embedder: { name: 'alike', config: { backend: 'local', model: 'embedder' } },
  wrongBelow: 0.5,
  rewardOutput: 'probability',
  answerSpan: () => undefined,
  seed: 1,
};
