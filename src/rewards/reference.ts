import { z } from 'zod';
import type { RawScore } from '../../schemas/backend.ts';
import { aggregate } from '../../schemas/rewards/reading.ts';
import type { Asking, Prefix, Score } from '../operation.ts';
import { together } from '../operation.ts';
import { type ConfigOf, defineReward, LOGIT, PROBABILITY, type RewardTask, UNBOUNDED } from './define.ts';
import { layOut } from './layout.ts';
import { refuseUnread, refuseWithoutReference } from './model-needs.ts';
import { promptText } from './prompt-text.ts';
import { pseudoReferences } from './pseudo-reference.ts';
import { readScores } from './read-scores.ts';
import { aggregated, scoreOf } from './references.ts';

const options = z.strictObject({
  reference: z
    .literal('consensus')
    .optional()
    .describe('In place of a right answer, what most candidates say (methods A.2, A.6). It is compared with the next one.'),
  aggregate: aggregate.optional(),
});
type Task = RewardTask<ConfigOf<'reference'>, z.output<typeof options>>;

const SCALES = { logit: LOGIT, probability: PROBABILITY, unknown: UNBOUNDED } as const;

/** Each is a call with all candidates in it: more would not fit beside each other in a Worker. */
const REFERENCES_AT_ONCE = 8;

/** What a classifier makes of prompt, right answer and candidate: POLAR, a verifier (methods B.12). */
export const reference = defineReward({
  kind: 'reference',
  title: 'A classifier compares a candidate with a right answer.',
  options,
  readings: ({ options }, { references }) => (options.reference === 'consensus' ? 2 : references.length),
  dependsOn: ({ options }) => (options.reference === 'consensus' ? 'set' : 'text'),
  scale: ({ config }) => SCALES[config.output],
  cost: 'one reading of prompt, right answer and text each, for each right answer',
  refuse(named, subject, param) {
    refuseUnread(named, named.config.backend, 'score', param);
    if (named.options.reference === undefined) refuseWithoutReference(named, subject, param);
  },
  *score(task) {
    if (task.options.reference === 'consensus') return yield* againstConsensus(task);
    const { candidates, subject, config, options } = task;
    const byReference: Score[][] = [];
    for (let start = 0; start < subject.references.length; start += REFERENCES_AT_ONCE) {
      const some = subject.references.slice(start, start + REFERENCES_AT_ONCE);
      byReference.push(...(yield* together(some.map((right) => against(task, right, candidates)))));
    }
    return candidates.map((_, place) =>
      aggregated(
        byReference.map((scores) => scores[place]!),
        options.aggregate ?? config.aggregate,
      ),
    );
  },
});

function* against(task: Task, right: string, candidates: readonly Prefix[]): Asking<Score[]> {
  const { config } = task;
  const laidOut = layOut(config.layout, { prompt: promptText(task.prompt), reference: right });
  const texts = candidates.map(({ text }) => laidOut?.textOf(text) ?? null);
  const readable = candidates.flatMap(({ id }, place) => (texts[place] === null ? [] : [{ id, text: texts[place]! }]));
  if (!laidOut || readable.length === 0) return candidates.map(() => ({ ok: false, reason: 'holds_mark' }));
  const scores = yield* readScores({ ...task, prompt: laidOut.prompt }, readable, referenceScore);
  const left = (scores.length === readable.length ? scores : []).values(); // never zip to the shorter
  return texts.map((text) => (text === null ? { ok: false, reason: 'holds_mark' } : (left.next().value ?? MISSING)));
}

const MISSING: Score = { ok: false, reason: 'backend_error' };

/** A text that was cut says so: its score is of another text (methods B.12). */
function referenceScore(raw: RawScore): Score {
  if (!raw.ok) return { ok: false, reason: raw.reason };
  return scoreOf(raw.value, raw.truncated === undefined ? {} : { truncated: raw.truncated });
}

/** The one that stands in is scored against the next in line; all others against it. */
function* againstConsensus(task: Task): Asking<Score[]> {
  const { candidates, subject } = task;
  const places = pseudoReferences(candidates, subject.answer);
  if (typeof places === 'string') return candidates.map(() => ({ ok: false, reason: places }));
  const used = [...new Set(places)];
  const groups = yield* together(
    used.map((right) =>
      against(
        task,
        candidates[right]!.text,
        candidates.filter((_, place) => places[place] === right),
      ),
    ),
  );
  const left = groups.map((scores) => scores.values());
  return places.map((right): Score => {
    const score = left[used.indexOf(right)]!.next().value ?? MISSING;
    return { ...score, detail: { ...score.detail, against: candidates[right]!.id } };
  });
}
