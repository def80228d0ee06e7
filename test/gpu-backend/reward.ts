import type { RewardModel } from '../../gpu-backend/models/reward-model.ts';
import type { RewardInput } from '../../src/tokens/reward-row.ts';
import { characters } from './history-model.ts';

/** A reward that gives what `read` says of each text, and notes the lengths of its batches. */
export function reward(kind: 'outcome' | 'process', read: (row: RewardInput) => number[], context = 4096) {
  const batches: number[][] = [];
  const model: RewardModel = {
    kind,
    name: kind,
    fingerprint: `of the ${kind} reward`,
    tokenizer: characters,
    template: null,
    context,
    read: async (rows) => {
      batches.push(rows.map(({ ids }) => ids.length));
      return rows.map(read);
    },
    release: () => {},
  };
  return { model, batches };
}
