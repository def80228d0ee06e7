/** Every file of examples/ runs alone against a running Winnow and says what its comment promises. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';

const run = promisify(execFile);

async function printed(name: string): Promise<string> {
  const env = { ...process.env, WINNOW_URL: inject('winnow').url };
  const { stdout } = await run(process.execPath, ['--no-warnings', `examples/${name}`], { env, timeout: 20_000 });
  return stdout;
}

const step = /\d+ [-+*/] \d+ = \d+/;

const expected: Record<string, RegExp[]> = {
  'best-of-n.ts': [step, /^\* 0\.\d+ \d+ tokens, outcome -?\d/m, /^\d+ tokens sampled in \d+ ms; seed 1 repeats it$/m],
  'openai-client.ts': [/^one sample:\n./, /^the best of sixteen, \d+ tokens:\n./m, /a beam search, streamed:\n./],
  'rerank-generations.ts': [/^0\.\d{3}\n./, step],
  'progress-events.ts': [
    /^round 0: [1-4] kept, \d+ tokens so far$/m,
    /^candidate 0\.\S+: \d+ tokens, (stop|length|budget)$/m,
    /\n\n.*\d/,
  ],
  'select-without-models.ts': [
    /^argmax: answer 891, candidate 1; ranking 1 2 0$/m,
    /^majority_vote: answer 900, candidate 2; /m,
    /^weighted_vote: answer 900, candidate 2; /m,
  ],
};

test('every example is run here', () => {
  const files = readdirSync('examples').filter((name) => name.endsWith('.ts'));
  expect(files.sort()).toEqual(Object.keys(expected).sort());
});

test.each(Object.keys(expected))('%s runs and says what it promises', async (name) => {
  const text = await printed(name);
  for (const pattern of expected[name]!) expect(text).toMatch(pattern);
});

test.each(Object.keys(expected))('%s has under 40 lines and says first what it shows', (name) => {
  const lines = readFileSync(`examples/${name}`, 'utf8').split('\n');
  expect(lines.length).toBeLessThan(40);
  expect(lines[0]).toMatch(/^\/\/ [A-Z].*[.]$/);
});
