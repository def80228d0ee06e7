/** How many rows a search gives each step of the engine: from the backend's own counters, one request at a time. */

import { runAnswer } from '../../schemas/run.ts';
import type { Problem } from '../accuracy/problems.ts';
import type { Winnow } from '../accuracy/winnow.ts';
import { type Asked, bodyOf } from './measure.ts';

export interface RowsPerStep {
  readonly name: string;
  /** Tokens written by each decoding step, mean. */
  readonly rows: number;
  readonly calls: number;
}

export async function rowsPerStep(
  problems: readonly Problem[],
  asked: Asked,
  winnow: Winnow,
  metricsUrl: string,
  signal: AbortSignal,
): Promise<RowsPerStep> {
  const before = await counters(metricsUrl, signal);
  for (const problem of problems)
    await winnow.post(asked.contestant.path, { ...bodyOf(problem, asked), sampling: { seed: 1 } }, runAnswer, signal);
  const after = await counters(metricsUrl, signal);
  return {
    name: asked.contestant.name,
    rows: (after.tokens - before.tokens) / (after.steps - before.steps),
    calls: (after.calls - before.calls) / problems.length,
  };
}

async function counters(url: string, signal: AbortSignal): Promise<{ tokens: number; steps: number; calls: number }> {
  const text = await (await fetch(`${url}/metrics`, { signal })).text();
  const sum = (pattern: RegExp) => [...text.matchAll(pattern)].reduce((total, [, value]) => total + Number(value), 0);
  return {
    tokens: sum(/^winnow_generation_tokens_total\{[^}]*\} (\S+)$/gm),
    steps: sum(/^winnow_step_time_seconds_count\{[^}]*kind="decode"[^}]*\} (\S+)$/gm),
    calls: sum(/^winnow_http_requests_total\{[^}]*route="\/(?:generate|score|run)"[^}]*\} (\S+)$/gm),
  };
}
