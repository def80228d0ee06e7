import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { ModelConfig } from '../../schemas/config.ts';
import { cpuDevice, type Device } from '../ort/device.ts';
import type { OrtLibrary } from '../ort/library.ts';
import type { Embedder } from './embedder.ts';
import { ModelFiles } from './files.ts';
import { GENAI_CONFIG } from './genai-layout.ts';
import { CONFIG, winnowConfig } from './head-config.ts';
import type { LanguageModel } from './language-model.ts';
import { loadHead } from './load-head.ts';
import { loadGenaiPolicy } from './load-policy.ts';
import type { RewardModel } from './reward-model.ts';
import type { TensorModel } from './tensor-model.ts';

export type Model = LanguageModel | RewardModel | Embedder | TensorModel;

/** What every loader is handed. */
export interface Loading {
  readonly library: OrtLibrary;
  /** Its name in winnow.config.json, for messages. */
  readonly name: string;
  readonly files: ModelFiles;
  /** Threads inside one operator. */
  readonly threads: number;
  readonly device: Device;
}

/**
 * Loads a folder: a policy where it has genai_config.json, else what config.json says that it is. With `winnow.good_token`
 * there the graph of either layout is a process reward.
 *
 * @param name  its name in winnow.config.json, for messages
 * @throws Error that says which file failed which expectation
 */
export async function loadModel(
  library: OrtLibrary,
  name: string,
  folder: string,
  config: ModelConfig,
  device: Device = cpuDevice,
): Promise<Model> {
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) throw new Error(`models.${name}.path: there is no folder ${folder}.`);
  const loading = { library, name, files: new ModelFiles(folder), threads: config.threads ?? availableParallelism(), device };
  const isPolicy = (await loading.files.has(GENAI_CONFIG)) && !(await saysTwoTokens(loading.files));
  return isPolicy ? loadGenaiPolicy(loading) : loadHead(loading);
}

/** Whether config.json makes a language model a reward; of a policy onnxruntime-genai leaves out that file. */
async function saysTwoTokens(files: ModelFiles): Promise<boolean> {
  if (!(await files.has(CONFIG))) return false;
  const { winnow } = await files.json(CONFIG, z.looseObject({ winnow: winnowConfig.pick({ good_token: true }).default({}) }));
  return winnow.good_token !== undefined;
}
