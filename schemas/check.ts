/** How an answer is held against a right one (methods G.8): an entry of the config, or what a request says of it. */
import { z } from 'zod';

const tolerance = z.number().min(0).max(1e6);

export const checkOptions = z.strictObject({
  type: z
    .enum(['auto', 'text', 'number', 'choice', 'json', 'code'])
    .optional()
    .describe('What the answers are. `auto`, the default, reads numbers, percentages, units, sets, intervals, tuples and words.'),
  abs_tolerance: tolerance.optional().describe('Numbers this far apart are equal; 0 where absent.'),
  rel_tolerance: tolerance.optional().describe('The same as a share of the reference; 0 where absent (methods G.8).'),
  percent: z
    .enum(['strict', 'divide'])
    .optional()
    .describe('`strict`, the default: 50% is neither 0.5 nor 50. `divide`: it is 0.5, and never 50.'),
  units: z
    .enum(['convert', 'optional'])
    .optional()
    .describe(
      "`convert`, the default: 5 cm is 0.05 m and not 5. `optional`: a side without a unit is taken to have the other's.",
    ),
  lists: z
    .enum(['ordered', 'unordered'])
    .optional()
    .describe('Of bare lists, as `1, 2`: whether their order counts. `ordered` where absent. Tuples are ordered, sets are not.'),
  choices: z
    .string()
    .regex(/^[A-Z]+$/)
    .max(26)
    .optional()
    .describe('Allowed letters of a `choice`; A to E where absent.'),
});
export type CheckOptions = z.infer<typeof checkOptions>;
