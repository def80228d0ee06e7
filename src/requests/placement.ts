import type { Lookup } from '../../schemas/config.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import { withMembers } from '../rewards/registry.ts';
import type { Strategy } from '../strategies/define.ts';

/** Where a run is driven: by the Worker, or by the backend of this name, next to its models. */
export type Place = { readonly kind: 'edge' } | { readonly kind: 'backend'; readonly backend: string };

export interface Placed {
  readonly asked: 'auto' | 'edge' | 'backend';
  readonly rounds: Strategy['rounds'];
  readonly policies: readonly string[];
  /** Members of others included. */
  readonly rewards: readonly string[];
  readonly lookup: Lookup;
  readonly param: string;
}

/**
 * Where a run goes: next to the models where it has many rounds and they all live on one backend of ours, for each round is
 * a round trip that way; otherwise to the Worker. Results are the same.
 *
 * @throws WinnowError `capability_missing` where it was asked for the backend and a model lives elsewhere
 */
export function placeOf({ asked, rounds, policies, rewards, lookup, param }: Placed): Place {
  if (asked === 'edge' || (asked === 'auto' && rounds === 'one')) return { kind: 'edge' };
  const homes = homesOf(policies, rewards, lookup);
  const [home] = homes;
  const away = homes.find(({ backend }) => backend !== home!.backend);
  const served = lookup.backends[home!.backend]!.kind === 'gpu_backend';
  if (served && !away) return { kind: 'backend', backend: home!.backend };
  if (asked === 'auto') return { kind: 'edge' };
  const message = served
    ? `${away!.what} lives on the backend ${quoted(away!.backend)}, and ${home!.what} on ${quoted(home!.backend)}: no backend can run this alone. Use "edge" or "auto".`
    : `${home!.what} lives on the backend ${quoted(home!.backend)}, which runs no strategies. Use "edge" or "auto".`;
  throw new WinnowError('capability_missing', message, { param });
}

interface Home {
  readonly what: string;
  readonly backend: string;
}

/** Of everything that the run asks, the policy first. A reward that computes by itself lives everywhere. */
function homesOf(policies: readonly string[], rewards: readonly string[], lookup: Lookup): Home[] {
  const entries = withMembers(rewards, lookup).map((name) => ({ name, config: lookup.rewards[name]! }));
  return [
    ...policies.map((name) => ({ what: `The policy ${quoted(name)}`, backend: lookup.policies[name]!.backend })),
    ...entries.flatMap(({ name, config }): Home[] => {
      const what = `The reward ${quoted(name)}`;
      const own = 'backend' in config && typeof config.backend === 'string' ? [{ what, backend: config.backend }] : [];
      const asked = 'policy' in config && typeof config.policy === 'string' ? lookup.policies[config.policy] : undefined;
      return asked ? [...own, { what, backend: asked.backend }] : own;
    }),
  ];
}
