import { z } from 'zod';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { Relative, Shaping } from '../../schemas/rewards/shaped.ts';
import type { Asking, Score } from '../operation.ts';
import { score } from '../operation.ts';
import { mean, sum } from '../selection/statistics.ts';
import { calibrate, calibratedScale, needsSet } from './calibration.ts';
import { comparedWith, drawingFaults, referenceTokens } from './compared-with.ts';
import type { ConfigOf, RewardTask, Scale } from './define.ts';
import { defineReward, PROBABILITY, UNBOUNDED } from './define.ts';
import { dependenceOn, memberFailed, part, scored, validValue } from './members.ts';
import { clipSteps, deltaSteps, logSigmoidCentred, preference } from './shaping.ts';

type Task = RewardTask<ConfigOf<'shaped'>, unknown>;

/**
 * One reward through one map. References are scored with the candidates, and once in a run. `detail` has the score as it
 * was (methods B.2, B.6, B.8).
 */
export const shaped = defineReward({
  kind: 'shaped',
  title: 'A reward through a map: bounded, centred, relative to references, or by its steps.',
  options: z.strictObject({}),
  dependsOn: ({ config: { reward, shaping }, about }) =>
    dependenceOn(about, [reward], shaping.by === 'map' && needsSet(shaping.calibration)),
  scale: ({ config: { reward, shaping }, about }) => shapedScale(shaping, about(reward).scale),
  cost: 'what its reward costs, for the references too; with `sample` its count x max_tokens tokens of the policy, once in a run',
  members: ({ reward }) => [reward],
  sampledTokens: ({ config: { reward, shaping }, about, lookup }, candidates) =>
    isRelative(shaping)
      ? referenceTokens(shaping, lookup) + about(reward).sampledTokens(candidates + (shaping.sample?.count ?? 0))
      : about(reward).sampledTokens(candidates),
  faults: ({ config: { shaping }, lookup }) => (isRelative(shaping) ? drawingFaults(shaping, lookup) : []),
  refuse({ name, config: { reward, shaping }, about }, { references }, param) {
    if (!isRelative(shaping)) return;
    if (about(reward).dependsOn === 'set') {
      const message = `The reward ${quoted(name)} compares with references, and ${quoted(reward)} scores a set of candidates by each other. Shape one that scores each by itself.`;
      throw new WinnowError('capability_missing', message, { param });
    }
    if (shaping.sample || (shaping.references ?? references).length > 0) return;
    const message = `The reward ${quoted(name)} compares with references, and there are none. Give \`reference\` in the request, or \`references\` or \`sample\` in the config.`;
    throw new WinnowError('capability_missing', message, { param });
  },
  *score(task) {
    const { shaping, reward } = task.config;
    if (isRelative(shaping)) return yield* relative(task, shaping);
    const scores = yield* score(reward, task.prompt, task.candidates);
    if (shaping.by === 'clip_steps' || shaping.by === 'delta_steps')
      return scores.map((given) =>
        ofSteps(given, reward, (steps) => (shaping.by === 'clip_steps' ? clipSteps(steps, shaping.eta) : deltaSteps(steps))),
      );
    const values = scores.map(validValue);
    const mapped = shaping.by === 'map' ? calibrate(values, shaping.calibration) : values.map((value) => clipped(value, shaping));
    return scores.map((given, place) => told(given, reward, mapped[place]!));
  },
});

const isRelative = (shaping: Shaping): shaping is Relative => ['par', 'lsc', 'centred'].includes(shaping.by);

const clipped = (value: number | null, { least, most }: { least: number; most: number }): number | null =>
  value === null ? null : Math.min(Math.max(value, least), most);

function told(given: Score, reward: string, value: number | null, more: Readonly<Record<string, unknown>> = {}): Score {
  const detail = { members: { [reward]: part(given) }, ...more };
  return value === null ? memberFailed(detail) : scored(value, detail);
}

/** Without a reference that can be scored there is nothing to compare with, and the raw score would be on another scale. */
function* relative(task: Task, shaping: Relative): Asking<Score[]> {
  const { reward } = task.config;
  const given = yield* comparedWith(task, shaping);
  const scores = yield* score(reward, task.prompt, [...given, ...task.candidates]);
  const references = scores.slice(0, given.length).flatMap((one) => validValue(one) ?? []);
  return scores.slice(given.length).map((one) => {
    const value = validValue(one);
    if (value === null) return told(one, reward, null);
    if (references.length === 0)
      return { ok: false, reason: 'no_reference_score', detail: { members: { [reward]: part(one) }, references } };
    return told(one, reward, COMPARED[shaping.by](value, references, shaping), { references });
  });
}

const COMPARED: Readonly<Record<Relative['by'], (value: number, references: readonly number[], shaping: Relative) => number>> = {
  par: (value, references, shaping) => preference(value, references, shaping.by === 'par' ? shaping.k : 1),
  lsc: logSigmoidCentred,
  centred: (value, references) => value - mean(references),
};

function ofSteps(given: Score, reward: string, shape: (steps: readonly number[]) => number[]): Score {
  if (!given.ok) return told(given, reward, null);
  const valid = given.steps?.filter((step) => step !== null) ?? [];
  if (valid.length === 0) return { ok: false, reason: 'no_steps', detail: { members: { [reward]: part(given) } } };
  const made = shape(valid);
  const whole = told(given, reward, sum(made));
  const left = made.values();
  // a step that was left out stays so, and each of the others keeps its place
  return whole.ok ? { ...whole, steps: given.steps!.map((step) => (step === null ? null : left.next().value!)) } : whole;
}

function shapedScale(shaping: Shaping, scale: Scale): Scale {
  switch (shaping.by) {
    case 'map':
      return calibratedScale(scale, shaping.calibration);
    case 'clip': {
      const clip = (end: number | null, open: number) => clipped(end ?? open, shaping)!;
      const range = [clip(scale.range[0], shaping.least), clip(scale.range[1], shaping.most)] as const;
      return { output: scale.output, range };
    }
    case 'par':
      return PROBABILITY;
    case 'lsc':
      return { output: 'unknown', range: [null, 0] };
    case 'centred':
      return UNBOUNDED;
    case 'clip_steps':
      return { output: 'unknown', range: [null, 0] };
    case 'delta_steps':
      return { output: 'unknown', range: [0, 1] };
  }
}
