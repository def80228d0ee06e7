/** `npm run bench:accuracy`: accuracy against tokens of every method, on held-out problems, through the HTTP API. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, onInterrupt } from '../../bin/command.ts';
import { CannotStart, readSettings, root } from '../../bin/settings.ts';
import { readCount, readOptions } from '../options.ts';
import { measure, type Plan } from './measure.ts';
import { picture } from './picture.ts';
import { readTask, TASKS } from './problems.ts';
import { Progress } from './progress.ts';
import { report } from './report.ts';
import { page } from './table.ts';
import { connect } from './winnow.ts';

const CACHE = join(import.meta.dirname, '.cache');

const FULL: Plan = { tasks: TASKS, problems: Number.POSITIVE_INFINITY, samples: 64, widths: [4, 8, 16] };
const QUICK: Plan = { tasks: TASKS, problems: 30, samples: 16, widths: [8] };

await command(async () => {
  const plan = readPlan();
  const { policies } = readSettings(process.env).config;
  const { puzzles, chains } = policies;
  if (!puzzles || !chains?.answer)
    throw new CannotStart('The config needs the policies `puzzles` and `chains`, the latter with an `answer`.');
  const signal = onInterrupt();
  const winnow = await connect(process.env, signal);
  try {
    const folder = join(CACHE, winnow.identity);
    const progress = new Progress();
    const sets = await measure(plan, { winnow, folder, policies, signal, progress: progress.show });
    progress.show('Computing', 0, 0);
    const reports = sets.map(report);
    const odd = sets.flatMap(({ sampled, searches, tight }) =>
      [...sampled.map(({ line }) => line), ...searches.flatMap(({ lines }) => lines), ...tight].flatMap((line) => line.odd),
    );
    for (const oddity of new Set(odd)) console.error(`odd: ${oddity}`);
    const whole = plan === FULL;
    const text = page(reports, { minUseful: puzzles.min_useful_tokens, odd: new Set(odd).size, identity: winnow.identity, plan });
    const out = whole ? join(root, 'docs') : folder;
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'accuracy.md'), text);
    writeFileSync(join(out, 'accuracy.svg'), picture(reports));
    console.log(text);
    console.error(`Written: accuracy.md and accuracy.svg in ${out}`);
  } finally {
    await winnow.stop();
  }
});

function readPlan(): Plan {
  const { quick, only, problems } = readOptions({
    quick: { type: 'boolean' },
    only: { type: 'string' },
    problems: { type: 'string' },
  });
  const given: Plan = quick ? QUICK : FULL;
  if (only === undefined && problems === undefined) return given;
  return {
    ...given,
    ...(only === undefined ? {} : { tasks: [readTask(only)] }),
    ...(problems === undefined ? {} : { problems: readCount('--problems', problems) }),
  };
}
