import { z } from 'zod';

/** config.json of a classifier, as transformers writes it; `winnow` is ours and wins where it speaks. */
export const classifierConfig = z.looseObject({
  architectures: z.array(z.string()).default([]),
  max_position_embeddings: z.int().min(2),
  pad_token_id: z.int().min(0).nullish(),
  winnow: z
    .looseObject({
      kind: z.enum(['outcome', 'process']).optional(),
      append_eos: z.literal(false).optional(),
      padding_side: z.literal('right').optional(),
    })
    .default({}),
});

/**
 * What it scores: a whole text or each step.
 *
 * @param file  its path, for the message
 */
export function kindOf({ architectures, winnow }: z.infer<typeof classifierConfig>, file: string): 'outcome' | 'process' {
  if (winnow.kind) return winnow.kind;
  if (architectures.some((name) => name.endsWith('ForSequenceClassification'))) return 'outcome';
  if (architectures.some((name) => name.endsWith('ForTokenClassification'))) return 'process';
  throw new Error(
    `${file}: architectures is ${JSON.stringify(architectures)}; one that ends in ForSequenceClassification (an outcome reward) ` +
      'or ForTokenClassification (a process reward) is needed, or winnow.kind, or a genai_config.json for a policy.',
  );
}
