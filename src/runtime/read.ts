import { WinnowError } from '../../schemas/errors.ts';
import type { BackendPort } from '../backends/port.ts';
import type { Reading, Readings, ReadOperation, ReadResult } from '../operation.ts';
import type { RunContext, RunState } from './context.ts';
import { answeredFor, survive, untilDeadline } from './context.ts';

/** What a reading cost, as its backend says. */
interface Cost {
  readonly calls: number;
  readonly candidates: number;
  readonly tokens: number | null;
}

/** How each reading is called, and what its answer cost. */
const READINGS: {
  readonly [Kind in Reading]: {
    call(
      port: BackendPort,
      request: Readings[Kind][0],
      key: string,
      deadlineMs: number,
      signal: AbortSignal,
    ): Promise<Readings[Kind][1]>;
    cost(response: Readings[Kind][1], request: Readings[Kind][0]): Cost;
  };
} = {
  score: {
    call: (port, request, key, deadline_ms, signal) => port.score({ ...request, key, deadline_ms }, signal),
    cost: ({ usage: { calls, candidates, tokens } }) => ({ calls, candidates, tokens }),
  },
  logprobs: {
    call: (port, request, _key, deadline_ms, signal) => able(port.logprobs, 'logprobs')({ ...request, deadline_ms }, signal),
    cost: ({ usage: { processed } }, { continuations }) => ({ calls: 1, candidates: continuations.length, tokens: processed }),
  },
  embed: {
    call: (port, request, key, deadline_ms, signal) => able(port.embed, 'embed')({ ...request, key, deadline_ms }, signal),
    cost: ({ usage: { texts, tokens } }) => ({ calls: 1, candidates: texts, tokens }),
  },
  tensors: {
    call: (port, request, _key, _deadline, signal) => able(port.tensors, 'tensors')(request, signal),
    cost: () => ({ calls: 1, candidates: 1, tokens: 0 }),
  },
  equivalence: {
    call: (port, request, _key, deadline_ms, signal) =>
      able(port.equivalence, 'equivalence')({ ...request, deadline_ms }, signal),
    cost: (_, { pairs }) => ({ calls: 1, candidates: pairs.length, tokens: 0 }),
  },
};

function able<Method>(method: Method | undefined, what: Reading): Method {
  if (method) return method;
  throw new WinnowError('capability_missing', `The backend of this model has no ${what}.`);
}

/** Performs a `read`: one call. A failure is a result with a reason; it never ends the run. */
export async function readOnce<Kind extends Reading>(
  { reading, backend, reward, request }: ReadOperation<Kind>,
  number: number,
  context: RunContext,
  state: RunState,
): Promise<ReadResult<Kind>> {
  if (context.deadline.leftMs < 1) {
    state.stop ??= 'max_time';
    return { ok: false, reason: 'deadline_exceeded' };
  }
  if (!context.ledger.scoreCall()) {
    state.stop ??= 'max_score_calls';
    return { ok: false, reason: 'max_score_calls' };
  }
  try {
    const { call, cost } = READINGS[reading];
    const deadlineMs = Math.max(1, Math.floor(context.deadline.leftMs));
    state.calls += 1;
    const response = await call(context.port(backend), request, `${context.id}:${number}`, deadlineMs, untilDeadline(context));
    const { calls, candidates, tokens } = cost(response, request);
    context.ledger.countReward(reward, calls, candidates, tokens);
    if (typeof response.fingerprint === 'string') answeredFor(reward, response.fingerprint, state);
    return { ok: true, response };
  } catch (error) {
    const failure = survive(error, context, state);
    if (failure.code === 'deadline_exceeded') state.stop ??= 'max_time';
    context.ledger.countReward(reward, 1, 0, failure.mayHaveSpent ? null : 0);
    return { ok: false, reason: failure.code };
  }
}
