import { z } from 'zod';
import { headConfig } from './head-config.ts';

/** config.json of a model that is bundled into a Worker: it says how much it reads. */
export const classifierConfig = headConfig.extend({ max_position_embeddings: z.int().min(2) });
export { kindOf } from './head-config.ts';
