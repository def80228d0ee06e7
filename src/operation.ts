/**
 * What a strategy, a reward or a selection rule may ask for: to sample, to score, to read, to tell, and several of these at
 * once. They are plain generators that yield an operation and are handed its result; the interpreter in `runtime` is the
 * only one that moves them.
 */
import type { Prompt, ScoreRequest, ScoreResponse } from '../schemas/backend.ts';
import type { Finish, FinishReason, TokenLogprob } from '../schemas/candidate.ts';
import type { EmbedRequest, EmbedResponse } from '../schemas/embed.ts';
import type { EquivalenceRequest, EquivalenceResponse } from '../schemas/equivalence.ts';
import type { LogprobsRequest, LogprobsResponse } from '../schemas/logprobs.ts';
import type { Sampling } from '../schemas/sampling.ts';
import type { TensorsRequest, TensorsResponse } from '../schemas/tensors.ts';

/**
 * A score is a finite number or a failure with a reason. There is no third. `steps`: one number for each step, null for one
 * that was left out. `detail`: what it was made of, as JSON, for people and reports: nothing decides by it.
 */
export type Score =
  | {
      readonly ok: true;
      readonly value: number;
      readonly steps?: readonly (number | null)[] | undefined;
      readonly detail?: Detail | undefined;
    }
  | { readonly ok: false; readonly reason: string; readonly detail?: Detail | undefined };

export type Detail = Readonly<Record<string, unknown>>;

/** Who samples: each role pays, streams and fails alike, and is accounted for by name. */
export type Role = 'policy' | 'critic' | 'planner' | 'refiner' | 'judge' | 'reference';

/** Who writes answers of the run: the others are asked about them, or write what they are compared with. */
export const writesAnswers = (role: Role): boolean => role === 'policy' || role === 'refiner';

/** Text after the prompt that may be continued: the prompt itself (id `0`, no text), a candidate, its first steps or tokens. */
export interface Prefix {
  /** Path from the prompt `0`: never random, never a clock's. */
  readonly id: string;
  readonly text: string;
  /** The steps of `text`, which joined they are; none is empty. */
  readonly steps: readonly string[];
  /** Tokens of `text`. */
  readonly tokenCount: number;
  /** Ids of `text` as they were generated; absent where the backend knows none. */
  readonly tokens?: readonly number[] | undefined;
  /** Tokens up to the end of each step; absent where unknown. */
  readonly stepEnds?: readonly number[] | undefined;
  /** Whether the last step is open; absent where the text tells it: its steps end by a delimiter. */
  readonly stepOpen?: boolean | undefined;
  /** Length of the text after each of its first tokens, as far as it is known; told with log-probabilities alone. */
  readonly textEnds?: readonly number[] | undefined;
  /** One for each token of `text`, where they were asked for. */
  readonly logprobs?: readonly TokenLogprob[] | undefined;
  /**
   * Text of its last token where nobody drew that one: it was put there in place of another (methods C.11). It stands alone
   * at the end of `steps`, and `stepOpen` is of what is before it.
   */
  readonly forced?: string | undefined;
}

/** One continuation, whole or up to the end of a step. Text, steps and tokens are those of the whole, prefix included. */
export interface Candidate extends Prefix {
  readonly parent: string;
  /** The part of `text` that was asked for by this operation. */
  readonly written: string;
  readonly finish: Finish;
  /** Why, where `finish` is `error`. */
  readonly reason?: string | undefined;
}

/** How an answer says that it ended: an open prefix in an answer was cut by the budget. */
export const finishReason = ({ finish }: Candidate): FinishReason => (finish === 'step' ? 'budget' : finish);

/** A candidate with the scores it has so far, by reward name. */
export interface Scored extends Candidate {
  readonly scores: Readonly<Record<string, Score>>;
}

/** One number for all prefixes of a sample, or one for each, in their order. */
export type Each = number | readonly number[];

/** The number of the prefix at `place`. */
export const eachAt = (numbers: Each, place: number): number => (typeof numbers === 'number' ? numbers : numbers[place]!);

/** Numbers that are all the same are one number: operations that ask the same look the same. */
const oneForAll = (numbers: Each): Each =>
  typeof numbers !== 'number' && numbers.every((number) => number === numbers[0]) ? (numbers[0] ?? 0) : numbers;

export interface SampleOperation {
  readonly kind: 'sample';
  readonly role: Role;
  /** Name of the policy in the config. */
  readonly policy: string;
  readonly prompt: Prompt;
  readonly prefixes: readonly Prefix[];
  /** Continuations of each prefix: one number for all, or one each. */
  readonly count: Each;
  /** Number of the first child of each prefix, so that no path and no random stream repeats. */
  readonly firstChild: Each;
  readonly until: 'step' | 'end';
  /**
   * Tokens of a whole text at which one that has not ended waits: its `finish` is `step`, and it is no answer yet. One number
   * for all prefixes, or one each.
   */
  readonly checkpoint?: Each | undefined;
  readonly sampling: Sampling;
  /** Alternatives to tell for each token; absent is no log-probabilities. */
  readonly topLogprobs?: number | undefined;
  /** The reward that scores them next: a backend that can score what it writes does so at once. */
  readonly scoredBy?: string | undefined;
  /** Ends the best open prefix when nothing has finished: may use the finishing reserve. */
  readonly finishing: boolean;
  /** The reward that it is for; absent where it is the run's own. */
  readonly reward?: string | undefined;
}

/** What each reading of given texts by a model asks and answers; nothing is sampled. Deadlines and keys are the interpreter's. */
export interface Readings {
  readonly score: readonly [Omit<ScoreRequest, 'key' | 'deadline_ms'>, ScoreResponse];
  readonly logprobs: readonly [Omit<LogprobsRequest, 'deadline_ms'>, LogprobsResponse];
  readonly embed: readonly [Omit<EmbedRequest, 'key' | 'deadline_ms'>, EmbedResponse];
  readonly tensors: readonly [TensorsRequest, TensorsResponse];
  readonly equivalence: readonly [Omit<EquivalenceRequest, 'deadline_ms'>, EquivalenceResponse];
}
export type Reading = keyof Readings;

/** One call to a model that reads: what a reward is made of. */
export interface ReadOperation<Kind extends Reading = Reading> {
  readonly kind: 'read';
  readonly reading: Kind;
  /** Name of the backend in the config. */
  readonly backend: string;
  /** The reward that it is for, which its cost is booked on. */
  readonly reward: string;
  readonly request: Readings[Kind][0];
}

/** What came of a reading, or the code of the failure that took its place. */
export type ReadResult<Kind extends Reading = Reading> =
  | { readonly ok: true; readonly response: Readings[Kind][1] }
  | { readonly ok: false; readonly reason: string };

/** Scores by a reward of the config: what the reward itself asks for is asked, logged and paid in its place. */
export interface ScoreOperation {
  readonly kind: 'score';
  /** Name of the reward in the config. */
  readonly reward: string;
  readonly prompt: Prompt;
  readonly candidates: readonly Prefix[];
}

/** A progress event for the listener: no result, and not logged. */
export type Note =
  | { readonly type: 'round'; readonly round: number; readonly kept: readonly string[] }
  | { readonly type: 'prune'; readonly id: string; readonly reason: string }
  /** What a tree search has learnt of a node: how often it was visited, and its value then (methods C.6 to C.8). */
  | { readonly type: 'value'; readonly id: string; readonly visits: number; readonly value: number };

export interface NoteOperation {
  readonly kind: 'note';
  readonly note: Note;
}

/** Operations of which none waits for another: performed at once where the budget holds all of them, else in order. */
export interface TogetherOperation {
  readonly kind: 'together';
  readonly operations: readonly Operation[];
}

/** What is asked by itself. */
export type SingleOperation = SampleOperation | ScoreOperation | ReadOperation | NoteOperation;
export type Operation = SingleOperation | TogetherOperation;

export type Result =
  | { readonly kind: 'sample'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'score'; readonly scores: readonly Score[] }
  | { readonly kind: 'read'; readonly result: ReadResult }
  | { readonly kind: 'together'; readonly results: readonly Result[] }
  | { readonly kind: 'note' };

/** What a strategy or any part of one is: it yields operations, is handed their results, and returns T. */
export type Asking<T> = Generator<Operation, T, Result>;

const mismatch = (asked: string, result: Result): never => {
  throw new Error(`Asked to ${asked}, handed the result of a ${result.kind}: the log belongs to other code.`);
};

/** The prompt as the prefix that every search begins with. */
export const root: Prefix = { id: '0', text: '', steps: [], tokenCount: 0, tokens: [], stepEnds: [] };

export interface SampleRequest {
  readonly policy: string;
  readonly prompt: Prompt;
  readonly sampling: Sampling;
  readonly prefixes: readonly Prefix[];
  readonly count: Each;
  readonly until: 'step' | 'end';
  readonly checkpoint?: Each | undefined;
  readonly scoredBy?: string | undefined;
  readonly role?: Role;
  readonly firstChild?: Each;
  readonly topLogprobs?: number | undefined;
  readonly finishing?: boolean;
  readonly reward?: string | undefined;
}

/**
 * Asks for `count` continuations of each prefix.
 *
 * @returns candidates by planned id (prefix by prefix, child by child), never by arrival. Short or empty when the budget
 *          or the time is spent: a candidate that was never started does not exist.
 */
export function* sample(request: SampleRequest): Asking<readonly Candidate[]> {
  const count = oneForAll(request.count);
  const firstChild = oneForAll(request.firstChild ?? 0);
  const checkpoint = request.checkpoint === undefined ? undefined : oneForAll(request.checkpoint);
  if (request.prefixes.length === 0 || count === 0) return [];
  const result = yield {
    kind: 'sample',
    role: 'policy',
    finishing: false,
    topLogprobs: undefined,
    ...request,
    count,
    firstChild,
    checkpoint,
  };
  return result.kind === 'sample' ? result.candidates : mismatch('sample', result);
}

/** Asks for one score a candidate, in order. A missing one is a failure, never a number. */
export function* score(reward: string, prompt: Prompt, candidates: readonly Prefix[]): Asking<readonly Score[]> {
  if (candidates.length === 0) return [];
  const result = yield { kind: 'score', reward, prompt, candidates };
  const scores = result.kind === 'score' ? result.scores : mismatch('score', result);
  return candidates.map((_, index) => scores[index] ?? { ok: false, reason: 'missing' });
}

/** Has texts read by a model. A call that fails is a result with a reason: it never ends the run. */
export function* read<Kind extends Reading>(operation: Omit<ReadOperation<Kind>, 'kind'>): Asking<ReadResult<Kind>> {
  const result = yield { kind: 'read', ...operation } as ReadOperation;
  return result.kind === 'read' ? (result.result as ReadResult<Kind>) : mismatch('read', result); // answers are of the kind asked for
}

/**
 * Several that do not wait for each other, in lock-step: what each asks next is asked at once. What one tells is told before,
 * and costs it no step.
 *
 * @returns what each returned, in order
 */
export function* together<T>(parts: readonly Asking<T>[]): Asking<T[]> {
  const done = new Array<T>(parts.length);
  let open = parts.map((part, place) => ({ part, place, turn: part.next() }));
  for (;;) {
    for (const one of open)
      while (!one.turn.done && one.turn.value.kind === 'note') one.turn = one.part.next(yield one.turn.value);
    for (const { turn, place } of open) if (turn.done) done[place] = turn.value;
    open = open.filter(({ turn }) => !turn.done);
    if (open.length === 0) return done;
    const operations = open.map(({ turn }) => turn.value as Operation); // those that are done have left
    const result = yield operations.length === 1 ? operations[0]! : { kind: 'together', operations };
    const results = operations.length === 1 ? [result] : result.kind === 'together' ? result.results : mismatch('go on', result);
    open = open.map(({ part, place }, index) => ({ part, place, turn: part.next(results[index]!) }));
  }
}

/** Tells the listener how it goes. */
export function* note(event: Note): Asking<void> {
  yield { kind: 'note', note: event };
}
