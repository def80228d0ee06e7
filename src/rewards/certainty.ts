import { z } from 'zod';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { MeasuredContinuation } from '../../schemas/logprobs.ts';
import { type CertaintyConfig, measure, window } from '../../schemas/rewards/certainty.ts';
import type { Asking, Prefix, Score } from '../operation.ts';
import { tokenConfidences, traceConfidence } from '../selection/token-confidence.ts';
import { type ConfigOf, defineReward, type Named, type RewardTask, type Scale, type Subject } from './define.ts';
import { reads, refuseUnread } from './model-needs.ts';
import { calls, readLogprobs } from './read-logprobs.ts';
import { scoreOf } from './references.ts';

const options = z.strictObject({ measure: measure.optional(), window: window.optional() });
type Task = RewardTask<ConfigOf<'certainty'>, z.output<typeof options>>;
type Quantity = CertaintyConfig['quantity'];

const SCALES: Readonly<Record<Quantity, Scale>> = {
  self_certainty: { output: 'unknown', range: [0, null] },
  entropy: { output: 'unknown', range: [null, 0] },
  confidence: { output: 'unknown', range: [0, null] },
};

/** How sure a policy is of a candidate: self-certainty, entropy, or DeepConf's confidence (methods A.9). No right answer needed. */
export const certainty = defineReward({
  kind: 'certainty',
  title: 'How sure a policy is of the tokens of a candidate.',
  options,
  // how a candidate was written tells its confidence; what is read of a text is the text's
  dependsOn: ({ config }) => (ownLogprobs(config) ? 'candidate' : 'text'),
  scale: ({ config }) => SCALES[config.quantity],
  cost: 'one reading of prompt and text each; of `confidence` none where candidates bring their log-probabilities',
  topLogprobs: (config) => (ownLogprobs(config) ? config.alternatives : undefined),
  refuse: refuseUnsure,
  *score(task) {
    const { config, candidates } = task;
    const traces = ownLogprobs(config) ? candidates.map((candidate) => ownTrace(candidate, config.alternatives)) : [];
    const missing = candidates.filter((_, place) => !traces[place]);
    const read: Score[] = [];
    for (const part of calls(missing, config.quantity === 'confidence' ? 1 + config.alternatives : 1))
      for (const trace of yield* readTraces(task, part)) read.push(traceScore(trace, task));
    const left = read.values();
    return candidates.map((_, place) => (traces[place] ? traceScore(traces[place], task) : left.next().value!));
  },
});

/** Alternatives of sampled tokens are enough for a confidence; the others need the whole vocabulary. */
const ownLogprobs = ({ quantity, policy }: CertaintyConfig): boolean => quantity === 'confidence' && policy === null;

function refuseUnsure(named: Named<CertaintyConfig, unknown>, subject: Subject, param: string): void {
  const { config, lookup } = named;
  const asked = config.policy ?? subject.policy;
  const policy = Object.hasOwn(lookup.policies, asked) ? lookup.policies[asked] : undefined;
  if (!policy) {
    const message = `The reward ${quoted(named.name)} reads the policy ${quoted(asked)}, and none has that name.`;
    throw new WinnowError('capability_missing', message, { param });
  }
  const backend = lookup.backends[policy.backend];
  const tells = backend?.kind === 'openai' && backend.accepts.includes('logprobs');
  if (ownLogprobs(config) && tells) return;
  refuseUnread(named, policy.backend, 'logprobs', param);
}

/** Number of each token, higher is surer; or why there are none. */
type Trace = readonly number[] | string;

/** By the log-probabilities that it was sampled with; undefined where it has too few. */
function ownTrace({ logprobs = [] }: Prefix, alternatives: number): Trace | undefined {
  if (logprobs.length === 0 || logprobs.some(({ top = [] }) => top.length < alternatives)) return undefined;
  return tokenConfidences(logprobs, alternatives) ?? undefined;
}

function* readTraces(
  { name, config, prompt, lookup, subject }: Omit<Task, 'candidates'>,
  candidates: readonly Prefix[],
): Asking<Trace[]> {
  const { backend, model } = lookup.policies[config.policy ?? subject.policy]!; // refused where there is none
  if (!reads({ lookup }, backend, 'logprobs')) return candidates.map(() => 'no_logprobs');
  const texts = candidates.map(({ text }) => ({ text }));
  const { results } = yield* readLogprobs({ backend, model, reward: name, prompt, texts, ...wantedOf(config) });
  return results.map((result) => readTrace(result, config));
}

function wantedOf({ quantity, alternatives }: CertaintyConfig) {
  switch (quantity) {
    case 'self_certainty':
      return { self_certainty: true };
    case 'entropy':
      return { entropy: true };
    case 'confidence':
      return { top_logprobs: alternatives };
  }
}

function readTrace(result: MeasuredContinuation, { quantity, alternatives }: CertaintyConfig): Trace {
  if (!result.ok) return result.reason;
  if (quantity === 'confidence') return tokenConfidences(result.logprobs, alternatives) ?? 'no_logprobs';
  const numbers = result.logprobs.map(({ self_certainty, entropy = Number.NaN }) =>
    quantity === 'entropy' ? 0 - entropy : (self_certainty ?? Number.NaN),
  );
  return numbers.every(Number.isFinite) ? numbers : 'not_finite';
}

function traceScore(trace: Trace, { config, options }: Task): Score {
  if (typeof trace === 'string') return { ok: false, reason: trace };
  if (trace.length === 0) return { ok: false, reason: 'no_tokens' };
  const usual = config.quantity === 'confidence' ? 'lowest_group' : 'mean';
  const by = { measure: options.measure ?? config.measure ?? usual, window: options.window ?? config.window };
  return scoreOf(traceConfidence(trace, by), { tokens: trace.length });
}
