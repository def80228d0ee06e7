import type { GenerateLine, GenerateRequest } from '../schemas/backend.ts';
import { WinnowError } from '../schemas/errors.ts';
import type { StepRule } from '../schemas/step.ts';
import type { KnownSteps } from '../src/answers/step-count.ts';
import { stepPatternProblem } from '../src/answers/steps.ts';
import type { BackendPort } from '../src/backends/port.ts';
import { encodePrompt } from '../src/tokens/prompt.ts';
import { Algebra } from './algebra/algebra.ts';
import { embed } from './embedding.ts';
import { type Branch, candidateIds, type Generation } from './engine/call.ts';
import type { Engine } from './engine/engine.ts';
import { LineQueue } from './line-queue.ts';
import { logprobs } from './logprobs.ts';
import type { Models } from './models.ts';
import { PieceLines } from './piece-lines.ts';
import { continuationTokens, readerOf } from './reader.ts';
import { CandidateScorer, score } from './scoring.ts';
import { tensors } from './tensors.ts';

/** The models of this process behind the interface of every backend. */
export function localPort(models: Models): BackendPort {
  const algebra = new Algebra();
  return {
    generate: (request, signal) => generate(models, request, signal),
    score: (request, signal) => score(models, request, signal),
    logprobs: (request, signal) => logprobs(models.engine(request.model), request, signal),
    embed: (request, signal) => embed(models, request, signal),
    tensors: (request) => tensors(models, request),
    equivalence: (request, signal) => algebra.equivalence(request, signal),
    models: async () => models.list(),
    ready: async () => true,
  };
}

/** @throws WinnowError at once where the request cannot be served; afterwards a failure is a line */
function generate(models: Models, request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateLine> {
  const engine = models.engine(request.model);
  const lines = new LineQueue<GenerateLine>();
  const pieces = request.pieces ? new PieceLines((line) => lines.push(line)) : null;
  const generation = { ...generationOf(engine, request, signal), onPiece: pieces?.add };
  const tell = (line: GenerateLine) => lines.push(line);
  const scores =
    request.reward === undefined ? null : new CandidateScorer(models.scorer(request.reward, 'reward'), request, generation, tell);
  const usage = engine.generate(generation, (ended) => {
    pieces?.end(ended.ok ? ended.line.id : ended.id);
    if (!ended.ok) return lines.push({ type: 'error', id: ended.id, code: 'internal_error', message: ended.message });
    lines.push(ended.line);
    if (ended.line.token_count > 0) scores?.ended(ended.line);
  });
  usage
    .then(async (spent) => {
      const scored = scores ? { scored: await scores.finish() } : {};
      lines.push({ type: 'done', usage: { ...spent }, fingerprint: engine.model.fingerprint, ...scored });
      lines.end();
    })
    .catch((cause) => lines.fail(cause))
    .finally(() => pieces?.close());
  return lines;
}

interface Given {
  readonly text: string;
  readonly tokens: readonly number[];
}

/** @throws `invalid_value` for steps that the text cannot have */
function checkSteps({ text: { length }, tokens }: Given, steps: KnownSteps, param: string): void {
  const { open, open_tokens: openTokens, text_ends: ends = [] } = steps;
  if (open > length) {
    const message = `steps.open is ${open}, and the text has ${length} UTF-16 code units. Give 0 to ${length}.`;
    throw new WinnowError('invalid_value', message, { param: `${param}.open` });
  }
  if (openTokens > tokens.length) {
    const message = `steps.open_tokens is ${openTokens}, and the text has ${tokens.length} tokens. Give 0 to ${tokens.length}.`;
    throw new WinnowError('invalid_value', message, { param: `${param}.open_tokens` });
  }
  const wrong = ends.findIndex((end, place) => end > length - open || end <= (ends[place - 1] ?? 0));
  if (wrong >= 0) {
    const message = `Step ${wrong} ends at ${ends[wrong]}. Ends ascend, up to ${length - open}, where the open step begins.`;
    throw new WinnowError('invalid_value', message, { param: `${param}.text_ends[${wrong}]` });
  }
}

/** Marks that are special tokens: they read as nothing, and are known by their ids. */
function silentMarks({ model: { tokenizer } }: Engine, { marks = [] }: StepRule): ReadonlySet<number> | undefined {
  const ids = marks.flatMap((mark) => tokenizer.idOf(mark) ?? []).filter((id) => tokenizer.decode([id]) === '');
  return ids.length === 0 ? undefined : new Set(ids);
}

function generationOf(engine: Engine, request: GenerateRequest, signal: AbortSignal): Generation {
  const problem = stepPatternProblem(request.step);
  if (problem !== null) throw new WinnowError('invalid_value', problem, { param: 'step.pattern' });
  const reader = readerOf(engine);
  const prompt = encodePrompt(reader, request.prompt);
  const branches = request.prefixes.map((prefix, index): Branch => {
    const param = `prefixes[${index}]`;
    if (prefix.resume && prefix.count !== 1) {
      throw new WinnowError('invalid_value', `A resumed candidate goes on once; count is ${prefix.count}.`, {
        param: `${param}.count`,
      });
    }
    const tokens = continuationTokens(reader, prompt, prefix, param);
    if (prefix.steps) checkSteps({ text: prefix.text, tokens }, prefix.steps, `${param}.steps`);
    return {
      id: prefix.id,
      text: prefix.text,
      tokens,
      count: prefix.count,
      firstChild: prefix.first_child,
      maxTokens: prefix.max_tokens,
      steps: prefix.steps,
      resume: prefix.resume === true,
    };
  });
  refuseTwins(branches);
  return {
    prompt,
    branches,
    until: request.until,
    step: request.step,
    markTokens: silentMarks(engine, request.step),
    sampling: request.sampling,
    topLogprobs: request.top_logprobs,
    seed: request.seed,
    deadline: performance.now() + request.deadline_ms,
    signal,
    priority: request.priority,
    ignoreEnd: request.ignore_eos,
  };
}

/** Two candidates of one id would share a random stream and could not be told apart. */
function refuseTwins(branches: readonly Branch[]): void {
  const seen = new Set<string>();
  for (const [index, branch] of branches.entries()) {
    for (const id of candidateIds(branch)) {
      if (seen.has(id))
        throw new WinnowError('invalid_value', `Two candidates would have the id ${id}.`, { param: `prefixes[${index}]` });
      seen.add(id);
    }
  }
}
