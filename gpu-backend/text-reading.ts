/** How given texts are read by a model of whole texts, to be scored or embedded. */
import { WinnowError } from '../schemas/errors.ts';
import type { RewardInput } from '../src/tokens/reward-row.ts';
import type { Readable, Reading, Scorer } from './engine/scorer.ts';
import type { TextModel } from './models/reward-model.ts';

/** Texts are tokenised in groups of this size, with a turn of the event loop between two groups. */
export const ENCODED_AT_ONCE = 128;

/** Who waits for the reading, and how long. */
export type Caller = Pick<Readable, 'deadline' | 'signal'>;

type Read<Input> = (Extract<Reading, { ok: true }> & { readonly input: Input }) | Extract<Reading, { ok: false }>;

/** Tokenises a text, at once, and has it read. One that cannot be tokenised for its model fails alone. */
export async function readText<Input extends RewardInput>(
  scorer: Pick<Scorer<TextModel>, 'read'>,
  encode: () => Input,
  caller: Caller,
): Promise<Read<Input>> {
  let input: Input;
  try {
    input = encode();
  } catch (cause) {
    if (cause instanceof WinnowError) return { ok: false, reason: cause.message };
    console.error(cause);
    return { ok: false, reason: 'This text could not be read; the log of the backend says how.' };
  }
  const reading = await scorer.read({ input, ...caller });
  return reading.ok ? { ...reading, input } : reading;
}
