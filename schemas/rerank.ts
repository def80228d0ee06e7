import { z } from 'zod';

const document = z.union([z.string(), z.looseObject({ text: z.string() })]);
const documents = z.array(document);

/** POST /v1/rerank and /v2/rerank: Jina's and Cohere's members; loose at the top, as their clients are. */
export const rerankRequest = z.looseObject({
  model: z.string().min(1).describe("A reward's name."),
  query: z.string().min(1).describe('The prompt.'),
  documents: documents.optional().describe('The texts to rank; `texts` and `candidates` are the same.'),
  texts: documents.optional(),
  candidates: documents.optional(),
  top_n: z.int().min(1).nullish().describe('How many come back; more than there are is all.'),
  return_documents: z.boolean().nullish().describe('Whether results repeat their text; false where absent.'),
  raw_scores: z.boolean().nullish().describe('Give the reward itself, not mapped into 0 to 1.'),
});

const result = z.strictObject({
  index: z.int(),
  relevance_score: z.number(),
  document: z.strictObject({ text: z.string() }).optional(),
});

export const jinaAnswer = z.strictObject({
  id: z.string(),
  object: z.literal('list'),
  model: z.string(),
  usage: z.strictObject({ total_tokens: z.int().nullable(), prompt_tokens: z.int().nullable() }),
  results: z.array(result),
  meta: z.strictObject({ warnings: z.array(z.string()).optional() }).optional(),
});

export const cohereAnswer = z.strictObject({
  id: z.string(),
  results: z.array(result),
  meta: z.strictObject({
    api_version: z.strictObject({ version: z.string() }),
    billed_units: z.strictObject({ search_units: z.int() }),
    tokens: z.strictObject({ input_tokens: z.int().nullable(), output_tokens: z.int().nullable() }),
    warnings: z.array(z.string()).optional(),
  }),
});
