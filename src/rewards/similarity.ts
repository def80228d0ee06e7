import { z } from 'zod';
import { aggregate } from '../../schemas/rewards/reading.ts';
import { similarTo } from '../../schemas/rewards/similarity.ts';
import type { Asking, Score } from '../operation.ts';
import { type ConfigOf, defineReward, type Named, type RewardTask } from './define.ts';
import { refuseUnread, refuseWithoutReference } from './model-needs.ts';
import { promptText } from './prompt-text.ts';
import { dot, readVectors, type Vector } from './read-vectors.ts';
import { aggregated, scoreOf } from './references.ts';

const options = z.strictObject({ to: similarTo.optional(), aggregate: aggregate.optional() });
type Options = z.output<typeof options>;
type Task = RewardTask<ConfigOf<'similarity'>, Options>;

const targetOf = ({ config, options }: Pick<Named<ConfigOf<'similarity'>, Options>, 'config' | 'options'>) =>
  options.to ?? config.to;

/** (1 + cosine) / 2 of embeddings: of a candidate and the right answers, the prompt, or the others (methods A.6, B.12). */
export const similarity = defineReward({
  kind: 'similarity',
  title: 'How like a candidate is to a right answer, the prompt, or the other candidates.',
  options,
  dependsOn: (named) => (targetOf(named) === 'consensus' ? 'set' : 'text'),
  scale: () => ({ output: 'unknown', range: [0, 1] }),
  cost: 'one embedding of each text',
  refuse(named, subject, param) {
    refuseUnread(named, named.config.backend, 'embed', param);
    if (targetOf(named) === 'reference') refuseWithoutReference(named, subject, param);
  },
  *score(task) {
    return targetOf(task) === 'consensus' ? yield* toEachOther(task) : yield* toTargets(task);
  },
});

function* toTargets(task: Task): Asking<Score[]> {
  const { config, options, prompt, candidates, subject } = task;
  const targets = targetOf(task) === 'prompt' ? [promptText(prompt)] : subject.references;
  const vectors = yield* readVectors(task, [...targets, ...candidates.map(({ text }) => text)]);
  return candidates.map((_, place) => {
    const own = vectors[targets.length + place]!;
    const scores = targets.map((_, target) => likeness(own, vectors[target]!));
    return aggregated(scores, options.aggregate ?? config.aggregate);
  });
}

function likeness(a: Vector, b: Vector): Score {
  if (!a.ok) return { ok: false, reason: a.reason };
  if (!b.ok) return { ok: false, reason: b.reason };
  if (a.values.length !== b.values.length) return { ok: false, reason: 'backend_error' };
  return scoreOf(toShare(dot(a.values, b.values) / (a.norm * b.norm)), cutOf(a));
}

/** The mean over all others, itself left out; a lone one agrees with itself (methods A.6, 0.4). */
function* toEachOther(task: Task): Asking<Score[]> {
  const vectors = yield* readVectors(
    task,
    task.candidates.map(({ text }) => text),
  );
  const known = vectors.filter((vector) => vector.ok);
  const size = known[0]?.values.length ?? 0;
  if (known.some(({ values }) => values.length !== size)) return vectors.map(() => ({ ok: false, reason: 'backend_error' }));
  // the sum of all cosines is the product with the sum of all directions: no n x n of them
  const whole = new Float64Array(size);
  for (const { values, norm } of known) for (const [axis, value] of values.entries()) whole[axis]! += value / norm;
  return vectors.map((vector) => {
    if (!vector.ok) return { ok: false, reason: vector.reason };
    const others = known.length - 1;
    const mean = others === 0 ? 1 : (dot(vector.values, whole) / vector.norm - 1) / others;
    return scoreOf(toShare(mean), cutOf(vector));
  });
}

const cutOf = ({ truncated }: Vector & { ok: true }) => (truncated === undefined ? {} : { truncated });

/** From -1..1 to 0..1; rounding may end a digit outside. */
const toShare = (cosine: number): number => Math.min(1, Math.max(0, (1 + cosine) / 2));
