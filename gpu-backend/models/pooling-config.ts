import { z } from 'zod';
import type { Pooling } from './embedder.ts';
import type { ModelFiles } from './files.ts';

const modules = z.array(z.looseObject({ path: z.string(), type: z.string() }));
const poolingConfig = z.looseObject({
  pooling_mode_cls_token: z.boolean().optional(),
  pooling_mode_mean_tokens: z.boolean().optional(),
  pooling_mode_max_tokens: z.boolean().optional(),
  pooling_mode_lasttoken: z.boolean().optional(),
});
const MODES: readonly (readonly [keyof z.infer<typeof poolingConfig>, Pooling])[] = [
  ['pooling_mode_mean_tokens', 'mean'],
  ['pooling_mode_cls_token', 'cls'],
  ['pooling_mode_lasttoken', 'last'],
  ['pooling_mode_max_tokens', 'max'],
];

/** What sentence-transformers' files say of a text's vector. */
export interface PoolingConfig {
  readonly pooling: Pooling;
  readonly normalize: boolean;
  readonly context: number | undefined;
}

/**
 * Reads modules.json and what it names. Without it: the mean, normalised; without a configuration of the pooling: the mean,
 * both as sentence-transformers does.
 *
 * @throws Error where a module is one that this backend does not compute
 */
export async function readPooling(files: ModelFiles): Promise<PoolingConfig> {
  const context = await maxLength(files);
  if (!(await files.has('modules.json'))) return { pooling: 'mean', normalize: true, context };
  const listed = await files.json('modules.json', modules);
  const file = files.path('modules.json');
  const kinds = listed.map(({ type, path }) => ({ path, kind: type.split('.').at(-1)! }));
  const strange = kinds.find(({ kind }) => !['Transformer', 'Pooling', 'Normalize'].includes(kind));
  if (strange)
    throw new Error(
      `${file}: the module ${strange.kind} is not served; Transformer, Pooling and Normalize are. Export the model with it inside (sentence_embedding).`,
    );
  const pooling = kinds.find(({ kind }) => kind === 'Pooling');
  return { pooling: await modeOf(files, pooling?.path), normalize: kinds.some(({ kind }) => kind === 'Normalize'), context };
}

async function modeOf(files: ModelFiles, folder: string | undefined): Promise<Pooling> {
  const name = `${folder}/config.json`;
  if (folder === undefined || !(await files.has(name))) return 'mean';
  const config = await files.json(name, poolingConfig);
  const modes = MODES.filter(([key]) => config[key] === true);
  const others = Object.entries(config).filter(
    ([key, value]) => key.startsWith('pooling_mode') && value === true && !MODES.some(([known]) => known === key),
  );
  if (modes.length !== 1 || others.length > 0) {
    const set = [...modes.map(([key]) => String(key)), ...others.map(([key]) => key)].join(', ') || 'none';
    throw new Error(`${files.path(name)}: one of ${MODES.map(([key]) => String(key)).join(', ')} must be true; ${set} is.`);
  }
  return modes[0]![1];
}

/** sentence-transformers' own limit, often lower than the model's. */
async function maxLength(files: ModelFiles): Promise<number | undefined> {
  const name = 'sentence_bert_config.json';
  if (!(await files.has(name))) return undefined;
  return (await files.json(name, z.looseObject({ max_seq_length: z.int().min(2).nullish() }))).max_seq_length ?? undefined;
}
