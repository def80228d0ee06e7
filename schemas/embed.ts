/** POST /embed of a gpu-backend: texts to vectors. */
import { z } from 'zod';
import { answeredBy, truncate } from './backend.ts';

export const embedRequest = z.strictObject({
  key: z.string().min(1).max(128).describe('The same key within 10 minutes answers with the stored vectors.'),
  model: z.string(),
  texts: z.array(z.string().max(4_194_304)).min(1).max(16_384),
  truncate: truncate.optional().describe('`refuse` where absent: that text fails alone, with its length.'),
  deadline_ms: z.int().min(1),
});
export type EmbedRequest = z.infer<typeof embedRequest>;

export const embedding = z.union([
  z.looseObject({
    ok: z.literal(true),
    vector: z.array(z.number()),
    tokens: z.int().min(1),
    truncated: z.int().min(1).optional().describe('Tokens that were left out, as `truncate` asked.'),
  }),
  z.looseObject({ ok: z.literal(false), reason: z.string() }),
]);
export type Embedding = z.infer<typeof embedding>;

export const embedResponse = z.looseObject({
  vectors: z.array(embedding).describe('In the order given.'),
  fingerprint: answeredBy,
  usage: z.looseObject({ texts: z.int().describe('Distinct texts that were read.'), tokens: z.int() }),
});
export type EmbedResponse = z.infer<typeof embedResponse>;
