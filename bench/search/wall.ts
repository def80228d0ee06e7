/**
 * Wall time of a 4 x 4 beam search over 6 steps of 8 tokens, scored by the process reward, against one plain sampling of as
 * many tokens, both through the HTTP API of a running Winnow; the search in either place.
 *
 *     node bench/search/wall.ts [--repeats 15]
 *
 * At a temperature of 2 hardly an answer ends by itself, so that both write all of their tokens. Ratios are of medians.
 */
import { parseArgs } from 'node:util';
import { command, onInterrupt } from '../../bin/command.ts';
import { type RunAnswer, runAnswer } from '../../schemas/run.ts';
import { table } from '../accuracy/cells.ts';
import { readProblems } from '../accuracy/problems.ts';
import { connect } from '../accuracy/winnow.ts';

const STEPS = 6;
const STEP_TOKENS = 8;
const ROWS = 16;

await command(async () => {
  const { values } = parseArgs({ options: { repeats: { type: 'string', default: '15' } } });
  const signal = onInterrupt();
  const winnow = await connect(process.env, signal);
  try {
    const [problem] = readProblems('puzzles', 1);
    const task = { model: 'puzzles', prompt: problem!.prompt };
    const sampling = { temperature: 2, max_tokens: STEPS * STEP_TOKENS };
    const beam = {
      ...task,
      sampling,
      step: { tokens: STEP_TOKENS },
      options: { keep: 4, branch: 4, max_steps: STEPS, min_completed: 256 },
      rewards: [],
      selection: { rule: 'argmax', reward: 'process' },
    };
    const plain = { ...task, sampling, n: ROWS, rewards: [], selection: 'argmax' };
    const contestants: Record<string, (seed: number) => Promise<RunAnswer>> = {
      'plain sampling': (seed) => post('/v1/best-of-n', plain, seed),
      'beam search next to the models': (seed) => post('/v1/search', { ...beam, execution: 'backend' }, seed),
      'beam search in the Worker': (seed) => post('/v1/search', { ...beam, execution: 'edge' }, seed),
    };
    const post = (path: string, body: { readonly sampling: object; readonly [member: string]: unknown }, seed: number) =>
      winnow.post(path, { ...body, sampling: { ...body.sampling, seed } }, runAnswer, signal);
    const taken = new Map(Object.keys(contestants).map((name) => [name, { ms: [] as number[], tokens: [] as number[] }]));
    for (let repeat = -2; repeat < Number(values.repeats); repeat++)
      for (const [name, run] of Object.entries(contestants)) {
        const began = performance.now();
        const { usage } = await run(1000 + repeat);
        if (repeat < 0) continue; // the first ones warm up
        taken.get(name)!.ms.push(performance.now() - began);
        taken.get(name)!.tokens.push(usage.completion_tokens ?? 0);
      }
    const perToken = ({ ms, tokens }: { ms: number[]; tokens: number[] }) =>
      median(ms.map((time, place) => time / tokens[place]!));
    const base = perToken(taken.get('plain sampling')!);
    console.log(
      table(
        ['', 'tokens', 'ms', 'time a token, of plain sampling'],
        [...taken].map(([name, own]) => [
          name,
          median(own.tokens).toFixed(0),
          median(own.ms).toFixed(0),
          (perToken(own) / base).toFixed(2),
        ]),
      ),
    );
  } finally {
    await winnow.stop();
  }
});

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
