import { z } from 'zod';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import { type Features, features, type TensorConfig, type TensorSource } from '../../schemas/rewards/tensor.ts';
import type { TensorsRequest, WireTensor } from '../../schemas/tensors.ts';
import type { Asking, Score } from '../operation.ts';
import { read } from '../operation.ts';
import { type ConfigOf, defineReward, LOGIT, PROBABILITY, type RewardTask, UNBOUNDED } from './define.ts';
import { refuseUnread } from './model-needs.ts';
import { promptText } from './prompt-text.ts';
import { readVectors } from './read-vectors.ts';
import { scoreOf } from './references.ts';
import { measured } from './text-measures.ts';

const options = z.strictObject({ features: features.optional() });
type Task = RewardTask<ConfigOf<'tensor'>, z.output<typeof options>>;

const SCALES = { logit: LOGIT, probability: PROBABILITY, unknown: UNBOUNDED } as const;

/** A number of any ONNX graph: texts are counted or embedded, features come with the request (methods H.0). */
export const tensor = defineReward({
  kind: 'tensor',
  title: 'A number of any ONNX graph.',
  options,
  // rows for each candidate belong to the whole set, in its order
  dependsOn: ({ options }) => (Object.values(options.features ?? {}).some(isByCandidate) ? 'set' : 'text'),
  scale: ({ config }) => SCALES[config.output],
  cost: 'one run of the graph for each max_rows candidates, and one embedding of each text where it reads those',
  readings: ({ config }, _subject, candidates) =>
    Object.values(config.inputs).filter(({ from }) => from === 'embedding').length + Math.ceil(candidates / config.max_rows),
  refuse(named, _subject, param) {
    const { config, options } = named;
    for (const source of Object.values(config.inputs)) {
      if (source.from === 'embedding') refuseUnread(named, config.backend, 'embed', param);
      if (source.from === 'features') refuseWithout(named.name, source.name, options.features, param);
    }
    refuseUnread(named, config.backend, 'tensors', param);
  },
  *score(task) {
    const columns: [name: string, rows: readonly Row[]][] = [];
    for (const [name, source] of Object.entries(task.config.inputs)) columns.push([name, yield* rowsOf(source, task)]);
    const failures = task.candidates.map((_, place) =>
      columns.map(([, rows]) => rows[place]!).find((row) => typeof row === 'string'),
    );
    const places = failures.flatMap((failure, place) => (failure === undefined ? [place] : []));
    const scores = (yield* run(task, columns as [string, readonly (readonly number[])[]][], places)).values();
    return failures.map((failure) =>
      typeof failure === 'string' ? { ok: false, reason: failure } : (scores.next().value ?? MISSING),
    );
  },
});

const MISSING: Score = { ok: false, reason: 'backend_error' };

/** Numbers of one candidate, or why there are none. */
type Row = readonly number[] | string;

const isByCandidate = (given: Features[string]): given is number[][] => Array.isArray(given[0]);

function refuseWithout(reward: string, name: string, given: Features | undefined, param: string): void {
  if (given && Object.hasOwn(given, name)) return;
  const message = `The reward ${quoted(reward)} reads the features ${quoted(name)}, and the request brings none. Give {"name": ${quoted(reward)}, "features": {${quoted(name)}: [...]}}.`;
  throw new WinnowError('capability_missing', message, { param });
}

function* rowsOf(source: TensorSource, task: Task): Asking<readonly Row[]> {
  const { candidates, prompt, config, options } = task;
  switch (source.from) {
    case 'measures':
      return candidates.map((candidate) => measured(source.measures, candidate, promptText(prompt)));
    case 'features': {
      const given = options.features?.[source.name] ?? [];
      if (!isByCandidate(given)) return candidates.map(() => given);
      // a search scores sets that no request can have rows for
      return candidates.map((_, place) => (given.length === candidates.length ? given[place]! : 'features_of_other_candidates'));
    }
    case 'embedding': {
      const embedder = { name: task.name, config: { backend: config.backend, model: source.model } };
      const ofPrompt = source.of === 'prompt';
      const vectors = yield* readVectors(embedder, ofPrompt ? [promptText(prompt)] : candidates.map(({ text }) => text));
      return candidates.map((_, place) => {
        const vector = vectors[ofPrompt ? 0 : place]!;
        return vector.ok ? Array.from(vector.values) : vector.reason;
      });
    }
  }
}

/** Scores of the candidates at these places, in calls of `max_rows`. */
function* run(
  { name, config }: Task,
  columns: readonly (readonly [string, readonly (readonly number[])[]])[],
  places: readonly number[],
): Asking<Score[]> {
  const scores: Score[] = [];
  for (let start = 0; start < places.length; start += config.max_rows) {
    const asked = places.slice(start, start + config.max_rows);
    const inputs = Object.fromEntries(
      columns.map(([input, rows]) => [
        input,
        tensorOf(
          asked.map((place) => rows[place]!),
          config,
        ),
      ]),
    );
    if (Object.values(inputs).includes(null)) {
      scores.push(...asked.map((): Score => ({ ok: false, reason: 'rows_of_other_lengths' })));
      continue;
    }
    const request: TensorsRequest = { model: config.model, inputs: inputs as Record<string, WireTensor> };
    const result = yield* read<'tensors'>({ reading: 'tensors', backend: config.backend, reward: name, request });
    scores.push(
      ...(result.ok
        ? scoresOf(result.response.outputs, asked.length, config)
        : asked.map((): Score => ({ ok: false, reason: result.reason }))),
    );
  }
  return scores;
}

/** Rows as [rows, numbers]; null where they are of several lengths. */
function tensorOf(rows: readonly (readonly number[])[], { type }: TensorConfig): WireTensor | null {
  const width = rows[0]!.length;
  return rows.every(({ length }) => length === width) ? { type, shape: [rows.length, width], data: rows.flat() } : null;
}

/** The wanted number of each row of the output: [rows] or [rows, ...]. */
function scoresOf(outputs: Readonly<Record<string, WireTensor>>, rows: number, config: TensorConfig): Score[] {
  const output = Object.hasOwn(outputs, config.output_name) ? outputs[config.output_name] : undefined;
  const fail = (reason: string): Score[] => Array.from({ length: rows }, () => ({ ok: false, reason }));
  if (!output) return fail('no_such_output');
  const { data, shape } = output;
  if (typeof data === 'string') return fail('output_of_16_bits');
  const width = data.length / rows;
  if ((shape[0] ?? 0) !== rows || config.output_index >= width) return fail('output_of_another_shape');
  return Array.from({ length: rows }, (_, row) => scoreOf(signed(Number(data[row * width + config.output_index]), config)));
}

function signed(value: number, { lower_is_better: lower, output }: TensorConfig): number {
  if (!lower) return value;
  return output === 'probability' ? 1 - value : -value;
}
