import { z } from 'zod';
import type { Asking, Prefix, Score } from '../operation.ts';
import { score } from '../operation.ts';
import { needsSet } from './calibration.ts';
import type { ConfigOf, RewardTask } from './define.ts';
import { defineReward, PROBABILITY } from './define.ts';
import { askAll, dependenceOn, intoProbability, memberFailed, part, probabilities, refuseUnbounded, scored } from './members.ts';

type Hybrid = ConfigOf<'hybrid'>;
type Task = RewardTask<Hybrid, unknown>;

/**
 * A rule where it is sure, else confidence x rule + (1 - confidence) x model. The model reads only those candidates on
 * which the rule does not decide. `detail` has the rule, its confidence, and the model where it was asked (methods B.5).
 */
export const hybrid = defineReward({
  kind: 'hybrid',
  title: 'A rule where it can be trusted, a model beside it where not.',
  options: z.strictObject({}),
  dependsOn: ({ config, about }) =>
    dependenceOn(about, namesOf(config), config.calibration !== undefined && needsSet(config.calibration)),
  scale: () => PROBABILITY,
  cost: 'what its rule costs, and its model where the rule does not decide',
  members: namesOf,
  refuse({ name, config, about }, _subject, param) {
    refuseUnbounded(name, config.rule, undefined, about(config.rule), param);
    refuseUnbounded(name, config.reward, config.calibration, about(config.reward), param);
    const { confidence } = config;
    if (typeof confidence === 'string') refuseUnbounded(name, confidence, undefined, about(confidence), param);
  },
  *score(task) {
    const { config, candidates } = task;
    const opinions = yield* rules(task);
    const undecided = opinions.flatMap((opinion, place) => (decides(opinion, config) ? [] : [place]));
    const models = yield* modelOf(
      task,
      undecided.map((place) => candidates[place]!),
    );
    const results = opinions.map(({ rule, confidence, detail }) =>
      rule === null || confidence === null ? memberFailed(detail) : scored(rule, detail),
    );
    for (const [order, place] of undecided.entries()) results[place] = mixed(opinions[place]!, models[order]!, config);
    return results;
  },
});

const sureness = ({ confidence }: Hybrid): string[] => (typeof confidence === 'string' ? [confidence] : []);

function namesOf(config: Hybrid): string[] {
  return [...new Set([config.rule, ...sureness(config), config.reward])];
}

/** What the rule says of a candidate, and how sure it is; null where that is not known. */
interface Opinion {
  readonly rule: number | null;
  readonly confidence: number | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

function* rules(task: Task): Asking<Opinion[]> {
  const { config, candidates, about } = task;
  const names = [config.rule, ...sureness(config)];
  const scores = yield* askAll(task, names, candidates);
  const [rule, sure] = names.map((name, m) => probabilities(scores[m]!, intoProbability(undefined, about(name))));
  return candidates.map((_, place) => {
    const confidence = typeof config.confidence === 'number' ? config.confidence : sure![place]!;
    return { rule: rule![place]!, confidence, detail: { rule: part(scores[0]![place]!), confidence } };
  });
}

const refusedAs = (rule: number | null): boolean => rule !== null && rule < 0.5;

/** Nothing is to be asked of the model: the rule decides, or there is no knowing whether it does. */
function decides({ rule, confidence }: Opinion, { threshold, asymmetric }: Hybrid): boolean {
  if (rule === null || confidence === null) return true;
  return confidence >= threshold && !(asymmetric && refusedAs(rule));
}

interface Model {
  readonly value: number | null;
  readonly part: Readonly<Record<string, unknown>>;
}

function* modelOf({ config, prompt, about }: Task, candidates: readonly Prefix[]): Asking<Model[]> {
  const scores = yield* score(config.reward, prompt, candidates);
  const values = probabilities(scores, intoProbability(config.calibration, about(config.reward)));
  return scores.map((given, place) => ({ value: values[place]!, part: part(given, values[place]!) }));
}

function mixed({ rule, confidence, detail }: Opinion, model: Model, { asymmetric }: Hybrid): Score {
  const whole = { ...detail, model: model.part };
  if (model.value === null || rule === null || confidence === null) return memberFailed(whole);
  if (asymmetric && refusedAs(rule)) return scored(model.value, whole);
  return scored(confidence * rule + (1 - confidence) * model.value, whole);
}
