import { Detokenizer } from '../../src/tokens/detokenizer.ts';
import type { LanguageModel, Outputs } from '../models/language-model.ts';
import { type Branch, Call, candidateIds, type Generation } from './call.ts';
import type { MeasureRequest } from './engine.ts';
import { type Measured, Measurement } from './measurement.ts';
import type { PrefixMatch } from './prefix-tree.ts';
import { Sequence } from './sequence.ts';

/** Sequences that go on from the same tokens: these are read once, and every sequence starts as a copy of them. */
export interface Group {
  readonly call: Call;
  /** Prompt and prefix; of a sequence that was put back, what it has written as well. */
  readonly tokens: readonly number[];
  /** How many of them this call has computed before: with the group before it, or before a row was given up. */
  computed: number;
  /** Not started yet, in order. */
  readonly sequences: Sequence[];
  /** Being read: it holds a row. */
  reading: boolean;
  /** What follows the last token, once it has been read; its own copy. */
  outputs: Outputs | null;
  /** Of a text that is measured: it has no sequences. */
  readonly measurement: Measurement | null;
  /** Where its keys and values are kept, once it has been read and while sequences wait. */
  kept: PrefixMatch | null;
}

/**
 * The work of a call: one group of sequences for each distinct beginning, in the order of their tokens, so that reading
 * them one after the other, each from where it differs from the one before, reads no position twice. `full` are sequences
 * with no room for a token.
 */
export function groupsOf(call: Call, model: LanguageModel, context: number): { groups: Group[]; full: Sequence[] } {
  const { prompt, branches } = call.generation;
  const groups: Group[] = [];
  const full: Sequence[] = [];
  let previous: readonly number[] = [];
  for (const branch of branches.toSorted((a, b) => compareTokens(a.tokens, b.tokens))) {
    const last = groups.at(-1);
    const tokens = [...prompt, ...branch.tokens];
    const same = last !== undefined && compareTokens(last.tokens, tokens) === 0;
    const before = same ? last.tokens : tokens;
    const sequences = sequencesOf({ call, branch, before, model, context });
    if (sequences[0]?.full) full.push(...sequences);
    else if (same) last.sequences.push(...sequences);
    else {
      groups.push(newGroup(call, tokens, sequences, sharedLength(previous, tokens)));
      previous = tokens;
    }
  }
  return { groups, full };
}

/** A sequence that gives its row up goes on from all that it has written; the last of it was never computed. */
export function putBack(sequence: Sequence): Group {
  const tokens = [...sequence.before, ...sequence.tokens];
  return newGroup(sequence.call, tokens, [sequence], tokens.length - 1);
}

/** A call that measures texts: a group for each, in the order given; `results` are asked for when it has finished. */
export function measured(
  { prompt, continuations, wanted, deadline, signal, priority }: MeasureRequest,
  { tokenizer }: LanguageModel,
): { call: Call; groups: Group[]; results: (() => Measured | null)[] } {
  const call = new Call({ ...ofNoCandidates, prompt, deadline, signal, priority }, continuations.length, () => {});
  let previous: readonly number[] = [];
  const groups = continuations.map((continuation): Group => {
    const tokens = [...prompt, ...continuation];
    const measurement = new Measurement(tokens, prompt.length, wanted, tokenizer);
    const group = { ...newGroup(call, tokens, [], sharedLength(previous, tokens)), measurement };
    previous = tokens;
    return group;
  });
  return {
    call,
    groups,
    results: groups.map(
      ({ measurement }) =>
        () =>
          measurement!.result,
    ),
  };
}

const ofNoCandidates: Omit<Generation, 'prompt' | 'deadline' | 'signal'> = {
  branches: [],
  until: 'end',
  step: { delimiter: '\n', max_tokens: 1 },
  sampling: { temperature: 1, top_p: 1, top_k: 0, min_p: 0, max_tokens: 1, stop: [] },
  topLogprobs: undefined,
  seed: 0,
};

function newGroup(call: Call, tokens: readonly number[], sequences: Sequence[], computed: number): Group {
  return { call, tokens, sequences, computed, reading: false, outputs: null, measurement: null, kept: null };
}

interface SequencesOf {
  readonly call: Call;
  readonly branch: Branch;
  readonly before: readonly number[];
  readonly model: LanguageModel;
  readonly context: number;
}

function sequencesOf({ call, branch, before, model, context }: SequencesOf): Sequence[] {
  const { until, step } = call.generation;
  const most = until === 'step' ? Math.min(branch.maxTokens, step.max_tokens) : branch.maxTokens;
  const limit = Math.min(most, context - before.length);
  const detokenizer = new Detokenizer(model.tokenizer, before);
  return candidateIds(branch).map((id) => new Sequence({ call, branch, id, before, detokenizer: detokenizer.fork(), limit }));
}

function compareTokens(a: readonly number[], b: readonly number[]): number {
  const shared = sharedLength(a, b);
  return shared < Math.min(a.length, b.length) ? a[shared]! - b[shared]! : a.length - b.length;
}

function sharedLength(a: readonly number[], b: readonly number[]): number {
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared++;
  return shared;
}
