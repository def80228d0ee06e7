import { z } from 'zod';
import type { Score } from '../operation.ts';
import { mean } from '../selection/statistics.ts';
import { needsSet } from './calibration.ts';
import type { ConfigOf, Scale } from './define.ts';
import { defineReward } from './define.ts';
import { askAll, dependenceOn, intoProbability, memberFailed, part, probabilities, refuseUnbounded, scored } from './members.ts';
import type { Evidence, Verdict } from './verdict.ts';
import { decide } from './verdict.ts';

type Config = ConfigOf<'evidence'>;

/** Comparing each with each is refused above this. */
const MOST_COMPARED = 1024;

const VERDICTS: Scale = { output: 'unknown', range: [-1, 1] };
const POINTS: Scale = { output: 'unknown', range: [0, 1] };

/**
 * Hard and soft evidence in one verdict. Pointwise it is the verdict on each candidate, -1 to 1; pairwise the mean of its
 * points (1, 0.5 or 0) against every other, as a tournament asks for. A source that failed is missing, and `detail` says
 * so; without any there is no verdict (methods B.13).
 */
export const evidence = defineReward({
  kind: 'evidence',
  title: 'Hard and soft evidence of several rewards in one verdict.',
  options: z.strictObject({}),
  dependsOn: ({ config, about }) =>
    dependenceOn(
      about,
      namesOf(config),
      config.form === 'pairwise' || config.members.some(({ calibration }) => calibration !== undefined && needsSet(calibration)),
    ),
  scale: ({ config }) => (config.form === 'pairwise' ? POINTS : VERDICTS),
  cost: 'what its members cost',
  members: namesOf,
  refuse({ name, config, about }, _subject, param) {
    for (const { reward, calibration } of config.members) refuseUnbounded(name, reward, calibration, about(reward), param);
  },
  *score(task) {
    const { config, candidates, about } = task;
    if (config.form === 'pairwise' && candidates.length > MOST_COMPARED) {
      const detail = { candidates: candidates.length, most: MOST_COMPARED };
      return candidates.map(() => ({ ok: false, reason: 'too_many_candidates', detail }));
    }
    const scores = yield* askAll(task, namesOf(config), candidates);
    const values = config.members.map(({ reward, calibration }, m) =>
      probabilities(scores[m]!, intoProbability(calibration, about(reward))),
    );
    const found = candidates.map((_, place) => ({
      beliefs: values.map((ofMember) => ofMember[place]!),
      members: Object.fromEntries(namesOf(config).map((name, m) => [name, part(scores[m]![place]!, values[m]![place]!)])),
    }));
    return config.form === 'pairwise' ? pairwise(found, config) : found.map((one) => pointwise(one, config));
  },
});

function namesOf({ members }: Config): string[] {
  return members.map(({ reward }) => reward);
}

/** How far each source is for a candidate, 0 to 1 and in their order; null where it failed. */
interface Found {
  readonly beliefs: readonly (number | null)[];
  readonly members: Readonly<Record<string, unknown>>;
}

const evidenceOf = (verdicts: readonly (number | null)[], { members }: Config): Evidence[] =>
  members.flatMap(({ reward, strength, weight }, m) => {
    const verdict = verdicts[m]!;
    return verdict === null ? [] : [{ source: reward, strength, weight, verdict }];
  });

function pointwise({ beliefs, members }: Found, config: Config): Score {
  const given = evidenceOf(
    beliefs.map((belief) => (belief === null ? null : 2 * belief - 1)),
    config,
  );
  if (given.length === 0) return memberFailed({ members });
  const verdict = decide(given);
  return scored(verdict.value, { members, ...toldVerdict(verdict, config, ['for', 'against']), ...partial(given, config) });
}

const partial = (given: readonly Evidence[], { members }: Config) => (given.length < members.length ? { partial: true } : {});

function toldVerdict(verdict: Verdict, config: Config, [first, second]: readonly [string, string]) {
  const points = pointsOf(verdict, config);
  return {
    verdict: points === 0.5 ? 'tie' : points === 1 ? first : second,
    confidence: Math.abs(verdict.value),
    decided_by: verdict.decidedBy,
  };
}

/** 1 for the first, 0 for the second, 0.5 for a tie. */
const pointsOf = ({ value, decidedBy }: Verdict, { tie_below: least }: Config): number => {
  if (decidedBy === 'none' || value === 0 || (decidedBy === 'soft' && Math.abs(value) < least)) return 0.5;
  return value > 0 ? 1 : 0;
};

/** Every pair once; a pair without evidence is no match. A candidate of which something is known, but no match, lost to nobody. */
function pairwise(found: readonly Found[], config: Config): Score[] {
  const points = found.map((): number[] => []);
  const verdicts = found.map((): Readonly<Record<string, unknown>>[] => []);
  for (const [a, first] of found.entries()) {
    for (let b = a + 1; b < found.length; b++) {
      const given = evidenceOf(differences(first, found[b]!), config);
      if (given.length === 0) continue;
      const verdict = decide(given);
      points[a]!.push(pointsOf(verdict, config));
      points[b]!.push(1 - pointsOf(verdict, config));
      if (found.length > 2) continue; // of many, the points say enough
      const told = { ...toldVerdict(verdict, config, ['first', 'second']), ...partial(given, config) };
      for (const place of [a, b]) verdicts[place]!.push(told);
    }
  }
  return found.map(({ beliefs, members }, place) => {
    const [told] = verdicts[place]!;
    const detail = { members, matches: points[place]!.length, ...told };
    if (beliefs.every((belief) => belief === null)) return memberFailed(detail);
    return scored(points[place]!.length === 0 ? 0.5 : mean(points[place]!), detail);
  });
}

const differences = (first: Found, second: Found): (number | null)[] =>
  first.beliefs.map((belief, m) => {
    const other = second.beliefs[m]!;
    return belief === null || other === null ? null : belief - other;
  });
