import { z } from 'zod';
import type { Prefix, Score } from '../operation.ts';
import { score } from '../operation.ts';
import type { Scale } from './define.ts';
import { defineReward } from './define.ts';
import { lengthPenalty, mostTaken } from './length-penalty.ts';
import { dependenceOn, memberFailed, part, scored, validValue } from './members.ts';

/** A reward less a bounded penalty for length. `detail` has the reward, the length and what was taken off (methods B.5). */
export const penalized = defineReward({
  kind: 'penalized',
  title: 'A reward less a bounded penalty for length.',
  options: z.strictObject({}),
  dependsOn({ config, about }) {
    const dependence = dependenceOn(about, [config.reward]);
    return dependence === 'text' && config.length.unit === 'tokens' ? 'candidate' : dependence;
  },
  scale: ({ config, about }) => lowered(about(config.reward).scale, mostTaken(config.length)),
  cost: 'what its reward costs',
  members: ({ reward }) => [reward],
  *score({ config, prompt, candidates }) {
    const scores = yield* score(config.reward, prompt, candidates);
    return candidates.map((candidate, place): Score => {
      const given = scores[place]!;
      const value = validValue(given);
      const length = LENGTHS[config.length.unit](candidate);
      const detail = { members: { [config.reward]: part(given) }, length };
      if (value === null) return memberFailed(detail);
      if (length === null) return { ok: false, reason: 'length_unknown', detail };
      const added = lengthPenalty(length, config.length);
      return scored(value + added, { ...detail, added });
    });
  },
});

/** null where unknown: a text that a caller brings has a length in tokens of no policy. */
const LENGTHS: Readonly<Record<'tokens' | 'characters' | 'words', (candidate: Prefix) => number | null>> = {
  tokens: ({ tokenCount, text }) => (tokenCount === 0 && text !== '' ? null : tokenCount),
  characters: ({ text }) => [...text].length,
  words: ({ text }) => text.split(/\s+/).filter((word) => word !== '').length,
};

/** A probability that something was taken off is none any more. */
const lowered = ({ output, range: [low, high] }: Scale, most: number): Scale => ({
  output: output === 'probability' ? 'unknown' : output,
  range: [low === null ? null : low - most, high],
});
