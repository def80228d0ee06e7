import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  CandidateLine,
  GenerateLine,
  GenerateRequest,
  RawScore,
  ScoreRequest,
  ScoreResponse,
  Scoring,
} from '../schemas/backend.ts';
import { standing } from '../src/answers/step-count.ts';
import { cutAt, splitSteps } from '../src/answers/steps.ts';
import { finiteSteps } from '../src/tokens/finite-steps.ts';
import { checkSteps, type RewardReader, rewardReader } from '../src/tokens/reward-input.ts';
import { type Branch, candidateIds, type Generation } from './engine/call.ts';
import type { Reading, Scorer } from './engine/scorer.ts';
import type { Models } from './models.ts';
import { type Caller, ENCODED_AT_ONCE, readText } from './text-reading.ts';

/** What a score says, whoever it is of. */
type Scored =
  | { ok: true; value: number; steps?: number[]; tokens: number; truncated?: number }
  | { ok: false; reason: string; steps?: (number | null)[] };

/** Scores given texts; equal ones once. A text that cannot be read fails alone. */
export async function score(models: Models, request: ScoreRequest, signal: AbortSignal): Promise<ScoreResponse> {
  const scorer = models.scorer(request.model, 'model');
  const reader = rewardReader(scorer.model, request.prompt, request.truncate);
  checkSteps(request);
  const caller = { deadline: performance.now() + request.deadline_ms, signal };
  const distinct = new Map<string, Promise<Scored>>();
  const scores: Promise<RawScore>[] = [];
  for (const [index, { id, text, steps }] of request.candidates.entries()) {
    if (index % ENCODED_AT_ONCE === ENCODED_AT_ONCE - 1) await nextTurn();
    const key = JSON.stringify(steps ?? text);
    const scored = distinct.get(key) ?? scoreText(scorer, reader, { text, steps }, caller);
    distinct.set(key, scored);
    scores.push(scored.then((result) => ({ id, ...result })));
  }
  const results = await Promise.all(distinct.values());
  const read = results.filter((result) => result.ok);
  const tokens = read.reduce((sum, result) => sum + result.tokens, 0);
  return {
    scores: await Promise.all(scores),
    fingerprint: scorer.model.fingerprint,
    usage: { calls: 1, candidates: read.length, tokens },
  };
}

/**
 * Scores the candidates of one generation, prefix and new text together; equal texts once. Whole texts are read as they end,
 * beside those that are still written; steps when all have ended: they end at nearly the same time, and one run reads many
 * texts in little more time than one.
 */
export class CandidateScorer {
  readonly #scorer: Scorer;
  readonly #reader: RewardReader;
  readonly #request: GenerateRequest;
  readonly #caller: Caller;
  readonly #before: ReadonlyMap<string, Branch>;
  readonly #scored = new Map<string, Promise<Scored>>();
  readonly #tell: (line: GenerateLine) => void;
  readonly #told: Promise<void>[] = [];
  /** Steps that have ended before others of the generation. */
  readonly #waiting: CandidateLine[] = [];

  constructor(scorer: Scorer, request: GenerateRequest, generation: Generation, tell: (line: GenerateLine) => void) {
    this.#scorer = scorer;
    this.#reader = rewardReader(scorer.model, request.prompt);
    this.#request = request;
    this.#caller = generation;
    this.#tell = tell;
    this.#before = new Map(generation.branches.flatMap((branch) => candidateIds(branch).map((id) => [id, branch])));
  }

  /** This candidate has ended, and is told already. */
  ended(line: CandidateLine): void {
    if (this.#request.until === 'step') this.#waiting.push(line);
    else this.#begin(line);
  }

  /** All have ended. @returns what their scores cost, when all are told */
  async finish(): Promise<Scoring> {
    for (const line of this.#waiting) this.#begin(line);
    await Promise.all(this.#told);
    const read = (await Promise.all(this.#scored.values())).filter((scored) => scored.ok);
    const tokens = read.reduce((sum, scored) => sum + scored.tokens, 0);
    return { candidates: read.length, tokens, fingerprint: this.#scorer.model.fingerprint };
  }

  #begin(line: CandidateLine): void {
    const beginning = this.#before.get(line.id)!;
    const text = beginning.text + line.text;
    const steps = this.#scorer.model.kind === 'process' ? stepsOf(this.#request, beginning, line) : undefined;
    const scored = this.#scored.get(text) ?? scoreText(this.#scorer, this.#reader, { text, steps }, this.#caller);
    this.#scored.set(text, scored);
    this.#told.push(scored.then((score) => this.#tell({ type: 'score', id: line.id, ...score })));
  }
}

/** Steps of a candidate: as it was written where its text does not tell, and then what was given is as whole as it tells. */
function stepsOf({ step }: GenerateRequest, { text, steps, resume: resumed, tokens }: Branch, line: CandidateLine): string[] {
  if (!line.step_text_ends) return splitSteps(text + line.text, step);
  const { openFrom } = standing(step, text, { known: steps, tokens: tokens.length, resumed });
  const ended = text.slice(0, openFrom);
  const given = steps?.text_ends ? cutAt(ended, steps.text_ends) : splitSteps(ended, step);
  return [
    ...given,
    ...cutAt(
      text.slice(openFrom) + line.text,
      line.step_text_ends.map((end) => text.length - openFrom + end),
    ),
  ];
}

async function scoreText(
  scorer: Scorer,
  reader: RewardReader,
  { text, steps }: { text: string; steps: readonly string[] | undefined },
  caller: Caller,
): Promise<Scored> {
  const read = await readText(scorer, () => reader(text, steps), caller);
  if (!read.ok) return failed(read, scorer.model.kind);
  const values = [...read.values];
  const value = values.at(-1)!;
  const { ids, truncated } = read.input;
  const told = { tokens: ids.length, ...(truncated > 0 ? { truncated } : {}) };
  return scorer.model.kind === 'process' ? { ok: true, value, steps: values, ...told } : { ok: true, value, ...told };
}

/** Steps that have a number are told although the text has failed: who reads them may do without the others. */
function failed({ reason, values }: Extract<Reading, { ok: false }>, kind: 'outcome' | 'process'): Scored {
  return { ok: false, reason, ...(values && kind === 'process' ? { steps: finiteSteps(values) } : {}) };
}
