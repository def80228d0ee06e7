import { saidToCaller } from '../schemas/backend-refusal.ts';
import { WinnowError } from '../schemas/errors.ts';
import type { BackendPort } from '../src/backends/port.ts';

/** A port whose refusals are said as an edge would hear and say them: a run fails alike wherever it is driven. */
export function withRefusalsSaid(port: BackendPort): BackendPort {
  const { logprobs, embed, tensors, equivalence, continues } = port;
  return {
    async *generate(request, signal) {
      try {
        yield* port.generate(request, signal);
      } catch (thrown) {
        throw said(thrown);
      }
    },
    score: (request, signal) => heard(() => port.score(request, signal)),
    ...(logprobs && { logprobs: (request, signal) => heard(() => logprobs.call(port, request, signal)) }),
    ...(embed && { embed: (request, signal) => heard(() => embed.call(port, request, signal)) }),
    ...(tensors && { tensors: (request, signal) => heard(() => tensors.call(port, request, signal)) }),
    ...(equivalence && { equivalence: (request, signal) => heard(() => equivalence.call(port, request, signal)) }),
    ...(continues && { continues: (prompt) => continues.call(port, prompt) }),
    models: (signal) => port.models(signal),
    ready: (signal) => port.ready(signal),
  };
}

async function heard<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    throw said(thrown);
  }
}

/** What broke off in the middle is no refusal. */
function said(thrown: unknown): unknown {
  if (!(thrown instanceof WinnowError) || thrown.mayHaveSpent) return thrown;
  return saidToCaller(thrown) ?? new WinnowError('backend_error', 'The backend refused what it was asked.', { cause: thrown });
}
