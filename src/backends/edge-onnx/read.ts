import { readOut } from '../../tokens/readout.ts';
import type { RewardInput } from '../../tokens/reward-row.ts';
import type { EdgeModel } from './models.ts';

/** Numbers of each row, in order: of an outcome model one, of a process model one a step. They may be NaN. */
export async function readRows(model: EdgeModel, rows: readonly RewardInput[]): Promise<number[][]> {
  const { session, padding, readout, kind } = model;
  const logits = await session.run(rows, padding);
  const longest = Math.max(...rows.map(({ ids }) => ids.length));
  return rows.map(({ ids, stepEnds }, row) => {
    const own = logits[row]!;
    if (kind === 'outcome') return [readOut(own, readout)];
    const labels = own.length / longest;
    const first = padding.side === 'left' ? longest - ids.length : 0;
    return stepEnds.map((end) => readOut(own.subarray((first + end) * labels, (first + end + 1) * labels), readout));
  });
}
