/** What a run works with, over a backend in memory. */
import type { BackendConfig, PolicyConfig, RewardConfig } from '../../schemas/config.ts';
import { policyConfig, rewardConfig } from '../../schemas/config.ts';
import type { ProgressEvent } from '../../schemas/events.ts';
import type { BackendPort } from '../../src/backends/port.ts';
import { Ledger } from '../../src/budget/ledger.ts';
import type { Candidate, SampleOperation, Scored } from '../../src/operation.ts';
import { root } from '../../src/operation.ts';
import type { RunContext, RunState } from '../../src/runtime/context.ts';
import { freshState } from '../../src/runtime/context.ts';
import { Deadline } from '../../src/runtime/deadline.ts';
import { sampleInWaves } from '../../src/runtime/sample.ts';
import type { Pick } from '../../src/strategies/solve.ts';
import { task } from '../drive.ts';

export const writer: PolicyConfig = policyConfig.parse({
  backend: 'local',
  model: 'policy',
  step: { delimiter: '\n', max_tokens: 12, typical_tokens: 6 },
  sampling: { max_tokens: 40 },
  typical_tokens: 16,
  min_useful_tokens: 4,
});

/** A backend that scores what it writes. */
export const ours: BackendConfig = { kind: 'gpu_backend', url: 'http://127.0.0.1', key: 'WINNOW_BACKEND_KEY' };

export const rewards: Readonly<Record<string, RewardConfig>> = {
  outcome: rewardConfig.parse({ kind: 'classifier', backend: 'local', model: 'outcome', output: 'logit' }),
  process: rewardConfig.parse({ kind: 'process', backend: 'local', model: 'process', output: 'probability' }),
};

export interface Wished extends Partial<Omit<RunContext, 'port' | 'ledger'>> {
  readonly policy?: Partial<PolicyConfig>;
  readonly maxTokens?: number;
  readonly maxCandidates?: number;
}

export interface Means {
  readonly context: RunContext;
  readonly state: RunState;
  readonly events: ProgressEvent[];
}

/** A rule that asks nobody. */
// biome-ignore lint/correctness/useYield: it is a generator like those that ask
export const first: Pick<Scored> = function* (eligible) {
  return eligible[0]!;
};

/** A context with everything allowed that is not said otherwise, and a clock that stands still. */
export function means(port: BackendPort, { policy, maxTokens = 65_536, maxCandidates = 256, ...more }: Wished = {}): Means {
  const events: ProgressEvent[] = [];
  const context: RunContext = {
    id: 'run_1',
    seed: 7,
    lookup: { backends: { local: ours }, policies: { writer: { ...writer, ...policy } }, rewards },
    rewardOptions: {},
    subject: { policy: 'writer', answer: null, references: [], seed: 7 },
    port: () => port,
    ledger: new Ledger({ max_candidates: maxCandidates, max_tokens: maxTokens, max_time_ms: 60_000 }),
    deadline: new Deadline(() => 0, 0, 60_000),
    clock: () => 0,
    signal: new AbortController().signal,
    finishingReserve: 0,
    tellTexts: false,
    listen: (event) => events.push(event),
    ...more,
  };
  return { context, state: freshState(), events };
}

/** A sample of whole candidates from the prompt, where nothing else is said. */
export const sampleOf = (more: Partial<SampleOperation> = {}): SampleOperation => ({
  kind: 'sample',
  role: 'policy',
  policy: 'writer',
  prompt: task.prompt,
  prefixes: [root],
  count: 1,
  firstChild: 0,
  until: 'end',
  sampling: { ...task.sampling, max_tokens: 40 },
  finishing: false,
  ...more,
});

/** One sample by itself, under the number of the run's last operation. */
export async function sampleAlone(operation: SampleOperation, context: RunContext, state: RunState): Promise<Candidate[]> {
  const [candidates] = await sampleInWaves([operation], context, state, [state.operations]);
  return candidates!;
}
