import type { z } from 'zod';
import type { GenerateLine, GeneratePrefix, GenerateRequest, generateUsage } from '../../schemas/backend.ts';
import type { PolicyConfig } from '../../schemas/config.ts';
import type { WinnowError } from '../../schemas/errors.ts';
import type { FitRule } from '../budget/fit.ts';
import { typicalStep, wave } from '../budget/fit.ts';
import type { Candidate, Prefix, SampleOperation } from '../operation.ts';
import { finishReason } from '../operation.ts';
import type { RunContext, RunState } from './context.ts';
import { survive, untilDeadline } from './context.ts';
import { Draft } from './draft.ts';

/**
 * Performs a `sample` in waves by the fit rule: never a token above the budget, and what one candidate does not use is left
 * for the others. A failure ends the candidates of its call, not the run.
 *
 * @returns those that were started, by planned id
 */
export async function sampleInWaves(operation: SampleOperation, context: RunContext, state: RunState): Promise<Candidate[]> {
  const policy = context.policies[operation.policy]!;
  const drafts = plan(operation, policy, context, state);
  const rule = fitRule(operation, policy);
  for (let number = 0; drafts.some((draft) => !draft.closed); number++) {
    if (state.stop === 'backend_failed') break;
    if (context.deadline.leftForSamplingMs < 1) {
      state.stop ??= 'max_time';
      break;
    }
    const open = drafts.filter((draft) => !draft.closed);
    const reserve = operation.finishing ? 0 : context.finishingReserve;
    const grants = wave(open, Math.max(0, context.ledger.available - reserve), rule);
    if (grants.every((grant) => grant === 0)) {
      state.stop ??= 'max_tokens';
      break;
    }
    const granted = open.flatMap((draft, place) => (grants[place]! > 0 ? [{ draft, tokens: grants[place]! }] : []));
    await performWave(operation, policy, granted, number, context, state);
  }
  const started = inPlannedOrder(drafts.filter((draft) => draft.started || draft.finish === 'error'));
  for (const draft of started) if (operation.until === 'step' || !draft.closed) close(draft, operation, policy, context, state);
  if (operation.until === 'end' && isAnswer(operation)) state.planned += drafts.length;
  return started.map((draft) => draft.candidate(policy.step.delimiter));
}

/** Child 0 of every prefix, then child 1, ...: no more than `max_candidates` leaves, and none that may have no token. */
function plan(operation: SampleOperation, policy: PolicyConfig, context: RunContext, state: RunState): Draft[] {
  const drafts = Array.from({ length: operation.count }, (_, child) =>
    operation.prefixes.flatMap((prefix) => {
      const most = mostTokens(operation, policy, prefix);
      return most > 0 ? [new Draft(prefix, operation.firstChild + child, most)] : [];
    }),
  ).flat();
  const left = context.ledger.candidatesLeft;
  if (drafts.length > left && isAnswer(operation)) state.stop ??= 'max_candidates';
  return isAnswer(operation) ? drafts.slice(0, left) : drafts;
}

const mostTokens = ({ until, sampling }: SampleOperation, policy: PolicyConfig, prefix: Prefix): number => {
  const left = sampling.max_tokens - prefix.tokenCount;
  return until === 'step' ? Math.min(policy.step.max_tokens, left) : left;
};

function fitRule({ until }: SampleOperation, policy: PolicyConfig): FitRule {
  const typical = until === 'step' ? typicalStep(policy.step.max_tokens, policy.step.typical_tokens) : policy.typical_tokens;
  return { typical, minUseful: policy.min_useful_tokens };
}

/** Critics and judges write no answers. */
const isAnswer = ({ role }: SampleOperation): boolean => role === 'policy' || role === 'refiner';

interface Granted {
  readonly draft: Draft;
  readonly tokens: number;
}

/** One wave is one call for all its candidates. */
async function performWave(
  operation: SampleOperation,
  policy: PolicyConfig,
  granted: readonly Granted[],
  number: number,
  context: RunContext,
  state: RunState,
): Promise<void> {
  const { ledger } = context;
  const waiting = new Map(granted.map((entry) => [entry.draft.id, entry]));
  const reservation = ledger.reserve(
    operation.role,
    granted.reduce((total, { tokens }) => total + tokens, 0),
  );
  const request = generateRequest(operation, policy, granted, `${context.id}:${state.operations}:${number}`, context);
  let sampled = 0;
  let usage: z.infer<typeof generateUsage> | undefined;
  let failure: WinnowError | undefined;
  for (const { draft } of granted) if (!draft.started) ledger.runTip(draft.prefix.id);
  try {
    for await (const line of context.port(policy.backend).generate(request, untilDeadline(context))) {
      if (line.type === 'done') {
        usage = line.usage;
        if (line.fingerprint) state.fingerprints.add(line.fingerprint);
      } else sampled += take(line, waiting, operation, policy, context, state);
    }
  } catch (error) {
    failure = survive(error, context, state);
  } finally {
    // a call that was refused spent nothing; one that broke off may have spent all it was granted
    if (usage) ledger.settle(reservation, usage.completion_tokens);
    else if (failure && !startedWork(failure)) ledger.settle(reservation, 0);
    else ledger.settleUnknown(reservation, sampled);
  }
  if (!failure || startedWork(failure))
    ledger.countCall(operation.role, JSON.stringify(operation.prompt), {
      promptTokens: usage?.prompt_tokens ?? null,
      processed: usage?.processed ?? null,
      cached: usage?.cached ?? null,
    });
  if (failure?.code === 'deadline_exceeded') state.stop ??= 'max_time';
  else if (failure && isDown(failure)) state.stop ??= 'backend_failed';
  for (const { draft } of waiting.values()) draft.fail(failure?.code ?? 'missing');
}

/** The backend may have sampled before it broke off; a refusal comes before any work. */
const startedWork = ({ code }: WinnowError): boolean => code === 'backend_error' || code === 'deadline_exceeded';

/** A backend that does not answer will not answer the next call either; a refused prompt is that call's own matter. */
const isDown = ({ code }: WinnowError): boolean =>
  code === 'backend_error' || code === 'backend_unreachable' || code === 'rate_limit_exceeded';

function generateRequest(
  operation: SampleOperation,
  policy: PolicyConfig,
  granted: readonly Granted[],
  key: string,
  context: RunContext,
): GenerateRequest {
  const { prompt, until, sampling, topLogprobs } = operation;
  return {
    key,
    model: policy.model,
    prompt,
    prefixes: prefixes(granted),
    until,
    step: { delimiter: policy.step.delimiter, max_tokens: policy.step.max_tokens },
    sampling,
    ...(topLogprobs === undefined ? {} : { top_logprobs: topLogprobs }),
    seed: context.seed,
    deadline_ms: Math.max(1, Math.floor(context.deadline.leftForSamplingMs)),
  };
}

/** Started candidates resume under their own id; neighbouring children of one prefix with equal grants share an entry. */
function prefixes(granted: readonly Granted[]): GeneratePrefix[] {
  const entries: GeneratePrefix[] = [];
  const fresh = new Map<string, GeneratePrefix>();
  for (const { draft, tokens } of granted) {
    if (draft.started) {
      entries.push({ id: draft.id, ...ofText(draft.resumed()), count: 1, first_child: 0, max_tokens: tokens, resume: true });
      continue;
    }
    const last = fresh.get(draft.prefix.id);
    if (last && last.max_tokens === tokens && last.first_child + last.count === draft.child) {
      last.count += 1;
      continue;
    }
    const entry = { id: draft.prefix.id, ...ofText(draft.prefix), count: 1, first_child: draft.child, max_tokens: tokens };
    fresh.set(draft.prefix.id, entry);
    entries.push(entry);
  }
  return entries;
}

const ofText = ({ text, tokens }: { text: string; tokens?: readonly number[] | undefined }) =>
  tokens ? { text, tokens: [...tokens] } : { text };

/** Takes one line in. Returns the tokens that it says were sampled. */
function take(
  line: Exclude<GenerateLine, { type: 'done' }>,
  waiting: Map<string, Granted>,
  operation: SampleOperation,
  policy: PolicyConfig,
  context: RunContext,
  state: RunState,
): number {
  const entry = waiting.get(line.id);
  if (!entry || line.type === 'score') return 0;
  waiting.delete(line.id);
  const { draft, tokens } = entry;
  if (line.type === 'error') {
    draft.fail(line.code);
    return 0;
  }
  draft.add(line, tokens, policy.step.delimiter, operation.sampling.stop);
  if (line.finish === 'budget') state.stop ??= 'max_time';
  context.ledger.runTip(draft.id);
  context.ledger.leaveTip(draft.id);
  if (isAnswer(operation)) context.ledger.wrote(draft.id, line.token_count);
  if (draft.closed && operation.until === 'end') close(draft, operation, policy, context, state);
  return line.token_count;
}

/** Books an answer that came to its end or was cut, and tells it. A step is not an answer, unless it ends one. */
function close(draft: Draft, operation: SampleOperation, policy: PolicyConfig, context: RunContext, state: RunState): void {
  if (!isAnswer(operation) || draft.finish === 'error') return;
  const candidate = draft.candidate(policy.step.delimiter);
  const full = candidate.tokenCount >= operation.sampling.max_tokens;
  if (operation.until === 'step' && candidate.finish !== 'stop' && !full) return;
  context.ledger.countCandidate();
  const index = operation.until === 'end' ? state.planned + place(draft, operation) : state.planned++;
  state.indexes.set(candidate.id, index);
  context.listen({
    name: 'candidate',
    data: {
      id: candidate.id,
      index,
      ...(context.tellTexts ? { text: candidate.text } : {}),
      tokens: candidate.tokenCount,
      finish_reason: finishReason(candidate),
    },
  });
}

const place = (draft: Draft, { prefixes, count, firstChild }: SampleOperation): number =>
  prefixes.indexOf(draft.prefix) * count + draft.child - firstChild;

function inPlannedOrder(drafts: readonly Draft[]): Draft[] {
  const byPrefix = new Map<string, Draft[]>();
  for (const draft of drafts) byPrefix.set(draft.prefix.id, [...(byPrefix.get(draft.prefix.id) ?? []), draft]);
  return [...byPrefix.values()].flatMap((children) => children.sort((a, b) => a.child - b.child));
}
