import type { RawScore, ScoreRequest, ScoreResponse } from '../../schemas/backend.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { finiteSteps } from '../tokens/finite-steps.ts';
import { checkSteps, type RewardReader, rewardReader } from '../tokens/reward-input.ts';
import type { Cut } from '../tokens/truncation.ts';
import { batches } from './edge-onnx/batches.ts';
import { type EdgeBundle, type EdgeModel, EdgeModels } from './edge-onnx/models.ts';
import { readRows } from './edge-onnx/read.ts';
import type { BackendPort } from './port.ts';

// Tokens of one run, padding included. More are no faster in wasm: a text of 128 takes 11 ms alone and in a batch. But a run
// of 8,192 grows the wasm memory to 144 MiB, where a Worker has 128 for all, and nobody else has a turn until it ends.
const BATCH_TOKENS = 512;
// Characters that are tokenised in one turn of the event loop, about 10 ms.
const ENCODED_AT_ONCE = 8192;

/** What a score says, whoever it is of. */
type Scored = { ok: true; value: number; steps?: number[]; tokens: number; truncated?: number } | Failed;
type Failed = { ok: false; reason: string; steps?: (number | null)[] };

/** A text to be read, prompt and text joined; `key` is what it shares with equal texts. */
interface Row {
  readonly key: string;
  readonly input: Cut;
}

/** Reward models that run inside the Worker. They write nothing, and need no backend. */
export function edgeOnnx(bundle: EdgeBundle): BackendPort {
  const models = new EdgeModels(bundle);
  return {
    generate() {
      throw new WinnowError(
        'capability_missing',
        'A backend of kind edge_onnx scores and writes nothing. Give the policy another backend in winnow.config.json.',
        { param: 'model' },
      );
    },
    score: async (request, signal) => score(await models.load(request.model), request, signal),
    models: async () =>
      models.bundled.map(({ name, kind, context, template, fingerprint }) => ({
        name,
        kind,
        context,
        chat_template: template !== null,
        fingerprint,
      })),
    ready: () =>
      Promise.all(models.bundled.map(({ name }) => models.load(name))).then(
        () => true,
        () => false,
      ),
  };
}

/** Scores given texts; equal ones once. A text that cannot be read fails alone. */
async function score(model: EdgeModel, request: ScoreRequest, signal: AbortSignal): Promise<ScoreResponse> {
  const deadline = performance.now() + request.deadline_ms;
  const reader = rewardReader(model, request.prompt, request.truncate);
  checkSteps(request);
  const texts = new Map(request.candidates.map((candidate) => [keyOf(candidate), candidate]));
  const scored = new Map<string, Scored>();
  const rows: Row[] = [];
  let encoded = 0;
  for (const [key, { text, steps }] of texts) {
    encoded += text.length;
    if (encoded >= ENCODED_AT_ONCE) {
      encoded = 0;
      await nextTurn();
    }
    const input = unwanted(deadline, signal) ?? readable(reader, text, steps);
    if ('ids' in input) rows.push({ key, input });
    else scored.set(key, input);
  }
  const limits = { most: BATCH_TOKENS, equal: model.padding.side === 'equal' };
  for (const [index, batch] of batches(rows, limits).entries()) {
    if (index > 0) await nextTurn();
    const failed = unwanted(deadline, signal);
    const results = failed ? batch.map(() => failed) : await read(model, batch);
    for (const [place, { key }] of batch.entries()) scored.set(key, results[place]!);
  }
  return answer(model, request, scored);
}

/** Equal texts cut into equal steps are read once. */
const keyOf = ({ text, steps }: ScoreRequest['candidates'][number]): string => JSON.stringify(steps ?? text);

function readable(reader: RewardReader, text: string, steps: readonly string[] | undefined): Cut | Failed {
  try {
    return reader(text, steps);
  } catch (cause) {
    if (!(cause instanceof WinnowError)) throw cause;
    return { ok: false, reason: cause.message };
  }
}

/** Why no more is to be read, for the texts that still wait. */
function unwanted(deadline: number, signal: AbortSignal): Failed | null {
  if (signal.aborted) return { ok: false, reason: 'The caller left.' };
  if (performance.now() >= deadline) return { ok: false, reason: 'The time of the request was up before this text was scored.' };
  return null;
}

async function read(model: EdgeModel, batch: readonly Row[]): Promise<Scored[]> {
  const inputs = batch.map(({ input }) => input);
  try {
    const numbers = await readRows(model, inputs);
    return inputs.map((input, place) => scoreOf(model, input, numbers[place]!));
  } catch (cause) {
    console.error(cause); // the runtime's words name nodes of the graph: they are for the log
    return batch.map(() => ({ ok: false, reason: 'The reward model failed; the log of the Worker says how.' }));
  }
}

function scoreOf({ kind }: EdgeModel, { ids, truncated }: Cut, values: number[]): Scored {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  const ofSteps = kind === 'process';
  if (wrong >= 0)
    return { ok: false, reason: `The reward model gave ${values[wrong]}.`, ...(ofSteps ? { steps: finiteSteps(values) } : {}) };
  const steps = ofSteps ? { steps: values } : {};
  return { ok: true, value: values.at(-1)!, ...steps, tokens: ids.length, ...(truncated > 0 ? { truncated } : {}) };
}

/** Between two batches others have their turn, a caller who left is noticed, and the clock of a Worker goes on. */
const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

function answer({ fingerprint }: EdgeModel, { candidates }: ScoreRequest, scored: ReadonlyMap<string, Scored>): ScoreResponse {
  const read = [...scored.values()].filter((result) => result.ok);
  const tokens = read.reduce((sum, result) => sum + result.tokens, 0);
  const scores = candidates.map((candidate): RawScore => ({ id: candidate.id, ...scored.get(keyOf(candidate))! }));
  return { scores, fingerprint, usage: { calls: 1, candidates: read.length, tokens } };
}
