import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Truncate } from '../schemas/backend.ts';
import type { Embedding, EmbedRequest, EmbedResponse } from '../schemas/embed.ts';
import { WinnowError } from '../schemas/errors.ts';
import { type Cut, cut, tooLong } from '../src/tokens/truncation.ts';
import type { Scorer } from './engine/scorer.ts';
import type { Embedder } from './models/embedder.ts';
import type { Models } from './models.ts';
import { type Caller, ENCODED_AT_ONCE, readText } from './text-reading.ts';

/** Vectors of given texts; equal ones once. A text that cannot be read fails alone. */
export async function embed(models: Models, request: EmbedRequest, signal: AbortSignal): Promise<EmbedResponse> {
  const scorer = models.embedder(request.model);
  const caller = { deadline: performance.now() + request.deadline_ms, signal };
  const distinct = new Map<string, Promise<Embedding>>();
  for (const [index, text] of [...new Set(request.texts)].entries()) {
    if (index % ENCODED_AT_ONCE === ENCODED_AT_ONCE - 1) await nextTurn();
    distinct.set(text, vectorOf(scorer, text, { ...caller, truncate: request.truncate ?? 'refuse' }));
  }
  const read = (await Promise.all(distinct.values())).filter((result) => result.ok);
  const vectors = await Promise.all(request.texts.map((text) => distinct.get(text)!));
  const tokens = read.reduce((sum, one) => sum + one.tokens, 0);
  return { vectors, fingerprint: scorer.model.fingerprint, usage: { texts: read.length, tokens } };
}

async function vectorOf(
  scorer: Scorer<Embedder>,
  text: string,
  { truncate, ...caller }: Caller & { readonly truncate: Truncate },
): Promise<Embedding> {
  const read = await readText(scorer, () => readable(scorer.model, text, truncate), caller);
  if (!read.ok) return { ok: false, reason: read.reason };
  const { ids, truncated } = read.input;
  return { ok: true, vector: [...read.values], tokens: ids.length, ...(truncated > 0 ? { truncated } : {}) };
}

/** The text as its model's tokenizer wraps it; what it puts around stays when the text is cut. */
function readable({ tokenizer, context }: Embedder, text: string, truncate: Truncate): Cut {
  const least = tokenizer.atLeast(text);
  if (truncate === 'refuse' && least > context) throw tooLong(`at least ${least}`, context, 'Send a shorter one.');
  const ids = tokenizer.encodeWhole(text);
  if (ids.length === 0) throw new WinnowError('invalid_value', 'The text has no tokens.', { param: 'texts' });
  const [first, last] = [tokenizer.specialStart(ids), tokenizer.specialEnd(ids)];
  if (truncate !== 'start') return cut({ ids, stepEnds: [] }, { context, first, last, truncate });
  // the text's own first tokens, behind the one that begins it
  const kept = cut({ ids: ids.slice(first), stepEnds: [] }, { context: context - first, first: 0, last, truncate });
  return { ...kept, ids: [...ids.slice(0, first), ...kept.ids] };
}
