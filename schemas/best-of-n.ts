import { z } from 'zod';
import { runMembers } from './run.ts';

/** POST /v1/best-of-n. */
export const bestOfNRequest = <Selection extends z.ZodType>(selection: Selection) =>
  z.strictObject({
    ...runMembers(selection),
    n: z.int().min(1).max(256).optional().describe('Candidates drawn; 8 where absent.'),
  });
