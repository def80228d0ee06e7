import type { TokenLogprob } from '../../schemas/candidate.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { Detokenizer } from '../../src/tokens/detokenizer.ts';
import type { Engine } from '../engine/engine.ts';
import type { Asked } from './asked.ts';
import type { Limits } from './generate.ts';

/** What is answered of a prompt before the new text. */
export interface Echo {
  readonly text: string;
  /** Of its tokens, where they are asked for; the first has none, since nothing stands before it. */
  readonly logprobs: readonly EchoedLogprob[];
}

export interface EchoedLogprob extends Omit<TokenLogprob, 'logprob'> {
  readonly logprob: number | null;
  readonly offset: number;
}

/**
 * The prompts as they are answered, read by the policy where their log-probabilities are asked for.
 *
 * @throws WinnowError before anything is written: `rate_limit_exceeded`, or `deadline_exceeded` where the time was too short
 */
export async function echoesOf(engine: Engine, asked: Asked, { signal, maxTimeMs }: Limits): Promise<readonly Echo[]> {
  if (asked.topLogprobs === undefined) return asked.echoes.map((text) => ({ text, logprobs: [] }));
  const over = new AbortController();
  const limits = { deadline: performance.now() + maxTimeMs, signal: AbortSignal.any([signal, over.signal]) };
  try {
    return await Promise.all(
      asked.echoes.map(async (text, index) => ({
        text,
        logprobs: await measured(engine, asked, asked.prompts[index]!, limits),
      })),
    );
  } catch (cause) {
    over.abort(); // the others are not wanted any more
    throw cause;
  }
}

async function measured(
  engine: Engine,
  { topLogprobs = 0, priority }: Asked,
  ids: readonly number[],
  { deadline, signal }: { readonly deadline: number; readonly signal: AbortSignal },
): Promise<EchoedLogprob[]> {
  const wanted = { topLogprobs, entropy: false, answers: [] };
  const request = { prompt: ids.slice(0, 1), continuations: [ids.slice(1)], wanted, deadline, signal, priority };
  const rest = ids.length === 1 ? [] : (await engine.measure(request)).measured[0]?.logprobs;
  if (!rest)
    throw new WinnowError('deadline_exceeded', 'The prompt could not be read in the time of the request. Try again later.');
  const detokenizer = new Detokenizer(engine.model.tokenizer, []);
  const first = { token: engine.model.tokenizer.name(ids[0]!), logprob: null };
  let offset = 0;
  return [first, ...rest].map((entry, place) => {
    const placed = { ...entry, offset };
    offset += detokenizer.push(ids[place]!).length;
    return placed;
  });
}
