/** A backend in memory whose candidates are a function of seed, path and position, and that keeps the word of port.ts. */

import { StepWatch } from '../../gpu-backend/engine/step-watch.ts';
import type {
  CandidateLine,
  GenerateLine,
  GeneratePrefix,
  GenerateRequest,
  PieceLine,
  RawScore,
  ScoreRequest,
  ScoreResponse,
  Scoring,
} from '../../schemas/backend.ts';
import { countSteps, standing, tokensUpTo } from '../../src/answers/step-count.ts';
import { splitSteps } from '../../src/answers/steps.ts';
import type { BackendPort } from '../../src/backends/port.ts';
import { mulberry32, subSeed } from '../../src/random.ts';

/** Texts of the tokens by id; the first one ends a candidate. Delimiters and stop strings lie across their borders. */
export const vocabulary = ['', 'a', 'b', 'ab', 'ba', '.', '\n', 'b\n', '\n\n', '\na'];

export interface Behaviour {
  /** How often a candidate ends by itself, of 1. */
  readonly ends?: number;
  /** The token at a place of a candidate, instead of a drawn one. */
  readonly tokens?: (id: string, place: number) => number;
  /** Order in which lines arrive; as planned where absent. */
  readonly shuffle?: number;
  /** Lines instead of those of this call, or what it throws. */
  readonly instead?: (request: GenerateRequest, lines: readonly GenerateLine[]) => AsyncIterable<GenerateLine> | undefined;
  readonly score?: (request: ScoreRequest) => ScoreResponse | Promise<ScoreResponse>;
  /** The score of a text, in place of its length, wherever it is asked for; undefined is one that fails. */
  readonly worth?: (text: string) => number | undefined;
}

export class ScriptedBackend implements BackendPort {
  readonly requests: GenerateRequest[] = [];
  readonly scoreRequests: ScoreRequest[] = [];
  /** Tokens sampled by all calls. */
  sampled = 0;
  /** What was read by rewards, in all calls. */
  readonly read = { calls: 0, candidates: 0, tokens: 0 };
  /** Of those sampled, tokens that only showed where a step had ended. */
  dropped = 0;
  readonly #behaviour: Behaviour;

  constructor(behaviour: Behaviour = {}) {
    this.#behaviour = behaviour;
  }

  async *generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateLine> {
    signal.throwIfAborted();
    this.requests.push(request);
    const lines = this.#lines(request);
    yield* this.#behaviour.instead?.(request, lines) ?? lines;
  }

  async score(request: ScoreRequest): Promise<ScoreResponse> {
    this.scoreRequests.push(request);
    return this.#behaviour.score?.(request) ?? this.#scoresOf(request);
  }

  async models() {
    return [];
  }

  async ready() {
    return true;
  }

  #lines(request: GenerateRequest): GenerateLine[] {
    const before = this.dropped;
    const candidates = request.prefixes.flatMap((prefix) => childrenOf(prefix).map((id) => this.#write(request, prefix, id)));
    const completion_tokens = candidates.reduce((sum, { token_count }) => sum + token_count, this.dropped - before);
    this.sampled += completion_tokens;
    const usage = { prompt_tokens: 10, completion_tokens, processed: completion_tokens, cached: 0, unique: completion_tokens };
    const { shuffle } = this.#behaviour;
    const arrived = shuffle === undefined ? candidates : shuffled(candidates, shuffle + this.requests.length);
    const { scores, scored } = this.#scores(request, candidates);
    const done: GenerateLine = { type: 'done', usage, fingerprint: 'scripted', scored };
    return [...(request.pieces ? piecesOf(candidates) : []), ...arrived, ...scores, done];
  }

  /** Of a reward that is asked for with the sample: as that of given texts. */
  #scores(request: GenerateRequest, written: readonly CandidateLine[]): { scores: GenerateLine[]; scored?: Scoring } {
    if (request.reward === undefined) return { scores: [] };
    const before = new Map(request.prefixes.flatMap((prefix) => childrenOf(prefix).map((id) => [id, prefix.text])));
    const candidates = written.map(({ id, text }) => {
      const whole = before.get(id)! + text;
      return { id, text: whole, steps: splitSteps(whole, request.step) };
    });
    const { scores, usage } = this.#scoresOf({ key: request.key, model: '', prompt: request.prompt, candidates, deadline_ms: 1 });
    return {
      scores: scores.map((score): GenerateLine => ({ ...score, type: 'score', id: score.id }) as GenerateLine),
      scored: { candidates: usage.candidates, tokens: usage.tokens, fingerprint: 'reward' },
    };
  }

  #scoresOf(request: ScoreRequest): ScoreResponse {
    const { worth } = this.#behaviour;
    const byLength = scoresByLength(request);
    this.read.calls += 1;
    this.read.candidates += byLength.usage.candidates;
    this.read.tokens += byLength.usage.tokens;
    if (!worth) return byLength;
    const scores = request.candidates.map(({ text }, place): RawScore => {
      const { id, tokens } = byLength.scores[place] as Extract<RawScore, { ok: true }>; // by length none fails
      const value = worth(text);
      return value === undefined ? { id, ok: false, reason: 'unreadable' } : { id, ok: true, value, tokens };
    });
    return { ...byLength, scores };
  }

  #write(request: GenerateRequest, prefix: GeneratePrefix, id: string): CandidateLine {
    const { until, step, sampling, seed } = request;
    const before = prefix.text;
    const given = prefix.tokens?.length ?? 0;
    const tokens: number[] = [];
    const ends: number[] = [];
    let text = '';
    let finish: CandidateLine['finish'] = 'length';
    const resumed = prefix.resume === true;
    const known = standing(step, before, { known: prefix.steps, tokens: given, resumed });
    const watch = new StepWatch(step, known);
    while (tokens.length < prefix.max_tokens) {
      const place = given + tokens.length;
      const token = this.#behaviour.tokens?.(id, place) ?? draw(seed, id, place, this.#behaviour.ends ?? 0.05);
      tokens.push(token);
      text += vocabulary[token]!;
      ends.push(text.length);
      const stop = firstMatch(before, text, sampling.stop);
      if (stop) text = text.slice(0, stop.start >= 0 ? stop.start : stop.end);
      if (stop || token === 0) {
        finish = 'stop';
        break;
      }
      const end = until === 'step' ? watch.push(vocabulary[token]!) : null;
      if (end !== null) {
        const kept = step.pattern === undefined ? tokens.length : tokensUpTo(end, ends);
        this.dropped += tokens.length - kept;
        tokens.length = kept;
        ends.length = kept;
        text = text.slice(0, ends.at(-1) ?? 0);
        finish = 'step';
        break;
      }
    }
    const count = countSteps(step, { before: known, text, ends, resumed });
    return {
      type: 'candidate',
      id,
      parent: prefix.resume ? id.slice(0, id.lastIndexOf('.')) : prefix.id,
      text,
      step: count.step,
      step_ends: [...count.stepEnds],
      ...(step.delimiter === undefined ? { step_text_ends: [...count.textEnds], step_open: count.open } : {}),
      tokens,
      token_count: tokens.length,
      finish,
      ...(request.top_logprobs === undefined
        ? {}
        : {
            text_ends: ends.map((end) => Math.min(end, text.length)),
            logprobs: tokens.map((token) => ({ token: vocabulary[token]!, logprob: 0 - token })),
          }),
    };
  }
}

/** Candidates as they are written, side by side, one to three tokens a piece; the last ones are left to the lines. */
function piecesOf(candidates: readonly CandidateLine[]): PieceLine[] {
  const rounds = Math.max(0, ...candidates.map(({ token_count }) => Math.ceil(token_count / 2)));
  const sizes = Array.from({ length: rounds }, (_, round) => 1 + ((round * 7) % 3));
  let at = 0;
  return sizes.flatMap((size) => {
    const from = at;
    at += size;
    return candidates.flatMap(({ id, tokens = [], text, token_count, logprobs }) => {
      const place = (end: number) =>
        Math.min(
          text.length,
          tokens
            .slice(0, end)
            .map((token) => vocabulary[token])
            .join('').length,
        );
      if (from + size > token_count) return [];
      const piece = {
        type: 'piece' as const,
        id,
        at: from,
        token_count: size,
        text: text.slice(place(from), place(from + size)),
      };
      return [logprobs ? { ...piece, logprobs: logprobs.slice(from, from + size) } : piece];
    });
  });
}

/** A token's number in the stream of its candidate: the same wherever the candidate was cut. */
function draw(seed: number, id: string, place: number, ends: number): number {
  const next = mulberry32(subSeed(seed, id, place));
  return next() < ends ? 0 : 1 + Math.floor(next() * (vocabulary.length - 1));
}

const childrenOf = ({ id, count, first_child, resume }: GeneratePrefix): string[] =>
  resume ? [id] : Array.from({ length: count }, (_, child) => `${id}.${first_child + child}`);

/** The stop string that begins first, of those that end in the new text; places are counted from its beginning. */
function firstMatch(before: string, text: string, stop: readonly string[]): { start: number; end: number } | undefined {
  return stop
    .flatMap((string) => {
      const from = Math.max(0, before.length - string.length + 1);
      const start = (before + text).indexOf(string, from) - before.length;
      return start + before.length < 0 ? [] : [{ start, end: start + string.length }];
    })
    .filter(({ end }) => end > 0)
    .sort((a, b) => a.start - b.start || a.end - b.end)[0];
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const next = mulberry32(seed);
  return items
    .map((item) => ({ item, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** A reward that any test can compute: a text's length, a step's share of it. */
const scoresByLength = ({ candidates }: ScoreRequest): ScoreResponse => ({
  scores: candidates.map(({ id, text, steps }) => ({
    id,
    ok: true,
    value: text.length,
    tokens: text.length,
    ...(steps ? { steps: steps.map((step) => step.length / Math.max(1, text.length)) } : {}),
  })),
  usage: { calls: 1, candidates: candidates.length, tokens: candidates.reduce((sum, { text }) => sum + text.length, 0) },
});
