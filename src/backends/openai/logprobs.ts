import { z } from 'zod';
import type { TokenLogprob } from '../../../schemas/candidate.ts';

const alternative = z.looseObject({ token: z.string(), logprob: z.number() });

/** As in chat. */
const perToken = z.looseObject({
  content: z.array(z.looseObject({ token: z.string(), logprob: z.number(), top_logprobs: z.array(alternative).nullish() })),
});

/** As in /completions. Newer ones of llama.cpp answer the other shape there. */
const inColumns = z.looseObject({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number().nullable()).nullish()).nullish(),
});

/** Log-probabilities of an answer, or of a piece of one, in either shape; undefined where it has none that can be read. */
export function readLogprobs(json: unknown, alternatives: number): TokenLogprob[] | undefined {
  const rows = perToken.safeParse(json);
  if (rows.success) {
    return rows.data.content.map(({ token, logprob, top_logprobs: top }) => entry(token, logprob, top ?? [], alternatives));
  }
  const columns = inColumns.safeParse(json);
  if (!columns.success) return undefined;
  const { tokens, token_logprobs: values, top_logprobs: tops } = columns.data;
  const read = tokens.map((token, place) => {
    const top = Object.entries(tops?.[place] ?? {}).flatMap(([name, value]) =>
      value === null ? [] : [{ token: name, logprob: value }],
    );
    const value = values[place] ?? null;
    return value === null ? undefined : entry(token, value, top, alternatives);
  });
  return read.every((one) => one !== undefined) ? read : undefined;
}

function entry(
  token: string,
  logprob: number,
  top: readonly { readonly token: string; readonly logprob: number }[],
  alternatives: number,
): TokenLogprob {
  const kept = top
    .map((one) => ({ token: one.token, logprob: one.logprob }))
    .sort((a, b) => b.logprob - a.logprob)
    .slice(0, alternatives);
  return kept.length > 0 ? { token, logprob, top: kept } : { token, logprob };
}
