/** Scores that came with the sample whose texts they are of: fused with it by the backend, in one round trip. */
import type { GenerateLine, Prompt, RawScore, ScoreResponse, Scoring } from '../../schemas/backend.ts';
import type { RewardConfig } from '../../schemas/config.ts';
import type { ReadOperation, ReadResult, SampleOperation } from '../operation.ts';
import type { RunContext, RunState } from './context.ts';
import { answeredFor } from './context.ts';
import type { Draft } from './draft.ts';

/** A reward that one model gives, which may read texts where they are written. */
type ModelReward = Extract<RewardConfig, { kind: 'process' | 'classifier' }>;

/** The reward by which the backend of the policy is to score what it writes; undefined where it cannot. */
function fusedReward(operation: SampleOperation, { lookup }: RunContext): ModelReward | undefined {
  const config = operation.scoredBy === undefined ? undefined : lookup.rewards[operation.scoredBy];
  if (config?.kind !== 'process' && config?.kind !== 'classifier') return undefined;
  const { backend } = lookup.policies[operation.policy]!;
  return config.backend === backend && lookup.backends[backend]?.kind === 'gpu_backend' ? config : undefined;
}

/** A candidate of one call, with what the call lets it have. */
interface Granted {
  readonly draft: Draft;
  readonly tokens: number;
}

/** The scores of one call that samples: kept until they are asked for, and booked as the call to the reward that they are. */
export class FusedScores {
  /** The reward model that is asked for them; undefined where none is. */
  readonly model: string | undefined;
  readonly #operation: SampleOperation;
  readonly #context: RunContext;
  readonly #state: RunState;
  readonly #drafts: ReadonlyMap<string, Draft>;
  #over = false;

  /**
   * None are asked for where a candidate waits for a later call, or may be cut in the middle, to go on in it: one sample is
   * one call to the reward, as it would be without.
   *
   * @param planned  candidates of the whole sample
   */
  constructor(
    operation: SampleOperation,
    context: RunContext,
    state: RunState,
    { granted, planned }: { readonly granted: readonly Granted[]; readonly planned: number },
  ) {
    this.#operation = operation;
    this.#context = context;
    this.#state = state;
    this.#drafts = new Map(granted.map(({ draft }) => [draft.id, draft]));
    const whole = granted.length === planned && granted.every(({ draft, tokens }) => !draft.started && tokens >= draft.most);
    const reward = whole ? fusedReward(operation, context) : undefined;
    if (reward && context.ledger.scoreCall()) this.model = reward.model;
  }

  /** A score follows the line of its candidate. */
  take(line: Extract<GenerateLine, { type: 'score' }>): void {
    const draft = this.#drafts.get(line.id);
    if (!draft?.closed || this.model === undefined) return;
    const { type: _, ...score } = line;
    this.#state.fused.set(keyOf({ model: this.model, prompt: this.#operation.prompt, text: draft.resumed().text }), score);
  }

  /** The call has ended. @param scored  what they cost; undefined where the backend scored nothing */
  end(scored: Scoring | undefined): void {
    const { scoredBy } = this.#operation;
    this.#over = true;
    if (this.model === undefined || scoredBy === undefined || !scored) return;
    this.#context.ledger.countReward(scoredBy, 1, scored.candidates, scored.tokens);
    if (scored.fingerprint !== undefined) answeredFor(scoredBy, scored.fingerprint, this.#state);
  }

  /** The call broke off: what was read by then is unknown. */
  breakOff(): void {
    const { scoredBy } = this.#operation;
    if (this.model === undefined || scoredBy === undefined || this.#over) return;
    this.#context.ledger.countReward(scoredBy, 1, 0, null);
  }
}

interface Scored {
  readonly model: string;
  readonly prompt: Prompt;
  readonly text: string;
}

/**
 * Answers a reading with the scores that are known, and asks for the others alone. Where that fails, those that are known
 * are not lost with it.
 */
export async function readUnknown(
  operation: ReadOperation,
  state: RunState,
  ask: (operation: ReadOperation) => Promise<ReadResult>,
): Promise<ReadResult> {
  if (!isOfScores(operation) || state.fused.size === 0) return ask(operation);
  const { model, prompt, candidates } = operation.request;
  const known = candidates.map(({ text, steps }) => {
    const score = state.fused.get(keyOf({ model, prompt, text }));
    return score?.steps === undefined || score.steps.length === steps?.length ? score : undefined;
  });
  const missing = candidates.filter((_, place) => !known[place]);
  if (missing.length === candidates.length) return ask(operation);
  if (missing.length === 0) state.callsFused += 1;
  const rest =
    missing.length === 0
      ? []
      : scoresOf(await ask({ ...operation, request: { ...operation.request, candidates: missing } }), missing);
  if (rest.length !== missing.length) return { ok: false, reason: 'backend_error' };
  const others = rest.values();
  const scores = candidates.map(({ id }, place) => ({ ...(known[place] ?? others.next().value!), id }));
  return { ok: true, response: { scores, usage: { calls: 0, candidates: 0, tokens: 0 } } satisfies ScoreResponse };
}

const isOfScores = (operation: ReadOperation): operation is ReadOperation<'score'> => operation.reading === 'score';

function scoresOf(result: ReadResult, asked: readonly { readonly id: string }[]): readonly RawScore[] {
  if (result.ok) return (result.response as ScoreResponse).scores; // of a reading of scores
  return asked.map(({ id }) => ({ id, ok: false, reason: result.reason }));
}

const keyOf = ({ model, prompt, text }: Scored): string => JSON.stringify([model, prompt, text]);
