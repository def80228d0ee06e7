/** Rewards in a config: of others, of policies, of recipes. */
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { json } from '../requests/config.ts';

const withRewards = (rewards: object) => ({ ...json, rewards: { ...json.rewards, ...rewards } });
const ofPolicy = (rewards: unknown) => ({
  ...json,
  policies: { ...json.policies, writer: { ...json.policies.writer, rewards } },
});
const ofRecipe = (rewards: unknown) => ({ ...json, recipes: { r: { model: 'writer', strategy: 'best_of_n', rewards } } });
const ensemble = (...members: unknown[]) => ({ kind: 'ensemble', members });

test('members may be made of others', () => {
  const entries = { both: ensemble('outcome', 'process'), all: ensemble('both', { reward: 'outcome', calibration: 'rank' }) };
  expect(loadConfig(withRewards(entries)).rewards.all).toMatchObject({ members: [{ reward: 'both' }, { reward: 'outcome' }] });
});

test.each([
  {
    name: 'a member that is not there',
    config: withRewards({ both: ensemble('outcome', 'luck') }),
    says: /rewards\.both: nothing is named "luck"/,
  },
  { name: 'a member that is itself', config: withRewards({ both: ensemble('both') }), says: /rewards\.both is made of itself/ },
  { name: 'a ring', config: withRewards({ a: ensemble('b'), b: ensemble('a') }), says: /rewards\.a is made of itself/ },
  {
    name: 'a gate that is not there',
    config: withRewards({ g: { kind: 'gated', reward: 'outcome', gates: ['luck'] } }),
    says: /rewards\.g: nothing is named "luck"/,
  },
  {
    name: 'an entry by the name that several make',
    config: withRewards({ combined: ensemble('outcome') }),
    says: /rewards\.combined: that is the name/,
  },
  {
    name: 'a calibration without its numbers',
    config: withRewards({ e: ensemble({ reward: 'outcome', calibration: 'platt' }) }),
    says: /rewards\.e\.members\.0\.calibration\.slope/,
  },
  {
    name: 'a policy’s reward that is not there',
    config: ofPolicy(['luck']),
    says: /policies\.writer\.rewards\[0\]: nothing is named "luck"/,
  },
  {
    name: 'a policy’s reward twice',
    config: ofPolicy(['outcome', { name: 'outcome' }]),
    says: /rewards\[1\]: "outcome" is named twice/,
  },
  {
    name: 'an option of another kind',
    config: ofPolicy([{ name: 'outcome', reduction: 'min' }]),
    says: /policies\.writer\.rewards\[0\].*reduction/,
  },
  {
    name: 'weights that are all 0',
    config: ofRecipe([{ name: 'outcome', weight: 0 }]),
    says: /recipes\.r\.rewards: all weights are 0/,
  },
  {
    name: 'a recipe’s reward that is not there',
    config: ofRecipe([{ name: 'luck', weight: 2 }]),
    says: /recipes\.r\.rewards\[0\]: nothing is named "luck"/,
  },
  {
    name: 'a judge’s ensemble that is none',
    config: withRewards({ j: { kind: 'pairwise_judge', ensemble: 'outcome' } }),
    says: /rewards\.j: "outcome" is a reward of kind classifier/,
  },
  {
    name: 'a judge’s ensemble that scores by the set',
    config: withRewards({ both: ensemble('outcome', 'process'), j: { kind: 'pairwise_judge', ensemble: 'both' } }),
    says: /rewards\.j: "both" scores candidates by each other.*calibration/,
  },
  { name: 'a map that is not known', config: ofRecipe([{ name: 'outcome', shaping: 'luck' }]), says: /recipes\.r\.rewards\.0/ },
])('$name is refused at start', ({ config, says }) => {
  expect(() => loadConfig(config)).toThrow(expect.objectContaining({ message: expect.stringMatching(says) }));
});
