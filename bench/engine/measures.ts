/** What Winnow is measured by alone: the prompt's cost, a search's, scoring in batches, growth with the number of candidates. */
import { mulberry32 } from '../../src/random.ts';
import { beamCost } from './beam.ts';
import { promptOf } from './prompts.ts';
import { median, spread, table } from './statistics.ts';
import { NEW_TOKENS } from './throughput.ts';
import type { Winnow } from './winnow.ts';

const TEXTS = 64;
const LONGEST = 200; // the embedded reward reads 256 tokens; a digit is one

/** Time to one token each of 64 candidates against that of one: 64 are drawn from one reading of the prompt. */
export async function promptCost(winnow: Winnow, runs: number): Promise<string> {
  const times = new Map<number, number[]>([1, 64].map((rows) => [rows, []]));
  for (let run = -1; run < runs; run++) {
    for (const [index, rows] of [1, 64].entries()) {
      const prompt = { text: promptOf(40 + 2 * (run + 1) + index) };
      const { ms } = await winnow.generate({ prompt }, rows, 1);
      if (run >= 0) times.get(rows)!.push(ms);
    }
  }
  const [one, many] = [times.get(1)!, times.get(64)!];
  return table(
    ["the prompt's cost", 'at N = 64 to N = 1', 'N = 1, ms', 'N = 64, ms'],
    [['first token of all', `${(median(many) / median(one)).toFixed(2)}x`, spread(one, 1), spread(many, 1)]],
  );
}

export async function searchCost(winnow: Winnow): Promise<string> {
  const { processed, unique } = await beamCost(winnow, 6);
  const cells = ['4 beams x 4, 6 steps', (processed / unique).toFixed(3), String(processed), String(unique)];
  return table(['search', 'processed / unique', 'processed', 'unique'], [cells]);
}

/** 64 texts of 4 to 200 tokens in one call, and in 64. */
export async function scoringCost(winnow: Winnow, runs: number): Promise<string> {
  const together: number[] = [];
  const alone: number[] = [];
  for (let run = -1; run < runs; run++) {
    const texts = textsOf(run + 1);
    const batched = await winnow.score('Use 3, 7, 12, 20 to make 45.', texts);
    let oneByOne = 0;
    for (const text of texts) oneByOne += await winnow.score('Use 3, 7, 12, 20 to make 45.', [text]);
    if (run < 0) continue;
    together.push(batched);
    alone.push(oneByOne);
  }
  const cells = [`${TEXTS} texts of 4 to ${LONGEST} tokens`, `${(median(alone) / median(together)).toFixed(2)}x`];
  return table(
    ['scoring', 'faster in one call', 'one call, ms', 'one by one, ms'],
    [[...cells, spread(together), spread(alone)]],
  );
}

function textsOf(seed: number): string[] {
  const draw = mulberry32(seed);
  return Array.from({ length: TEXTS }, () => {
    const length = Math.round(4 * (LONGEST / 4) ** draw()); // as many short ones as long ones, by the logarithm
    return Array.from({ length }, () => Math.floor(10 * draw())).join('');
  });
}

/** Time for each candidate, and memory, from 16 candidates to 256. */
export async function growth(winnow: Winnow, counts: readonly number[], runs: number): Promise<string> {
  const rows: string[][] = [];
  let first: { readonly count: number; readonly ms: number; readonly bytes: number } | null = null;
  for (const [index, count] of counts.entries()) {
    const times: number[] = [];
    let bytes = 0;
    for (let run = 0; run < runs; run++) {
      const watch = setInterval(async () => {
        bytes = Math.max(bytes, await winnow.resident().catch(() => 0));
      }, 200);
      const { ms } = await winnow.generate({ prompt: { text: promptOf(70 + index * 5 + run) } }, count, NEW_TOKENS);
      clearInterval(watch);
      bytes = Math.max(bytes, await winnow.resident());
      times.push(ms / count);
    }
    first ??= { count, ms: median(times), bytes };
    const added = (count - first.count) * NEW_TOKENS;
    rows.push([
      String(count),
      `${(median(times) / first.ms).toFixed(2)}x`,
      spread(times, 1),
      `${Math.round(bytes / 2 ** 20)} MB`,
      added > 0 ? `${Math.round((bytes - first.bytes) / added / 1024)} KiB` : '-',
    ]);
  }
  return table(['candidates', `to ${counts[0]}`, 'ms each', 'resident at most', 'more for each live token'], rows);
}
