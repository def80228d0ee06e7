import type { RawScore } from '../../schemas/backend.ts';
import type { StopReason } from '../../schemas/budget.ts';
import type { Lookup } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { ProgressEvent } from '../../schemas/events.ts';
import type { BackendPort } from '../backends/port.ts';
import type { Ledger } from '../budget/ledger.ts';
import type { Candidate, Score } from '../operation.ts';
import type { Subject } from '../rewards/define.ts';
import type { RewardOptions } from '../rewards/registry.ts';
import type { Clock, Deadline } from './deadline.ts';
import type { RunTree } from './run-tree.ts';

/** What one run works with. Names are looked up before it begins, so a missing entry is our own fault. */
export interface RunContext {
  readonly id: string;
  readonly seed: number;
  /** Where the names of backends, policies and rewards lead. */
  readonly lookup: Lookup;
  /** What the request says of rewards, by name. */
  readonly rewardOptions: RewardOptions;
  /** What is scored. */
  readonly subject: Subject;
  readonly port: (backend: string) => BackendPort;
  readonly ledger: Ledger;
  readonly deadline: Deadline;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Tokens kept back for ending the best open prefix. */
  readonly finishingReserve: number;
  /** Whether candidate events carry their text. */
  readonly tellTexts: boolean;
  /** Whether whole answers are told as they are written. */
  readonly tellPieces?: boolean | undefined;
  /** Grows with the run; absent where nobody asked for the tree. */
  readonly tree?: RunTree | undefined;
  readonly listen: (event: ProgressEvent) => void;
  /** Hears of each answer that has ended, before the operation has that wrote it. */
  readonly ended?: ((candidate: Candidate) => void) | undefined;
}

/** What is learnt while a run goes on. The interpreter owns it; reports read it. */
export interface RunState {
  operations: number;
  /** Calls to backends that were made from here. */
  calls: number;
  /** Calls that another place made to the backends beside it, for this run. */
  callsElsewhere: number;
  /** Readings that needed no call: their scores came with the samples. */
  callsFused: number;
  /** The first thing that kept a sample from being whole, or its scores from being there in time. */
  stop: StopReason | undefined;
  /** The last backend failure that was survived. */
  failure: WinnowError | undefined;
  generateMs: number;
  scoreMs: number;
  /** Number of each answer, by id: in order of planned id. */
  readonly indexes: Map<string, number>;
  planned: number;
  /** Scores by reward, prompt and what the score depends on: what is unchanged is never scored again. Valid ones only. */
  readonly scores: Map<string, Score>;
  /** What models gave for texts as they were written, by model, prompt and text. */
  readonly fused: Map<string, RawScore>;
  /** Scores of whole sets, of rewards that compare candidates: where at least one is valid. */
  readonly sets: Map<string, readonly Score[]>;
  /** Answers that rewards have drawn to compare with, by what they asked for. */
  readonly references: Map<string, readonly Candidate[]>;
  /** Fingerprints of the models that answered. */
  readonly fingerprints: Set<string>;
  /** Fingerprints of the models that were asked for each reward, by its name. */
  readonly rewardFingerprints: Map<string, ReadonlySet<string>>;
}

export const freshState = (): RunState => ({
  operations: 0,
  calls: 0,
  callsElsewhere: 0,
  callsFused: 0,
  stop: undefined,
  failure: undefined,
  generateMs: 0,
  scoreMs: 0,
  indexes: new Map(),
  planned: 0,
  scores: new Map(),
  fused: new Map(),
  sets: new Map(),
  references: new Map(),
  fingerprints: new Set(),
  rewardFingerprints: new Map(),
});

/** Remembers which model answered for a reward. */
export function answeredFor(reward: string, fingerprint: string, { rewardFingerprints }: RunState): void {
  rewardFingerprints.set(reward, new Set([...(rewardFingerprints.get(reward) ?? []), fingerprint]));
}

/** Aborts when the client leaves, or when only the time to answer is left. */
export const untilDeadline = ({ signal, deadline }: RunContext): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, Math.floor(deadline.leftForBackendsMs)))]);

/** A failure that the run survives: remembered for the report. Faults of our own are not survived. */
export function survive(failure: unknown, context: RunContext, state: RunState): WinnowError {
  context.signal.throwIfAborted(); // the client left: nothing is worth going on for
  if (!(failure instanceof WinnowError)) throw failure;
  state.failure = failure;
  return failure;
}
