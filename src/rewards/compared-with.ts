/** What scores that are relative to references are compared with (methods B.6). */
import type { Relative } from '../../schemas/rewards/shaped.ts';
import { splitSteps } from '../answers/steps.ts';
import type { Asking, Candidate, Prefix } from '../operation.ts';
import { root, sample } from '../operation.ts';
import type { RewardTask } from './define.ts';

type Task = Pick<RewardTask<unknown, unknown>, 'name' | 'prompt' | 'lookup' | 'subject'>;

/** Right answers of the request, else those of the config, else answers that a policy writes; empty where it wrote none. */
export function* comparedWith(task: Task, { references = [], sample: drawing }: Relative): Asking<Prefix[]> {
  const given = task.subject.references.length > 0 ? task.subject.references : references;
  if (given.length > 0 || !drawing) return given.map((text, place) => asCandidate(task, text, place));
  const written = yield* drawn(task, drawing);
  return written.filter(isWhole).map((reference, place) => ({ ...reference, id: idOf(place) }));
}

type Drawing = NonNullable<Relative['sample']>;

/** As the policy's own entry samples it: what it is compared with does not change with a request. */
function drawn({ name: reward, prompt, lookup, subject }: Task, { policy, count }: Drawing): Asking<readonly Candidate[]> {
  const name = policy ?? subject.policy;
  const { temperature, top_p, top_k, min_p, max_tokens, stop = [] } = lookup.policies[name]!.sampling;
  const sampling = { temperature, top_p, top_k, min_p, max_tokens, stop: [stop].flat() };
  return sample({ role: 'reference', reward, policy: name, prompt, prefixes: [root], count, until: 'end', sampling });
}

/** One that the budget or a failure cut is worse than its policy: whatever is compared with it would look too good. */
const isWhole = ({ finish }: Candidate): boolean => finish === 'stop' || finish === 'length';

/** No path of a run begins so: a reference is nobody's candidate. */
const idOf = (place: number): string => `reference.${place}`;

function asCandidate({ lookup, subject }: Task, text: string, place: number): Prefix {
  const { step } = lookup.policies[subject.policy]!;
  return { id: idOf(place), text, steps: splitSteps(text, step), tokenCount: 0 };
}

/** Tokens that may be sampled for references at most: a policy that only the request names may be any. */
export function referenceTokens({ sample: drawing }: Relative, { policies }: Task['lookup']): number {
  if (!drawing) return 0;
  const { policy, count } = drawing;
  const of = policy === null ? Object.values(policies) : [policies[policy]!];
  return count * of.reduce((most, { sampling }) => Math.max(most, sampling.max_tokens), 0);
}

/** What is wrong with where references are drawn from: a policy that is not there, or that writes nothing. */
export function drawingFaults({ sample: drawing }: Relative, { policies, backends }: Task['lookup']): string[] {
  if (!drawing?.policy) return [];
  const policy = Object.hasOwn(policies, drawing.policy) ? policies[drawing.policy] : undefined;
  const known = Object.keys(policies).join(', ') || 'none';
  if (!policy) return [`sample.policy: no policy is named "${drawing.policy}". Known: ${known}.`];
  if (backends[policy.backend]!.kind !== 'edge_onnx') return [];
  return [`sample.policy: "${drawing.policy}" is on a backend of kind edge_onnx, which writes nothing.`];
}
