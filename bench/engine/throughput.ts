/** Tokens a second of each engine for the same prompts, in turn, so that what else runs on the machine slows all of them. */
import type { Writer } from './peers.ts';
import { PROMPT_TOKENS, promptOf } from './prompts.ts';
import { median, spread, table } from './statistics.ts';

export const NEW_TOKENS = 64;

export interface Measured {
  readonly label: string;
  /** Tokens a second, prompt included, by rows. */
  readonly rates: ReadonlyMap<number, readonly number[]>;
  /** Why it has none, by rows. */
  readonly failures: ReadonlyMap<number, string>;
}

/** @throws Error where an engine read another number of tokens than was meant, or wrote fewer */
export async function throughput(writers: readonly Writer[], rowCounts: readonly number[], runs: number): Promise<Measured[]> {
  const measured = writers.map(({ label }) => ({
    label,
    rates: new Map<number, number[]>(),
    failures: new Map<number, string>(),
  }));
  let prompt = 0;
  for (const rows of rowCounts) {
    for (let run = -1; run < runs; run++, prompt++) {
      for (const [index, writer] of writers.entries()) {
        const { rates, failures } = measured[index]!;
        if (failures.has(rows)) continue;
        const rate = await rateOf(writer, prompt, rows);
        if (typeof rate === 'string') failures.set(rows, rate);
        else if (run >= 0) rates.set(rows, [...(rates.get(rows) ?? []), rate]); // the first run warms up
      }
      console.error(`  ${rows} rows, run ${run + 1} of ${runs}`);
    }
  }
  return measured;
}

async function rateOf(writer: Writer, prompt: number, rows: number): Promise<number | string> {
  const answer = await writer.write({ prompt: promptOf(prompt), rows, tokens: NEW_TOKENS });
  if (typeof answer === 'string') return answer;
  if (answer.promptTokens !== PROMPT_TOKENS || answer.tokens !== rows * NEW_TOKENS) {
    throw new Error(
      `${writer.label} read ${answer.promptTokens} and wrote ${answer.tokens} tokens; ${PROMPT_TOKENS} and ${rows * NEW_TOKENS} were meant.`,
    );
  }
  return (1000 * answer.tokens) / answer.ms;
}

/** The first engine's rate over each other one's, then the rates. */
export function throughputTable([ours, ...peers]: readonly Measured[], rowCounts: readonly number[]): string {
  if (!ours) return '';
  const rate = (measured: Measured, rows: number) => measured.rates.get(rows) ?? [];
  const cells = (measured: Measured, rows: number) => {
    const failure = measured.failures.get(rows);
    return failure ? `failed: ${failure.slice(0, 60)}` : spread(rate(measured, rows));
  };
  const heading = [
    'rows',
    ...peers.map(({ label }) => `to ${label}`),
    ...[ours, ...peers].map(({ label }) => `${label}, tokens/s`),
  ];
  const rows = rowCounts.map((count) => [
    String(count),
    ...peers.map((peer) => ratio(rate(ours, count), rate(peer, count))),
    ...[ours, ...peers].map((measured) => cells(measured, count)),
  ]);
  return table(heading, rows);
}

/** `5.2x`: ours over theirs, by medians; `-` where one has no figure. */
export function ratio(ours: readonly number[], theirs: readonly number[]): string {
  return ours.length === 0 || theirs.length === 0 ? '-' : `${(median(ours) / median(theirs)).toFixed(2)}x`;
}
