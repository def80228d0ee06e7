/** SmolLM2-135M-Instruct as a policy and as a process reward, beside the models that ship. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CannotStart } from '../../bin/settings.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MODEL = join(ROOT, 'bench/models/.cache/smollm2/int8');
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
 * Writes a configuration with the policy `smollm2` and the rewards `kept` and `whole`, which are it as well: one keeps what
 * it has read, one does not.
 *
 * @returns the path of the configuration, and what takes it away again
 * @throws CannotStart where the model is not there
 */
export function withLanguageModel(): { config: string; remove: () => void } {
  if (!existsSync(join(MODEL, 'genai_config.json')))
    throw new CannotStart('There is no SmolLM2. bench/models/smollm2.sh makes it.');
  const folder = mkdtempSync(join(tmpdir(), 'winnow-wall-'));
  const reward = join(folder, 'reward');
  cpSync(MODEL, reward, { recursive: true, dereference: true });
  writeFileSync(join(reward, 'config.json'), JSON.stringify(REWARD));
  const shipped = JSON.parse(readFileSync(join(ROOT, 'winnow.config.json'), 'utf8'));
  const models = Object.entries<{ path: string }>(shipped.models).map(([name, { path }]) => [name, { path: join(ROOT, path) }]);
  const process = (model: string) => ({ kind: 'process', backend: 'local', model, output: 'probability' });
  const config = join(folder, 'winnow.config.json');
  writeFileSync(
    config,
    JSON.stringify({
      ...shipped,
      policies: { ...shipped.policies, smollm2: POLICY },
      rewards: { ...shipped.rewards, kept: process('smollm2-kept'), whole: process('smollm2-whole') },
      models: {
        ...Object.fromEntries(models),
        smollm2: { path: MODEL },
        'smollm2-kept': { path: reward },
        'smollm2-whole': { path: reward, max_kv_bytes: NOTHING_KEPT },
      },
      caps: { max_time_ms: 600_000 }, // other work may share the machine: a time that ran out would cut candidates
    }),
  );
  return { config, remove: () => rmSync(folder, { recursive: true }) };
}
