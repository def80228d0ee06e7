import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ModelConfig } from '../../schemas/config.ts';
import { ChatTemplate } from '../../src/tokens/chat-template.ts';
import type { OrtLibrary } from '../ort/library.ts';
import { Session } from '../ort/session.ts';
import { CausalLm } from './causal-lm.ts';
import { classifierConfig, kindOf } from './classifier-config.ts';
import { ClassifierGraph } from './classifier-graph.ts';
import { ModelFiles } from './files.ts';
import { GENAI_CONFIG, openGenai } from './genai-layout.ts';
import type { RewardModel } from './reward-model.ts';
import { SequenceClassifier } from './sequence-classifier.ts';
import { TokenClassifier } from './token-classifier.ts';
import { loadTokenizer } from './tokenizer.ts';

export type Model = CausalLm | RewardModel;

const WEIGHTS = 'model.onnx';
const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'];

/**
 * Loads a folder: a policy where it has genai_config.json, else a reward by the architecture that config.json names.
 *
 * @param name  its name in winnow.config.json, for messages
 * @throws Error that says which file failed which expectation
 */
export async function loadModel(library: OrtLibrary, name: string, folder: string, config: ModelConfig): Promise<Model> {
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) throw new Error(`models.${name}.path: there is no folder ${folder}.`);
  const files = new ModelFiles(folder);
  const threads = config.threads ?? availableParallelism();
  return (await files.has(GENAI_CONFIG)) ? loadPolicy(library, name, files, threads) : loadReward(library, name, files, threads);
}

async function loadPolicy(library: OrtLibrary, name: string, files: ModelFiles, threads: number): Promise<CausalLm> {
  const { filename, session, layout } = await openGenai(library, files, { threads });
  return new CausalLm({ ...(await parts(name, files, filename)), session, layout });
}

async function loadReward(library: OrtLibrary, name: string, files: ModelFiles, threads: number): Promise<RewardModel> {
  const config = await files.json('config.json', classifierConfig);
  const kind = kindOf(config, join(files.folder, 'config.json'));
  const session = new Session(library, files.path(WEIGHTS), { threads });
  const perToken = kind === 'process';
  const graph = new ClassifierGraph(session, files.path(WEIGHTS), { padding: config.pad_token_id ?? 0, perToken });
  const Reward = perToken ? TokenClassifier : SequenceClassifier;
  return new Reward({ ...(await parts(name, files, WEIGHTS)), context: config.max_position_embeddings }, graph);
}

/** What every kind has: its names and its tokenizer. */
async function parts(name: string, files: ModelFiles, weights: string) {
  const { tokenizer, template } = await loadTokenizer(files);
  const fingerprint = await files.fingerprint([weights, `${weights}.data`, ...TOKENIZER_FILES]);
  return { name, fingerprint, tokenizer, template: template === undefined ? null : readTemplate(template, files.folder) };
}

function readTemplate(source: string, folder: string): ChatTemplate {
  try {
    return new ChatTemplate(source);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${folder}: the chat template cannot be read: ${reason}`, { cause });
  }
}
