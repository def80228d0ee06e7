import { z } from 'zod';
import { runMembers, strategyMembers } from './run.ts';

/** POST /v1/critique-refine. */
export const critiqueRefineRequest = <Selection extends z.ZodType>(selection: Selection) =>
  z.strictObject({ ...runMembers(selection), ...strategyMembers });
