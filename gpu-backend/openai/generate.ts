import { WinnowError } from '../../schemas/errors.ts';
import type { Usage } from '../../schemas/usage.ts';
import type { EngineUsage, Generation } from '../engine/call.ts';
import type { Engine } from '../engine/engine.ts';
import type { Asked } from './asked.ts';
import { Choice, type Delta, type Ending } from './choice.ts';

/** Who is told of the answers as they are written: `index` is prompt x n + answer. */
export interface Listener {
  delta(index: number, delta: Delta): void;
  ended(index: number, ending: Ending): void;
}

export interface Generated {
  readonly usage: Usage;
  /** Why an answer is missing, for each that failed. */
  readonly failures: readonly string[];
  /** Answers that were cut when the time was up. */
  readonly late: number;
}

export interface Limits {
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /** What is open then ends as it is. */
  readonly maxTimeMs: number;
}

/**
 * Writes all answers of a request, those of all prompts together.
 *
 * @throws WinnowError at once where it is refused, before anything is spent; `no_candidates` or `deadline_exceeded` in the
 *         promise where no answer came to be
 */
export function generate(engine: Engine, asked: Asked, listener: Listener, { signal, maxTimeMs }: Limits): Promise<Generated> {
  const refused = new AbortController();
  const over = AbortSignal.any([signal, refused.signal]);
  const deadline = performance.now() + maxTimeMs;
  const idle = engine.stats.running + engine.stats.waiting === 0;
  const failures: string[] = [];
  const spent: Promise<EngineUsage>[] = [];
  const tally = { ended: 0, late: 0, unstarted: 0 };
  try {
    for (const [place, prompt] of asked.prompts.entries()) spent.push(one(place, prompt));
  } catch (cause) {
    refused.abort(); // the engine has not had a turn since: nothing was spent
    throw idle ? neverFits(cause, asked) : cause;
  }
  return Promise.all(spent).then((usages) => {
    if (tally.ended === 0 || tally.unstarted === tally.ended) throw nothing(failures);
    return { usage: sum(usages), failures, late: tally.late };
  });

  function one(place: number, prompt: readonly number[]): Promise<EngineUsage> {
    const choices = new Map<string, Choice>();
    const firstChild = place * asked.n;
    for (let child = firstChild; child < firstChild + asked.n; child++)
      choices.set(`0.${child}`, new Choice(engine.model, asked, prompt));
    const listens = asked.stream || asked.topLogprobs !== undefined;
    const generation: Generation = {
      prompt,
      branches: [{ id: '0', text: '', tokens: [], count: asked.n, firstChild, maxTokens: asked.maxTokens, resume: false }],
      until: 'end',
      step: { delimiter: '\n', max_tokens: Math.max(1, asked.maxTokens) },
      sampling: asked.sampling,
      topLogprobs: asked.topLogprobs,
      seed: asked.seed,
      priority: asked.priority,
      ignoreEnd: asked.ignoreEnd,
      deadline,
      signal: over,
      ...(listens ? { onPiece: (id, piece) => listener.delta(indexOf(id), choices.get(id)!.add(piece)) } : {}),
    };
    return engine.generate(generation, (ended) => {
      if (!ended.ok) return void failures.push(ended.message);
      tally.ended++;
      if (ended.line.finish === 'budget') tally.late++;
      if (ended.line.finish === 'budget' && ended.line.token_count === 0) tally.unstarted++;
      listener.ended(indexOf(ended.line.id), choices.get(ended.line.id)!.end(ended.line));
    });
  }
}

const indexOf = (id: string): number => Number(id.slice(2));

/** What an idle engine refuses for want of room, it refuses for ever: to try again helps nobody. */
function neverFits(cause: unknown, { prompts, n }: Asked): unknown {
  if (!(cause instanceof WinnowError)) return cause;
  if (cause.code !== 'rate_limit_exceeded' && cause.param !== 'prefixes') return cause;
  const message = `${prompts.length} prompts with ${n} answers each are more than this model takes at once. Send fewer.`;
  return new WinnowError('invalid_value', message, { param: n > 1 ? 'n' : 'prompt', cause });
}

const nothing = ([message]: readonly string[]): WinnowError =>
  message === undefined
    ? new WinnowError('deadline_exceeded', 'The time of the request was up before an answer was begun. Try again later.')
    : new WinnowError('no_candidates', message);

function sum(usages: readonly EngineUsage[]): Usage {
  const total = (of: (usage: EngineUsage) => number) => usages.reduce((before, usage) => before + of(usage), 0);
  const prompt = total((usage) => usage.prompt_tokens);
  const completion = total((usage) => usage.completion_tokens);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: total((usage) => usage.cached) },
  };
}
