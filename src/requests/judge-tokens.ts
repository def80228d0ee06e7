import { quoted, WinnowError } from '../../schemas/errors.ts';
import { kindOf, namedReward, withMembers } from '../rewards/registry.ts';
import type { About } from './rewards.ts';

/**
 * Tokens that these rewards may have sampled at most to score so many candidates: by judges, and to compare with.
 *
 * @throws WinnowError `capability_missing` where one of them cannot score so many at once
 */
export function judgeTokens(
  names: readonly string[],
  candidates: number,
  { options, lookup, param }: Omit<About, 'subject'>,
): number {
  for (const name of withMembers(names, lookup)) {
    const { kind, mostCandidates } = kindOf(lookup.rewards[name]!);
    if (candidates <= mostCandidates) continue;
    const message = `The reward ${quoted(name)} of kind ${kind} scores at most ${mostCandidates} candidates at once; there may be ${candidates}. Ask for fewer, or let the selection \`tournament\` ask it.`;
    throw new WinnowError('capability_missing', message, { param });
  }
  const named = names.map((name) => namedReward(name, options, lookup));
  return named.reduce((sum, reward) => sum + kindOf(reward.config).sampledTokens(reward, candidates), 0);
}
