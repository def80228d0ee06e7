import { z } from 'zod';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { SegmentReduction } from '../../schemas/rewards/segments.ts';
import { segmentReduction } from '../../schemas/rewards/segments.ts';
import type { Prefix, Score } from '../operation.ts';
import { score } from '../operation.ts';
import { mean, sum } from '../selection/statistics.ts';
import type { ConfigOf, Named, Scale } from './define.ts';
import { defineReward } from './define.ts';
import { dependenceOn, memberFailed, scored, validValue } from './members.ts';
import type { Segment } from './split-segments.ts';
import { MOST_SEGMENTS, splitSegments } from './split-segments.ts';

const options = z.strictObject({
  reduction: segmentReduction.optional().describe('In place of the reduction of the config (methods B.4).'),
});
type Segments = Named<ConfigOf<'segments'>, z.output<typeof options>>;

/** Of one call to the reward. */
const MOST_TEXTS = 1024;
/** Characters of one call, and of the beginnings of one candidate: of a text of n segments they grow as n squared. */
const MOST_CHARACTERS = 2 ** 22;

/**
 * A reward of each segment, and one number of them. `detail.segments` has for each its place, [start, end) in UTF-16 code
 * units, and its value; where segments are steps, the values are `steps` too (methods B.4).
 */
export const segments = defineReward({
  kind: 'segments',
  title: 'A reward of each sentence, clause, line, paragraph or step.',
  options,
  dependsOn: ({ config, about }) =>
    config.split === 'step' && about(config.reward).dependsOn === 'text' ? 'candidate' : dependenceOn(about, [config.reward]),
  scale: (named) => reducedScale(named),
  cost: `one scoring by its reward for each segment, at most ${MOST_SEGMENTS} each`,
  members: ({ reward }) => [reward],
  sampledTokens: ({ config, about }, candidates) => about(config.reward).sampledTokens(candidates * MOST_SEGMENTS),
  refuse({ name, config: { reward }, about }, _subject, param) {
    if (about(reward).dependsOn !== 'set') return;
    const message = `The reward ${quoted(name)} scores segments one by one, and ${quoted(reward)} scores a set of candidates by each other. Give it a reward that scores each by itself.`;
    throw new WinnowError('capability_missing', message, { param });
  },
  *score({ config, options, prompt, candidates }) {
    const split = candidates.map(({ text, steps }) => splitSegments(text, config.split, steps));
    const unused = split.map((found) => unusable(found, config.reads));
    const texts = candidates.flatMap((candidate, place) =>
      unused[place] ? [] : split[place]!.map((segment, order) => textOf(candidate, segment, order, config.reads)),
    );
    const scores: Score[] = [];
    for (const some of batches(texts)) for (const one of yield* score(config.reward, prompt, some)) scores.push(one);
    const rest = scores.values();
    return split.map((found, place): Score => {
      const reason = unused[place];
      if (reason) return { ok: false, reason, detail: { most_segments: MOST_SEGMENTS, most_characters: MOST_CHARACTERS } };
      return reduced(
        found,
        found.map(() => rest.next().value!),
        config,
        options.reduction ?? config.reduction,
      );
    });
  },
});

function unusable(found: readonly Segment[], reads: 'up_to' | 'alone'): string | null {
  if (found.length === 0) return 'no_segments';
  if (found.length > MOST_SEGMENTS) return 'too_many_segments';
  const characters = sum(found.map(({ start, end }) => (reads === 'alone' ? end - start : end)));
  return characters > MOST_CHARACTERS ? 'too_long' : null;
}

function* batches(texts: readonly Prefix[]): Generator<Prefix[]> {
  let batch: Prefix[] = [];
  let characters = 0;
  for (const one of texts) {
    if (batch.length === MOST_TEXTS || (batch.length > 0 && characters + one.text.length > MOST_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(one);
    characters += one.text.length;
  }
  if (batch.length > 0) yield batch;
}

function textOf({ id, text }: Prefix, { start, end }: Segment, order: number, reads: 'up_to' | 'alone'): Prefix {
  const read = text.slice(reads === 'alone' ? start : 0, end);
  return { id: `${id}/${order}`, text: read, steps: [read], tokenCount: 0 };
}

function reduced(
  found: readonly Segment[],
  scores: readonly Score[],
  { verdict }: ConfigOf<'segments'>,
  reduction: SegmentReduction,
): Score {
  const values = scores.map((given) => {
    const value = validValue(given);
    if (value === null || !verdict) return value;
    return value >= verdict.at_least ? verdict.positive : verdict.negative;
  });
  const told = found.map((segment, order) => {
    const given = scores[order]!;
    return { ...segment, ...(given.ok ? { value: values[order] } : { reason: given.reason }) };
  });
  const valid = values.filter((value) => value !== null);
  if (valid.length < values.length) return memberFailed({ segments: told });
  return scored(reduceSegments(valid, reduction), { segments: told });
}

export const reduceSegments = (values: readonly number[], reduction: SegmentReduction): number => REDUCTIONS[reduction](values);

const REDUCTIONS: Readonly<Record<SegmentReduction, (values: readonly number[]) => number>> = {
  sum,
  mean,
  min: (values) => values.reduce((low, value) => Math.min(low, value)),
};

/** A sum is of any number of segments, at least one. */
function reducedScale({ config: { reward, verdict, reduction }, options, about }: Segments): Scale {
  const used = options.reduction ?? reduction;
  const of: Scale = verdict
    ? { output: 'unknown', range: [Math.min(verdict.positive, verdict.negative), Math.max(verdict.positive, verdict.negative)] }
    : about(reward).scale;
  if (used !== 'sum') return of;
  const [low, high] = of.range;
  return {
    output: of.output === 'probability' ? 'unknown' : of.output,
    range: [
      low === null ? null : Math.min(low, low * MOST_SEGMENTS),
      high === null ? null : Math.max(high, high * MOST_SEGMENTS),
    ],
  };
}
