import type { RawScore, ScoreRequest, ScoreResponse } from '../../schemas/backend.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { encodePrompt } from '../tokens/prompt.ts';
import { encodeText } from '../tokens/text.ts';
import { batches } from './edge-onnx/batches.ts';
import { type EdgeBundle, type EdgeModel, EdgeModels } from './edge-onnx/models.ts';
import type { BackendPort } from './port.ts';

// Tokens of one run, padding included. More are no faster in wasm: a text of 128 takes 11 ms alone and in a batch. But a run
// of 8,192 grows the wasm memory to 144 MiB, where a Worker has 128 for all, and nobody else has a turn until it ends.
const BATCH_TOKENS = 512;
// Texts that are tokenised in one turn of the event loop.
const ENCODED_AT_ONCE = 128;

/** What a score says, whoever it is of. */
type Scored = { ok: true; value: number; tokens: number } | Failed;
type Failed = { ok: false; reason: string };

/** A text to be read, prompt and text joined. */
interface Row {
  readonly text: string;
  readonly ids: readonly number[];
}

/** Outcome reward models that run inside the Worker. They write nothing, and need no backend. */
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
      models.bundled.map(({ name, context, template, fingerprint }) => ({
        name,
        kind: 'outcome',
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
  const prompt = encodePrompt(model, request.prompt);
  const texts = new Set(request.candidates.map(({ text }) => text));
  const scored = new Map<string, Scored>();
  const rows: Row[] = [];
  for (const [index, text] of [...texts].entries()) {
    if (index % ENCODED_AT_ONCE === ENCODED_AT_ONCE - 1) await nextTurn();
    const row = unwanted(deadline, signal) ?? readable(model, prompt, text);
    if ('ids' in row) rows.push(row);
    else scored.set(text, row);
  }
  for (const [index, batch] of batches(rows, BATCH_TOKENS).entries()) {
    if (index > 0) await nextTurn();
    const failed = unwanted(deadline, signal);
    const results = failed ? batch.map(() => failed) : await read(model, batch);
    for (const [place, { text }] of batch.entries()) scored.set(text, results[place]!);
  }
  return answer(request, scored);
}

function readable(model: EdgeModel, prompt: readonly number[], text: string): Row | Failed {
  try {
    return { text, ids: encodeText(model, prompt, text) };
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

async function read({ session, padding }: EdgeModel, batch: readonly Row[]): Promise<Scored[]> {
  const rows = batch.map(({ ids }) => ids);
  try {
    const values = await session.run(rows, padding);
    return values.map((value, place) =>
      Number.isFinite(value)
        ? { ok: true, value, tokens: rows[place]!.length }
        : { ok: false, reason: `The reward model gave ${value}.` },
    );
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return batch.map(() => ({ ok: false, reason }));
  }
}

/** Between two batches others have their turn, a caller who left is noticed, and the clock of a Worker goes on. */
const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

function answer({ candidates }: ScoreRequest, scored: ReadonlyMap<string, Scored>): ScoreResponse {
  const read = [...scored.values()].filter((result) => result.ok);
  const tokens = read.reduce((sum, result) => sum + result.tokens, 0);
  const scores = candidates.map(({ id, text }): RawScore => ({ id, ...scored.get(text)! }));
  return { scores, usage: { calls: 1, candidates: read.length, tokens } };
}
