import type { z } from 'zod';
import type { GenerateLine, GeneratePrefix, GenerateRequest, generateUsage } from '../../schemas/backend.ts';
import type { PolicyConfig } from '../../schemas/config.ts';
import type { WinnowError } from '../../schemas/errors.ts';
import { ruleGiven } from '../../schemas/step.ts';
import type { FitRule } from '../budget/fit.ts';
import { typicalStep, wave } from '../budget/fit.ts';
import type { Candidate, SampleOperation } from '../operation.ts';
import { eachAt, finishReason, writesAnswers } from '../operation.ts';
import { subSeed } from '../random.ts';
import type { RunContext, RunState } from './context.ts';
import { answeredFor, survive, untilDeadline } from './context.ts';
import { Draft } from './draft.ts';
import { FusedScores } from './fused.ts';
import type { News } from './telling.ts';

/** One `sample` on its way: what is asked, of which policy, with what. */
interface Round {
  readonly operation: SampleOperation;
  /** Its number in the run. */
  readonly place: number;
  readonly policy: PolicyConfig;
  readonly context: RunContext;
  readonly state: RunState;
  /** Whether it writes answers of the run. */
  readonly answers: boolean;
  /** The backend cannot continue what it began: each candidate has one grant. */
  readonly whole: boolean;
  /** Every candidate that may be written: child 0 of every prefix, then child 1, ... */
  readonly levels: readonly (readonly Draft[])[];
  /** The same, by planned id. */
  readonly planned: readonly Draft[];
  /** Numbers of whole answers that have begun: those of a run have no gap, whatever the budget left out. */
  readonly numbers: Map<Draft, number>;
}

// What one call may hold (schemas/backend.ts): what is above it waits for the next wave.
const MOST_PREFIXES = 1024;
const MOST_CHILDREN = 256;

/** Tokens that a wave lets a candidate have. */
interface Granted {
  readonly draft: Draft;
  readonly tokens: number;
}

/**
 * Performs samples in waves by the fit rule: never a token above the budget, and what one candidate does not use is left for
 * the others. One wave is one call for each sample; the next one is granted when all of them have ended, so that nothing
 * depends on which was first. A failure ends the candidates of its call, not the run.
 *
 * @param places  numbers of the operations in their run: with them the calls have keys of their own
 * @returns for each sample those that were started, by planned id
 */
export async function sampleInWaves(
  operations: readonly SampleOperation[],
  context: RunContext,
  state: RunState,
  places: readonly number[],
): Promise<Candidate[][]> {
  let left = context.ledger.candidatesLeft;
  const rounds: Round[] = [];
  for (const [place, operation] of operations.entries()) {
    const round = roundOf(operation, places[place]!, left, { context, state });
    if (round.answers && !inParts(operation)) left -= round.planned.length;
    rounds.push(round);
  }
  for (let number = 0; ; number++) {
    const granted = grantWave(rounds, context, state);
    if (granted.size === 0) break;
    for (const [round, entries] of granted) numberAnswers(round, entries);
    const calls = await Promise.allSettled([...granted].map(([round, entries]) => performWave(round, entries, number)));
    const failed = calls.find((call) => call.status === 'rejected');
    if (failed) throw failed.reason;
  }
  return rounds.map(endedOf);
}

/** @param left  answers that it may write, where whole answers are what it writes */
function roundOf(operation: SampleOperation, place: number, left: number, means: Pick<Round, 'context' | 'state'>): Round {
  const { context, state } = means;
  const policy = context.lookup.policies[operation.policy]!;
  const answers = writesAnswers(operation.role);
  const levels = plan(operation, policy, answers ? left : Number.POSITIVE_INFINITY, state);
  const whole = context.port(policy.backend).continues?.(operation.prompt) === false;
  return {
    operation,
    place,
    policy,
    ...means,
    answers,
    whole,
    levels,
    planned: inPlannedOrder(levels.flat()),
    numbers: new Map(),
  };
}

function endedOf(round: Round): Candidate[] {
  const { operation, state, planned } = round;
  const started = planned.filter((draft) => draft.started || draft.finish === 'error');
  const kept = started.filter((draft) => state.indexes.has(draft.id) || bookAnswer(round, draft));
  return kept.map((draft) => {
    const candidate = draft.candidate();
    return waits(draft, operation) ? { ...candidate, finish: 'step' } : candidate;
  });
}

/** What it writes may go on, and is then no answer: which of them end is known when they are written. */
const inParts = ({ until, checkpoint }: SampleOperation): boolean => until === 'step' || checkpoint !== undefined;

/** At its checkpoint a candidate only waits, if that is not its end. */
const waits = ({ finish, prefix, tokens, most }: Draft, { checkpoint, sampling }: SampleOperation): boolean =>
  checkpoint !== undefined && finish === 'length' && tokens === most && prefix.tokenCount + most < sampling.max_tokens;

/** Child 0 of every prefix, then child 1, ...: none that may have no token, and no more answers than `left`. */
function plan(operation: SampleOperation, policy: PolicyConfig, left: number, state: RunState): Draft[][] {
  const { prefixes, count, firstChild, sampling } = operation;
  const widest = Math.max(0, ...prefixes.map((_, place) => eachAt(count, place)));
  const levels = Array.from({ length: widest }, (_, child) =>
    prefixes.flatMap((prefix, place) => {
      const most = mostTokens(operation, policy, place);
      const wanted = child < eachAt(count, place) && most > 0;
      return wanted
        ? [new Draft(prefix, eachAt(firstChild, place) + child, most, { stop: sampling.stop, step: policy.step })]
        : [];
    }),
  );
  const wanted = levels.flat().length;
  let room = inParts(operation) && left > 0 ? wanted : left;
  if (wanted > room) state.stop ??= 'max_candidates';
  return levels.map((level) => {
    const kept = level.slice(0, room);
    room -= kept.length;
    return kept;
  });
}

/** New tokens of each child of the prefix at `place`. */
function mostTokens(operation: SampleOperation, { step }: PolicyConfig, place: number): number {
  const { until, checkpoint, sampling, prefixes } = operation;
  const end = checkpoint === undefined ? sampling.max_tokens : Math.min(sampling.max_tokens, eachAt(checkpoint, place));
  const { tokenCount } = prefixes[place]!;
  const left = end - tokenCount;
  if (until !== 'step') return left;
  const open = step.tokens === undefined ? 0 : tokenCount % step.tokens; // of a prefix that was cut within a step
  return Math.min(step.max_tokens - open, left);
}

/** What the next wave grants to each; empty where none is open, or nothing more can be had: budget, time or backend. */
function grantWave(rounds: readonly Round[], context: RunContext, state: RunState): Map<Round, Granted[]> {
  const open = openOf(rounds);
  const granted = new Map<Round, Granted[]>();
  if (open.length === 0 || state.stop === 'backend_failed') return granted;
  if (context.deadline.leftForSamplingMs < 1) {
    state.stop ??= 'max_time';
    return granted;
  }
  const reserve = rounds.every(({ operation }) => operation.finishing) ? 0 : context.finishingReserve;
  const grants = wave(
    open.map(({ round, draft: { most, tokens, started } }) => ({ most, tokens, started, ...fitRule(round) })),
    Math.max(0, context.ledger.available - reserve),
  );
  for (const [place, { round, draft }] of open.entries()) {
    if (grants[place] === 0) continue;
    const entries = granted.get(round) ?? [];
    if (entries.length < MOST_PREFIXES) entries.push({ draft, tokens: grants[place]! });
    granted.set(round, entries);
  }
  if (granted.size === 0) state.stop ??= 'max_tokens';
  return granted;
}

/** Child by child, and of each the samples in their order. */
function openOf(rounds: readonly Round[]): { readonly round: Round; readonly draft: Draft }[] {
  const deepest = Math.max(0, ...rounds.map(({ levels }) => levels.length));
  return Array.from({ length: deepest }, (_, child) =>
    rounds.flatMap((round) => (round.levels[child] ?? []).map((draft) => ({ round, draft }))),
  )
    .flat()
    .filter(({ draft }) => !draft.closed);
}

function fitRule({ operation: { until }, policy, whole }: Round): FitRule {
  const { step, typical_tokens, min_useful_tokens } = policy;
  const typical = until === 'step' ? typicalStep(step.max_tokens, step.typical_tokens) : typical_tokens;
  return { typical, minUseful: min_useful_tokens, whole };
}

/** Of parts it is known only when they are written which of them end an answer. */
function numberAnswers({ operation, answers, planned, numbers, state }: Round, granted: readonly Granted[]): void {
  if (inParts(operation) || !answers) return;
  const begun = new Set(granted.map(({ draft }) => draft));
  for (const draft of planned) if (begun.has(draft) && !numbers.has(draft)) numbers.set(draft, state.planned++);
}

/** One call for all candidates of a sample in a wave. Whatever happens to it, its reservation is settled once. */
async function performWave(round: Round, granted: readonly Granted[], number: number): Promise<void> {
  const { operation, policy, context, state } = round;
  const { ledger } = context;
  const waiting = new Map(granted.map((entry) => [entry.draft.id, entry]));
  const reservation = ledger.reserve(
    operation.role,
    granted.reduce((total, { tokens }) => total + tokens, 0),
  );
  const scores = new FusedScores(operation, context, state, { granted, planned: round.planned.length });
  let sampled = 0;
  let usage: z.infer<typeof generateUsage> | undefined;
  let failure: WinnowError | undefined;
  try {
    const request = generateRequest(round, granted, number, scores.model);
    state.calls += 1;
    for await (const line of context.port(policy.backend).generate(request, untilDeadline(context))) {
      if (line.type === 'score') scores.take(line);
      else if (line.type === 'done') {
        usage = line.usage;
        scores.end(line.scored);
        if (line.fingerprint) state.fingerprints.add(line.fingerprint);
        if (line.fingerprint && operation.reward !== undefined) answeredFor(operation.reward, line.fingerprint, state);
      } else sampled += take(round, line, waiting);
    }
  } catch (error) {
    failure = survive(error, context, state);
  } finally {
    if (!failure || began(failure, sampled)) scores.breakOff();
    // a call that was refused spent nothing; one that broke off may have spent all it was granted
    if (usage) {
      ledger.settle(reservation, usage.completion_tokens);
      const unreported = Math.min(usage.unreported_tokens ?? 0, ledger.available);
      if (unreported > 0) ledger.settleUnknown(ledger.reserve(operation.role, unreported), 0);
    } else if (failure && !began(failure, sampled)) ledger.settle(reservation, 0);
    else ledger.settleUnknown(reservation, sampled);
  }
  if (!failure || began(failure, sampled)) {
    ledger.countCall(operation.role, JSON.stringify(operation.prompt), {
      promptTokens: usage?.prompt_tokens ?? null,
      processed: usage?.processed ?? null,
      cached: usage?.cached ?? null,
    });
  }
  if (failure?.code === 'deadline_exceeded') state.stop ??= 'max_time';
  else if (failure && isDown(failure)) state.stop ??= 'backend_failed';
  for (const { draft } of waiting.values()) {
    if (failure && draft.tokens > 0)
      draft.cut(); // what earlier waves wrote is paid for, and may be all that there is
    else draft.fail(failure?.code ?? 'missing');
  }
}

/** A call that gave tokens had begun, whatever it says that it failed of. */
const began = ({ mayHaveSpent }: WinnowError, sampled: number): boolean => sampled > 0 || mayHaveSpent;

/** A backend that does not answer will not answer the next call either; a refused prompt is that call's own matter. */
const isDown = ({ code }: WinnowError): boolean =>
  code === 'backend_error' || code === 'backend_unreachable' || code === 'rate_limit_exceeded';

function generateRequest(round: Round, granted: readonly Granted[], number: number, reward: string | undefined): GenerateRequest {
  const { operation, place, policy, context } = round;
  const { prompt, until, sampling, topLogprobs } = operation;
  return {
    key: `${context.id}:${place}:${number}`,
    model: policy.model,
    prompt,
    prefixes: prefixesOf(granted),
    until,
    step: { ...ruleGiven(policy.step), max_tokens: policy.step.max_tokens },
    sampling,
    ...(topLogprobs === undefined ? {} : { top_logprobs: topLogprobs }),
    seed: seedOf(operation, context),
    ...(reward === undefined ? {} : { reward }),
    ...(tellsPieces(round) ? { pieces: true } : {}),
    deadline_ms: Math.max(1, Math.floor(context.deadline.leftForSamplingMs)),
  };
}

/** A reference has a stream of its own: with that of the candidate of its number it would be that candidate. */
const seedOf = ({ role }: SampleOperation, { seed }: RunContext): number =>
  role === 'reference' ? subSeed(seed, 'reference', 0) >>> 1 : seed;

/** Started candidates resume under their own id; neighbouring children of one prefix with equal grants share an entry. */
function prefixesOf(granted: readonly Granted[]): GeneratePrefix[] {
  const entries: GeneratePrefix[] = [];
  const newest = new Map<string, GeneratePrefix>();
  for (const { draft, tokens } of granted) {
    if (draft.started) {
      entries.push({ id: draft.id, ...standOf(draft), count: 1, first_child: 0, max_tokens: tokens, resume: true });
      continue;
    }
    const last = newest.get(draft.prefix.id);
    const goesOn = last && last.max_tokens === tokens && last.first_child + last.count === draft.child;
    if (goesOn && last.count < MOST_CHILDREN) {
      last.count += 1;
      continue;
    }
    const entry = { id: draft.prefix.id, ...standOf(draft), count: 1, first_child: draft.child, max_tokens: tokens };
    newest.set(draft.prefix.id, entry);
    entries.push(entry);
  }
  return entries;
}

function standOf(draft: Draft): Pick<GeneratePrefix, 'text' | 'tokens' | 'steps'> {
  const { text, tokens, steps } = draft.resumed();
  return { text, ...(tokens && { tokens }), ...(steps && { steps }) };
}

/** Takes one line in. Returns the tokens that it says were sampled. */
function take(round: Round, line: Exclude<GenerateLine, { type: 'done' | 'score' }>, waiting: Map<string, Granted>): number {
  const { operation, place, context, state, answers, whole } = round;
  const entry = waiting.get(line.id);
  if (!entry) return 0;
  if (line.type === 'piece') {
    if (tellsPieces(round)) tell(round, entry.draft, entry.draft.telling.write(line.text, line.logprobs));
    return 0;
  }
  waiting.delete(line.id);
  const { draft, tokens } = entry;
  if (line.type === 'error') {
    draft.fail(line.code);
    return 0;
  }
  draft.add(line, tokens, operation.sampling.stop);
  tellNews(round, draft);
  if (line.finish === 'budget') state.stop ??= 'max_time';
  if (whole && !draft.closed) {
    draft.cut();
    state.stop ??= 'max_tokens';
  }
  if (line.token_count > 0) {
    // what is no answer of the run stands on prompts of its own: its paths are the operation's, not the run's
    const own = answers ? '' : `${place} `;
    context.ledger.runTip(`${own}${draft.prefix.id}`);
    context.ledger.leaveTip(`${own}${draft.id}`);
    if (draft.prefix.forced !== undefined) context.ledger.runForced(`${own}${draft.prefix.id}`);
  }
  if (answers) context.ledger.wrote(draft.id, line.token_count);
  if (draft.closed && !inParts(operation)) bookAnswer(round, draft);
  return line.token_count;
}

/** Parts are told when they have been chosen. */
const tellsPieces = ({ context, operation, answers }: Round): boolean =>
  context.tellPieces === true && !inParts(operation) && answers;

/** Tells what a call has added. Nothing can be made of a text that is another than the one that was told. */
function tellNews(round: Round, draft: Draft): void {
  if (!tellsPieces(round)) return;
  const news = draft.news(draft.closed);
  if (news) tell(round, draft, news);
  else draft.fail('backend_error');
}

const nothingNew: News = { text: '', logprobs: [] };

function tell({ context, numbers }: Round, draft: Draft, { text, logprobs }: News): void {
  if (text === '' && logprobs.length === 0) return;
  context.listen({ name: 'piece', data: { id: draft.id, index: numbers.get(draft)!, text, logprobs } }); // whole answers alone are told
}

/**
 * Books an answer that came to its end or was cut, and tells it. A part is not an answer, unless it ends one.
 *
 * @returns false where `max_candidates` leaves no room for it: it does not count, and is dropped
 */
function bookAnswer(round: Round, draft: Draft): boolean {
  const { operation, context, state, answers, numbers } = round;
  if (!answers) return true;
  const number = numbers.get(draft);
  if (draft.finish === 'error') {
    if (number !== undefined) state.indexes.set(draft.id, number);
    return true;
  }
  const candidate = draft.candidate();
  const full = candidate.tokenCount >= operation.sampling.max_tokens;
  if (inParts(operation) && candidate.finish !== 'stop' && !full) return true;
  if (context.ledger.candidatesLeft === 0) {
    state.stop ??= 'max_candidates';
    return false;
  }
  context.ledger.countCandidate();
  context.ended?.(candidate);
  if (tellsPieces(round)) tell(round, draft, draft.news(true) ?? nothingNew);
  const index = number ?? state.planned++;
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
  return true;
}

function inPlannedOrder(drafts: readonly Draft[]): Draft[] {
  const byPrefix = Map.groupBy(drafts, ({ prefix }) => prefix.id);
  return [...byPrefix.values()].flatMap((children) => children.sort((a, b) => a.child - b.child));
}
