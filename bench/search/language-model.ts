/** SmolLM2-135M-Instruct as a policy and as a process reward, beside the models that ship. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packagedConfig, withConfig } from '../config.ts';
import { smollm2 } from '../models/smollm2.ts';

/** What the files of onnxruntime-genai leave open of a reward. */
const REWARD = {
  num_attention_heads: 9,
  num_key_value_heads: 3,
  head_dim: 64,
  max_position_embeddings: 8192,
  winnow: { kind: 'process', good_token: '+', bad_token: '-', step_separator: '\n' },
};
const POLICY = { backend: 'local', model: 'smollm2', instruct: false, sampling: { max_tokens: 192 }, typical_tokens: 120 };
// no text is kept in so few, and a run on a past has no room: each text is read from its first token
const NOTHING_KEPT = 1;

/**
 * Runs with a configuration that has the policy `smollm2` and the rewards `kept` and `whole`, which are it as well: one keeps
 * what it has read, one does not.
 *
 * @throws CannotStart where the model is not there
 */
export function withLanguageModel(run: (config: string) => Promise<void>): Promise<void> {
  const model = smollm2();
  return withConfig((folder) => configOf(model, rewardIn(folder, model)), run);
}

/** Makes a reward of the model's files. @returns its folder */
function rewardIn(folder: string, model: string): string {
  const reward = join(folder, 'reward');
  cpSync(model, reward, { recursive: true, dereference: true });
  writeFileSync(join(reward, 'config.json'), JSON.stringify(REWARD));
  return reward;
}

function configOf(model: string, reward: string): object {
  const packaged = packagedConfig();
  const process = (name: string) => ({ kind: 'process', backend: 'local', model: name, output: 'probability' });
  return {
    ...packaged,
    policies: { ...packaged.policies, smollm2: POLICY },
    rewards: { ...packaged.rewards, kept: process('smollm2-kept'), whole: process('smollm2-whole') },
    models: {
      ...packaged.models,
      smollm2: { path: model },
      'smollm2-kept': { path: reward },
      'smollm2-whole': { path: reward, max_kv_bytes: NOTHING_KEPT },
    },
    caps: { max_time_ms: 600_000 }, // other work may share the machine: a time that ran out would cut candidates
  };
}
