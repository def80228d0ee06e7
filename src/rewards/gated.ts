import { z } from 'zod';
import type { Score } from '../operation.ts';
import { score } from '../operation.ts';
import type { ConfigOf, Scale } from './define.ts';
import { defineReward } from './define.ts';
import { dependenceOn, sound, validValue } from './members.ts';

type Gated = ConfigOf<'gated'>;

/**
 * A reward of those candidates alone that pass every gate. A gate that cannot be judged is not passed, and is no fail
 * either: the candidate has no score. `detail` has the gate that was not passed (methods B.5).
 */
export const gated = defineReward({
  kind: 'gated',
  title: 'A reward of those candidates alone that pass every gate.',
  options: z.strictObject({}),
  dependsOn: ({ config, about }) => dependenceOn(about, namesOf(config)),
  scale: ({ config, about }) => withFailScore(about(config.reward).scale, config),
  cost: 'what its gates cost, and its reward for those that pass',
  members: namesOf,
  *score({ config, prompt, candidates }) {
    const results = new Array<Score>(candidates.length);
    let open = [...candidates.keys()];
    const at = (places: readonly number[]) => places.map((place) => candidates[place]!);
    for (const gate of config.gates) {
      const scores = yield* score(gate.reward, prompt, at(open));
      const stopped = scores.map((given) => stoppedBy(gate, given, config));
      for (const [order, place] of open.entries()) if (stopped[order]) results[place] = stopped[order];
      open = open.filter((_, order) => !stopped[order]);
    }
    const scores = yield* score(config.reward, prompt, at(open));
    for (const [order, place] of open.entries()) results[place] = sound(scores[order]!);
    return results;
  },
});

function namesOf({ gates, reward }: Gated): string[] {
  return [...gates.map((gate) => gate.reward), reward];
}

/** What a candidate gets that does not pass; null for one that does. */
function stoppedBy(gate: Gated['gates'][number], given: Score, { gate_fail_score: failScore }: Gated): Score | null {
  const value = validValue(given);
  const detail = { gate: gate.reward, ...(given.ok ? { value: given.value } : { reason: given.reason }) };
  if (value === null) return { ok: false, reason: 'gate_unknown', detail };
  const {
    at_most: most = Number.POSITIVE_INFINITY,
    at_least: least = gate.at_most === undefined ? 0.5 : Number.NEGATIVE_INFINITY,
  } = gate;
  if (value >= least && value <= most) return null;
  return failScore === undefined ? { ok: false, reason: 'gate_failed', detail } : { ok: true, value: failScore, detail };
}

function withFailScore({ output, range: [low, high] }: Scale, { gate_fail_score: failed }: Gated): Scale {
  if (failed === undefined) return { output, range: [low, high] };
  return {
    output: output === 'probability' && (failed < 0 || failed > 1) ? 'unknown' : output,
    range: [low === null ? null : Math.min(low, failed), high === null ? null : Math.max(high, failed)],
  };
}
