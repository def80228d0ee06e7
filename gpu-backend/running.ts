import type { RunLine, RunRequest } from '../schemas/backend-run.ts';
import type { Lookup } from '../schemas/config.ts';
import { WinnowError } from '../schemas/errors.ts';
import { answerSpan } from '../src/answers/extract.ts';
import type { BackendPort } from '../src/backends/port.ts';
import { Ledger } from '../src/budget/ledger.ts';
import type { Asking } from '../src/operation.ts';
import { freshState } from '../src/runtime/context.ts';
import { Deadline } from '../src/runtime/deadline.ts';
import { Log } from '../src/runtime/log.ts';
import { performing } from '../src/runtime/perform.ts';
import { run } from '../src/runtime/run.ts';
import { RunTeller } from '../src/runtime/tell-run.ts';
import type { Strategy, StrategyTask } from '../src/strategies/define.ts';
import { solve } from '../src/strategies/solve.ts';
import { LineQueue } from './line-queue.ts';
import { withRefusalsSaid } from './refusals-said.ts';
import { readStrategy } from './run-refusals.ts';

const clock = (): number => performance.now();

/**
 * Runs a strategy on the models of this process, up to the scores of its answers: who wins is the edge's matter. Whatever
 * another place must do ends it early; the edge, which has every result, goes on from there.
 *
 * @throws WinnowError at once where the request cannot be served; afterwards it only ends
 */
export function running(request: RunRequest, port: BackendPort, signal: AbortSignal): AsyncIterable<RunLine> {
  const own = withRefusalsSaid(port);
  const lookup = lookupOf(request);
  const strategy = readStrategy(request, lookup);
  const lines = new LineQueue<RunLine>();
  const teller = new RunTeller((line) => lines.push(line));
  const began = clock();
  const ledger = new Ledger(request.limits, (booking) => teller.book(booking));
  const state = freshState();
  const deadline = new Deadline(clock, began - request.elapsed_ms, request.limits.max_time_ms);
  const context = {
    id: request.id,
    seed: request.seed,
    lookup,
    rewardOptions: request.reward_options,
    subject: { policy: request.policy, answer: request.answer, references: request.references, seed: request.seed },
    port: (name: string): BackendPort => {
      if (name === request.backend) return own;
      throw new LivesElsewhere(`The backend ${name} is another one.`);
    },
    ledger,
    deadline,
    clock,
    signal,
    finishingReserve: request.finishing_reserve,
    tellTexts: request.tell_texts,
    tellPieces: request.tell_pieces,
    listen: teller.event.bind(teller),
    ended: teller.ended.bind(teller),
  };
  const perform = performing(context, state);
  const kept: typeof perform.kept = (operation, place, result) => teller.result(operation, place, result, state);
  run(solving(request, strategy), { ...perform, kept }, new Log())
    .catch((thrown) => {
      // the edge comes to the same end by itself, and says it to the caller
      if (!(thrown instanceof WinnowError || thrown instanceof LivesElsewhere || signal.aborted)) console.error(thrown);
    })
    .finally(() => {
      teller.end();
      lines.end();
    });
  return lines;
}

class LivesElsewhere extends Error {
  override readonly name = 'LivesElsewhere';
}

const lookupOf = ({ backend, policies, reward_entries: rewards }: RunRequest): Lookup => ({
  backends: { [backend]: { kind: 'gpu_backend', url: 'http://127.0.0.1', key: 'WINNOW_BACKEND_KEY' } },
  policies,
  rewards,
});

function solving(request: RunRequest, strategy: Strategy): Asking<unknown> {
  const task = taskOf(request);
  return solve(strategy.start(task, request.options), task, nobody);
}

/** Who wins is picked at the edge. */
// biome-ignore lint/correctness/useYield: a pick may ask, and this one asks nothing
function* nobody(): Asking<null> {
  return null;
}

function embedderOf({ embedder, reward_entries: entries }: RunRequest): StrategyTask['embedder'] {
  const config = embedder === null ? undefined : entries[embedder];
  return embedder !== null && config?.kind === 'similarity' ? { name: embedder, config } : null;
}

const taskOf = (request: RunRequest): StrategyTask => ({
  prompt: request.prompt,
  policy: request.policy,
  sampling: request.sampling,
  topLogprobs: request.top_logprobs,
  rewards: request.rewards,
  stepReward: request.step_reward,
  stepOutput: request.step_output,
  embedder: embedderOf(request),
  wrongBelow: request.wrong_below,
  rewardOutput: request.reward_output,
  answerSpan: (text) => answerSpan(text, request.answer),
  seed: request.seed,
});
