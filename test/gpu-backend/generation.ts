import type { Branch, Ended, EngineUsage, Generation } from '../../gpu-backend/engine/call.ts';
import { Engine, type EngineLimits } from '../../gpu-backend/engine/engine.ts';
import type { EngineObserver } from '../../gpu-backend/engine/observer.ts';
import type { CandidateLine } from '../../schemas/backend.ts';
import { characters, type HistoryModelOptions, historyModel } from './history-model.ts';

export const encode = (text: string): number[] => characters.encode(text);

/** An engine over a model whose logits depend on all that a row has read. */
export function historyEngine(options: HistoryModelOptions & Partial<EngineLimits> & { observer?: EngineObserver } = {}) {
  const model = historyModel(options);
  const { slots = 8, maxWaiting = 1000, maxKvBytes = 1 << 22, observer } = options;
  const engine = new Engine(model, { slots, maxWaiting, maxKvBytes }, observer);
  return { engine, model };
}

export function branch(changes: Partial<Branch> = {}): Branch {
  const text = changes.text ?? '';
  return { id: '0', text, tokens: encode(text), count: 1, firstChild: 0, maxTokens: 20, resume: false, ...changes };
}

export function generation(changes: Partial<Generation> = {}): Generation {
  return {
    prompt: encode('a prompt.'),
    branches: [branch()],
    until: 'end',
    step: { delimiter: '\n', max_tokens: 100 },
    sampling: { temperature: 1, top_p: 1, top_k: 0, min_p: 0, max_tokens: 100, stop: [] },
    topLogprobs: undefined,
    seed: 1,
    deadline: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    ...changes,
  };
}

export interface Written {
  readonly ended: readonly Ended[];
  /** By id. */
  readonly lines: Readonly<Record<string, CandidateLine>>;
  readonly usage: EngineUsage;
}

/** Runs a generation to its end. */
export async function write(engine: Engine, asked: Generation): Promise<Written> {
  const ended: Ended[] = [];
  const usage = await engine.generate(asked, (end) => ended.push(end));
  const lines = Object.fromEntries(ended.flatMap((end) => (end.ok ? [[end.line.id, end.line]] : [])));
  return { ended, lines, usage };
}
