import { z } from 'zod';
import { runMembers, strategyMembers } from './run.ts';

/** POST /v1/search. */
export const searchRequest = <Selection extends z.ZodType>(selection: Selection) =>
  z.strictObject({ ...runMembers(selection), ...strategyMembers });
