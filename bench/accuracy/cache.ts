/** What has been measured, one JSON line a problem, so that a run that was killed goes on where it was. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { CannotStart } from '../../bin/settings.ts';

const AT_ONCE = 8; // requests in flight: refinements write one candidate at a time, and together they fill a batch

export interface Work<Item, Line> {
  readonly path: string;
  readonly schema: z.ZodType<Line>;
  readonly measure: (item: Item, signal: AbortSignal) => Promise<Line>;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/**
 * One line an item, in the order of the items: read where the file has it, measured and appended where not. The first
 * failure stops the others; what they had finished is kept.
 *
 * @throws CannotStart where it was interrupted
 */
export async function collect<Item extends { readonly id: string }, Line extends { readonly id: string }>(
  items: readonly Item[],
  { path, schema, measure, signal, progress }: Work<Item, Line>,
): Promise<Line[]> {
  mkdirSync(dirname(path), { recursive: true });
  const known = new Map(readLines(path).map((line) => [idOf(line), line] as const));
  const lines = new Map(items.flatMap(({ id }) => (known.has(id) ? [[id, schema.parse(known.get(id))] as const] : [])));
  const missing = items.filter(({ id }) => !lines.has(id)).values();
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const worker = async () => {
    for (const item of missing) {
      stop.throwIfAborted();
      const line = await measure(item, stop);
      appendFileSync(path, `${JSON.stringify(line)}\n`);
      lines.set(item.id, line);
      progress(lines.size, items.length);
    }
  };
  const guarded = () =>
    worker().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    });
  await Promise.all(Array.from({ length: AT_ONCE }, guarded)).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    throw new CannotStart('Stopped. What was measured is kept: the same command goes on from there.');
  });
  return items.map(({ id }) => lines.get(id)!); // every item is known or was measured
}

/** The whole lines of a file. A last one without its newline was being written when the run was killed: it is cut off. */
function readLines(path: string): unknown[] {
  if (!existsSync(path)) return [];
  const bytes = readFileSync(path);
  const whole = bytes.lastIndexOf('\n') + 1;
  if (whole < bytes.length) truncateSync(path, whole);
  return bytes
    .toString('utf8', 0, whole)
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
}

const idOf = (line: unknown): unknown => (typeof line === 'object' && line !== null && 'id' in line ? line.id : undefined);
