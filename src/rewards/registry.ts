import type { Lookup, RewardConfig } from '../../schemas/config.ts';
import { certainty } from './certainty.ts';
import { classifier } from './classifier.ts';
import type { About, Dependence, Named, RewardKind, Scale } from './define.ts';
import { ensemble } from './ensemble.ts';
import { equivalence } from './equivalence.ts';
import { evidence } from './evidence.ts';
import { expression } from './expression.ts';
import { gated } from './gated.ts';
import { hybrid } from './hybrid.ts';
import { implicit } from './implicit.ts';
import { informationGain } from './information-gain.ts';
import { judge } from './judge.ts';
import { pairwiseJudge } from './pairwise-judge.ts';
import { penalized } from './penalized.ts';
import { processReward } from './process.ts';
import { reference } from './reference.ts';
import { rule } from './rule.ts';
import { scoreToken } from './score-token.ts';
import { segments } from './segments.ts';
import { selfConsistency } from './self-consistency.ts';
import { shaped } from './shaped.ts';
import { similarity } from './similarity.ts';
import { tensor } from './tensor.ts';
import { trusted } from './trusted.ts';
import { weighted } from './weighted.ts';

/** The only list of reward kinds: /v1/rewards, requests and the interpreter are made from it. */
export const rewardKinds: readonly RewardKind[] = [
  classifier,
  processReward,
  judge,
  pairwiseJudge,
  scoreToken,
  reference,
  implicit,
  informationGain,
  certainty,
  selfConsistency,
  similarity,
  tensor,
  equivalence,
  ensemble,
  weighted,
  gated,
  hybrid,
  penalized,
  shaped,
  segments,
  trusted,
  evidence,
  rule,
  expression,
];

const byKind = new Map(rewardKinds.map((entry) => [entry.kind, entry]));

/** The kind of an entry: the config's schema admits those of the list alone. */
export const kindOf = ({ kind }: Pick<RewardConfig, 'kind'>): RewardKind => byKind.get(kind)!;

/** Name of the one score that several rewards of a request make. */
export const COMBINED = 'combined';

/** Options of rewards as their kinds have read them, by reward name. */
export type RewardOptions = Readonly<Record<string, unknown>>;

/** A reward by its name, with what the request says of it. */
export function namedReward(name: string, options: RewardOptions, lookup: Lookup): Named<RewardConfig, unknown> {
  const config = lookup.rewards[name]!;
  return {
    name,
    config,
    options: Object.hasOwn(options, name) ? options[name] : kindOf(config).options.parse({}),
    lookup,
    about: (member) => aboutReward(namedReward(member, options, lookup)),
  };
}

function aboutReward(named: Named<RewardConfig, unknown>): About {
  return {
    scale: scaleOf(named),
    dependsOn: dependenceOf(named),
    asks: withMembers([named.name], named.lookup),
    sampledTokens: (candidates) => kindOf(named.config).sampledTokens(named, candidates),
  };
}

/** What the score of a reward is. */
export const scaleOf = (named: Named<RewardConfig, unknown>): Scale => kindOf(named.config).scale(named);

export const dependenceOf = (named: Named<RewardConfig, unknown>): Dependence => kindOf(named.config).dependsOn(named);

/** All rewards that scoring by these asks, themselves included. */
export function withMembers(names: readonly string[], { rewards }: Pick<Lookup, 'rewards'>): string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    const config = rewards[name];
    if (config) for (const member of kindOf(config).members(config)) visit(member);
  };
  for (const name of names) visit(name);
  return [...found];
}
