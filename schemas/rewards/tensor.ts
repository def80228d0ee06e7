import { z } from 'zod';
import { modelMembers, output } from './reading.ts';

export const textMeasure = z.enum(['characters', 'words', 'lines', 'steps', 'prompt_characters', 'prompt_words']);
export type TextMeasure = z.infer<typeof textMeasure>;

/** Where the numbers of an input come from: a row of them for each candidate. */
const source = z.discriminatedUnion('from', [
  z.strictObject({
    from: z.literal('features').describe('The request brings them, in `features` of this reward.'),
    name: z.string().min(1).max(128).describe('Their name there.'),
  }),
  z.strictObject({
    from: z.literal('measures').describe('Counted in the texts.'),
    measures: z.array(textMeasure).min(1).max(16).describe('The numbers of a row, in this order.'),
  }),
  z.strictObject({
    from: z.literal('embedding').describe('The vector of a text.'),
    model: z.string().describe('An embedder of the same backend.'),
    of: z.enum(['candidate', 'prompt']).default('candidate'),
  }),
]);
export type TensorSource = z.infer<typeof source>;

/** Any ONNX graph from rows of numbers to a number each. */
export const tensorReward = z.strictObject({
  kind: z
    .literal('tensor')
    .describe('A number of any ONNX graph, of texts that are counted or embedded, or of features that the request brings.'),
  ...modelMembers,
  inputs: z
    .record(z.string().min(1).max(128), source)
    .refine((inputs) => Object.keys(inputs).length >= 1 && Object.keys(inputs).length <= 16, 'From 1 to 16 inputs.')
    .describe("The graph's inputs by their names, each [candidates, numbers]."),
  type: z.enum(['float32', 'float64', 'int32', 'int64']).default('float32').describe('Of the elements of every input.'),
  output_name: z.string().min(1).max(128).describe("The graph's output that is read: [candidates] or [candidates, numbers]."),
  output_index: z.int().min(0).max(1_000_000).default(0).describe("Which of a candidate's numbers is the score."),
  output: output.default('unknown'),
  lower_is_better: z.boolean().default(false).describe('The score is then minus the number; of a probability, one less it.'),
  max_rows: z.int().min(1).max(4096).default(256).describe('Candidates of one call; 1 for a graph that takes one row.'),
});
export type TensorConfig = z.infer<typeof tensorReward>;

const row = z.array(z.number()).min(1).max(8192);

/** What a request brings for inputs of kind `features`. */
export const features = z
  .record(z.string(), z.union([row, z.array(row).min(1).max(10_000)]))
  .refine((given) => Object.keys(given).length <= 16, 'At most 16 features.')
  .describe('Numbers by name: one row for all candidates, or a list of rows, one for each in its order.');
export type Features = z.infer<typeof features>;
