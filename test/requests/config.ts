/** A configuration with one of each: policies that can little and much, both kinds of reward, recipes, low caps. */
import { loadConfig } from '../../src/config/load.ts';

const policy = {
  backend: 'local',
  model: 'policy',
  step: { delimiter: '\n', max_tokens: 12, typical_tokens: 6 },
  sampling: { temperature: 0.7, max_tokens: 40 },
  typical_tokens: 16,
  min_useful_tokens: 4,
  rewards: ['outcome'],
  process_reward: 'process',
};

export const json = {
  default_policy: 'writer',
  backends: { local: { kind: 'gpu_backend', url: 'http://127.0.0.1:8788' } },
  policies: {
    writer: policy,
    bare: { ...policy, rewards: [], process_reward: null },
    talker: { ...policy, instruct: true, process_reward: null, sampling: { max_tokens: 40, seed: 11, stop: '.' } },
    voter: { ...policy, answer: { type: 'number', methods: ['last_number'] } },
  },
  rewards: {
    outcome: { kind: 'classifier', backend: 'local', model: 'outcome', output: 'logit' },
    process: { kind: 'process', backend: 'local', model: 'process', output: 'probability' },
  },
  recipes: {
    careful: { model: 'writer', strategy: 'best_of_n', options: { n: 16 } },
    frugal: { model: 'voter', strategy: 'beam_search', budget: 8, rewards: ['process'], selection: 'majority_vote' },
  },
  caps: { max_n: 64, max_tokens: 2000, max_time_ms: 5000, max_documents: 5, max_body_bytes: 4096 },
};

export const config = loadConfig(json);
