/**
 * Best of 16 by a rule against one sample and greedy, on prompts with checkable constraints: node bench/instructions/run.ts
 * [--prompts N]. Starts Winnow with SmolLM2-135M-Instruct (bench/models/smollm2.sh makes it) on free ports, and ends it. Only
 * the whole run writes docs/rewards/instructions.md.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { command, onInterrupt } from '../../bin/command.ts';
import { startWinnow } from '../../bin/running.ts';
import { CannotStart } from '../../bin/settings.ts';
import { digest } from '../accuracy/digest.ts';
import { measure, N, SAMPLING } from './measure.ts';
import { prompts } from './prompts.ts';
import { page } from './report.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MODEL = join(ROOT, 'bench/models/.cache/smollm2/int8');

const CONFIG = {
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
  models: { smollm2: { path: MODEL, slots: 2 * N } },
  caps: { max_time_ms: 3_600_000 }, // other work may share the machine: a time that ran out would cut candidates,
};

await command(async () => {
  const { values } = parseArgs({ options: { prompts: { type: 'string' } } });
  if (!existsSync(join(MODEL, 'genai_config.json')))
    throw new CannotStart('There is no SmolLM2. bench/models/smollm2.sh makes it.');
  const asked = prompts.slice(0, values.prompts === undefined ? prompts.length : Number(values.prompts));
  const signal = onInterrupt();
  const folder = mkdtempSync(join(tmpdir(), 'winnow-instructions-'));
  const config = join(folder, 'winnow.config.json');
  writeFileSync(config, JSON.stringify(CONFIG));
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('WINNOW_'));
  const env = { ...Object.fromEntries(others), WINNOW_CONFIG: config, WINNOW_PORT: '0', WINNOW_BACKEND_PORT: '0' };
  const winnow = await startWinnow({ env, output: 'keep', signal });
  try {
    // other prompts or another sampling are another measurement
    const path = join(import.meta.dirname, '.cache', `${digest([prompts, SAMPLING, N])}.jsonl`);
    const progress = (done: number, total: number) => console.error(`${done} of ${total} prompts`);
    const answers = await measure(winnow.url, asked, path, signal, progress);
    const written = page(asked, answers);
    console.log(written);
    if (asked.length === prompts.length) writeFileSync(join(ROOT, 'docs/rewards/instructions.md'), written);
  } finally {
    await winnow.stop();
    rmSync(folder, { recursive: true });
  }
});
