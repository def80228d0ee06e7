import type { FullLimits } from '../../schemas/budget.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { ProgressEvent } from '../../schemas/events.ts';
import type { BackendPort } from '../backends/port.ts';
import { Ledger } from '../budget/ledger.ts';
import type { Asking } from '../operation.ts';
import type { Finished } from '../requests/answer.ts';
import { pickBy } from '../requests/pick.ts';
import { runRequestOf } from '../requests/run-request.ts';
import { survivedWarning, usage } from '../requests/spending.ts';
import type { Task } from '../requests/task.ts';
import type { RunContext, RunState } from '../runtime/context.ts';
import { freshState, untilDeadline } from '../runtime/context.ts';
import { Deadline } from '../runtime/deadline.ts';
import { Elsewhere } from '../runtime/elsewhere.ts';
import { Log } from '../runtime/log.ts';
import { performing } from '../runtime/perform.ts';
import { run } from '../runtime/run.ts';
import { RunTree } from '../runtime/run-tree.ts';
import { solve } from '../strategies/solve.ts';
import type { AppContext, Services } from './environment.ts';
import { clock, randomId } from './environment.ts';
import { RunFailure } from './failure.ts';

/** Who listens to a run, and until when it goes on. */
export interface Audience {
  readonly signal: AbortSignal;
  readonly listen: (event: ProgressEvent) => void;
  /** Whether candidate events carry their text. */
  readonly tellTexts: boolean;
  /** Whether answers are told as they are written. */
  readonly tellPieces?: boolean;
}

/** Runs a task to its end. What is thrown carries what was spent until then. */
export async function runTask(context: AppContext, services: Services, task: Task, audience: Audience): Promise<Finished> {
  const id = randomId('run');
  const created = Math.floor(Date.now() / 1000);
  const began = clock();
  const { seed, lookup, rewardOptions, subject, finishingReserve } = task;
  const tree = task.returns.tree ? new RunTree() : undefined;
  const means = { ...audience, tree, id, seed, lookup, rewardOptions, subject, finishingReserve };
  const ledger = new Ledger(task.limits);
  const strategy = solve(task.strategy.start(task.forStrategy, task.options), task.forStrategy, pickBy(task));
  const { value: outcome, state, elsewhere } = await drive(context, services, strategy, ledger, means, task);
  return {
    id,
    created,
    task,
    outcome,
    ledger,
    tree,
    stop: state.stop,
    indexes: state.indexes,
    fingerprints: [...state.fingerprints],
    warnings: survivedWarning(state.failure),
    execution: elsewhere ? 'backend' : 'edge',
    timing: {
      queue_ms: Math.round(began - context.get('received')),
      generate_ms: Math.round(state.generateMs),
      score_ms: Math.round(state.scoreMs),
      total_ms: Math.round(clock() - context.get('received')),
      round_trips: state.calls + (elsewhere ? 1 : 0),
      round_trips_saved: Math.max(0, state.callsElsewhere - 1) + state.callsFused,
    },
  };
}

/** What is no run of a strategy: rewards over given texts, a rule over given candidates, one row of an evaluation. */
export interface Errand extends Pick<RunContext, 'signal' | 'lookup' | 'rewardOptions' | 'subject'> {
  /** Its id begins with it. */
  readonly name: 'score' | 'select' | 'eval';
  readonly limits: FullLimits;
}

/** Drives an errand within its limits and the request's time. Nobody listens on the way. */
export async function driveAlone<T>(
  context: AppContext,
  services: Services,
  asking: Asking<T>,
  { name, limits, ...errand }: Errand,
): Promise<{ value: T; state: RunState; ledger: Ledger }> {
  const ledger = new Ledger(limits);
  const { seed } = errand.subject;
  const means = { ...errand, listen: () => {}, tellTexts: false, id: randomId(name), seed, finishingReserve: 0 };
  const { value, state } = await drive(context, services, asking, ledger, means);
  return { value, state, ledger };
}

/**
 * Drives anything that asks for work within a ledger and the request's time.
 *
 * @param task  of which this is the run: where its place is a backend, that drives it too, and is followed
 */
async function drive<T>(
  context: AppContext,
  { connect }: Services,
  asking: Asking<T>,
  ledger: Ledger,
  means: Audience & Pick<RunContext, 'tree' | 'id' | 'seed' | 'lookup' | 'rewardOptions' | 'subject' | 'finishingReserve'>,
  task?: Task,
): Promise<{ value: T; state: RunState; elsewhere: boolean }> {
  const state = freshState();
  const ports = new Map<string, BackendPort>();
  const port = (name: string): BackendPort => {
    const known = ports.get(name) ?? connect(name, context.env ?? {});
    ports.set(name, known);
    return known;
  };
  const deadline = new Deadline(clock, context.get('received'), ledger.limits.max_time_ms);
  const runContext = { ...means, port, ledger, deadline, clock };
  const elsewhere = task && follow(task, runContext, state);
  try {
    const here = performing(runContext, state);
    return { value: await run(asking, elsewhere?.over(here) ?? here, new Log()), state, elsewhere: elsewhere !== undefined };
  } catch (thrown) {
    if (!(thrown instanceof WinnowError)) throw thrown;
    throw new RunFailure(cause(thrown, state), usage(ledger), ledger.account().spentTokens > 0);
  } finally {
    void elsewhere?.close().catch(() => {}); // it is of no more use, whatever it says
  }
}

/** The run on the backend that is its place; undefined where that is the Worker. */
function follow(task: Task, context: RunContext, state: RunState): Elsewhere | undefined {
  if (task.place.kind === 'edge') return undefined;
  const { backend } = task.place;
  const { id, tellTexts, tellPieces = false, deadline } = context;
  const request = runRequestOf(task, { id, backend, elapsedMs: deadline.elapsedMs, tellPieces, tellTexts });
  const lines = context.port(backend).run?.(request, untilDeadline(context));
  return lines && new Elsewhere(lines, context, state);
}

/** Where nothing came of a run, what kept it from it says more than that nothing came. */
function cause(thrown: WinnowError, state: RunState): WinnowError {
  if (thrown.code !== 'no_candidates') return thrown;
  if (state.failure) return state.failure;
  return state.stop === 'max_time'
    ? new WinnowError('deadline_exceeded', 'The time was spent before a token was sampled.')
    : thrown;
}
