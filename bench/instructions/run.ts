/**
 * Best of 16 by a rule against one sample and greedy, on prompts with checkable constraints: node bench/instructions/run.ts
 * [--prompts N]. Starts Winnow with SmolLM2-135M-Instruct (bench/models/smollm2.sh makes it) on free ports, and ends it. Only
 * the whole run writes docs/rewards/instructions.md.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, onInterrupt } from '../../bin/command.ts';
import { forTests, startWinnow } from '../../bin/running.ts';
import { root } from '../../bin/settings.ts';
import { digest } from '../accuracy/digest.ts';
import { Progress } from '../accuracy/progress.ts';
import { withConfig } from '../config.ts';
import { smollm2 } from '../models/smollm2.ts';
import { readCount, readOptions } from '../options.ts';
import { measure, N, SAMPLING, TIMEOUT_MS } from './measure.ts';
import { type Instructed, prompts } from './prompts.ts';
import { page } from './report.ts';

const configOf = (model: string) => ({
  default_policy: 'smollm2',
  backends: { local: { kind: 'gpu_backend', url: 'http://127.0.0.1:8788' } },
  policies: {
    smollm2: {
      backend: 'local',
      model: 'smollm2',
      instruct: true,
      sampling: { max_tokens: SAMPLING.max_tokens },
      typical_tokens: 120,
    },
  },
  rewards: { rules: { kind: 'rule' } },
  models: { smollm2: { path: model, slots: 2 * N } },
  caps: { max_time_ms: TIMEOUT_MS }, // a time that ran out would cut candidates
});

await command(async () => {
  const given = readOptions({ prompts: { type: 'string' } });
  const asked = given.prompts === undefined ? prompts : prompts.slice(0, readCount('--prompts', given.prompts));
  const signal = onInterrupt();
  await withConfig(configOf(smollm2()), async (config) => {
    const winnow = await startWinnow({ ...forTests({ WINNOW_CONFIG: config }), signal });
    try {
      await answer(winnow.url, asked, signal);
    } finally {
      await winnow.stop();
    }
  });
});

async function answer(url: string, asked: readonly Instructed[], signal: AbortSignal): Promise<void> {
  // other prompts or another sampling are another measurement
  const path = join(import.meta.dirname, '.cache', `${digest([prompts, SAMPLING, N])}.jsonl`);
  const progress = new Progress();
  const answers = await measure(url, asked, path, signal, (done, total) => progress.show('prompts', done, total));
  const written = page(asked, answers);
  console.log(written);
  if (asked.length === prompts.length) writeFileSync(join(root, 'docs/rewards/instructions.md'), written);
}
