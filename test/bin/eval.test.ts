/** `npx winnow eval` on labelled files: no server runs. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UsageError } from '../../bin/commands/command.ts';
import { inOrder } from '../../bin/commands/eval/in-order.ts';
import { readLines } from '../../bin/commands/eval/lines.ts';
import { evaluate } from '../../bin/commands/eval.ts';
import { CannotStart, root } from '../../bin/settings.ts';
import { evaluationReport } from '../../schemas/evaluation.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-eval-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function winnowEval(words: readonly string[], input = ''): Promise<Ran> {
  const child = spawn(process.execPath, [join(root, 'bin/winnow.ts'), 'eval', ...words]);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (part) => (said[name] += part));
  child.stdin.on('error', () => {}); // one that refused its arguments does not read on
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said })));
}

function file(...rows: readonly unknown[]): string {
  const path = join(folder, 'rows.jsonl');
  writeFileSync(path, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'));
  return path;
}

const row = {
  candidates: [
    { gold: true, scores: { a: 2 } },
    { gold: false, scores: { a: 1 } },
  ],
};
const SLOW = 60_000; // a process starts in a second, on a busy machine in several

test(
  'a summary on standard output, progress on standard error, the report and the plot in files',
  async () => {
    const [out, plot] = [join(folder, 'report.json'), join(folder, 'plot.svg')];
    const { code, stdout, stderr } = await winnowEval([file(row, '', row), '--out', out, '--plot', plot]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/rows +2 of 2/);
    expect(stdout).toMatch(/accuracy, fair ties +1\.000/);
    expect(stderr).toMatch(/^2 rows/m);
    expect(evaluationReport.parse(JSON.parse(readFileSync(out, 'utf8'))).rows.used).toBe(2);
    expect(readFileSync(plot, 'utf8')).toMatch(/^<svg /);
  },
  SLOW,
);

test(
  '--json and standard input',
  async () => {
    const { code, stdout } = await winnowEval(['-', '--json', '--options', '{"grid": [2], "price": 0.1}'], JSON.stringify(row));
    expect(code).toBe(0);
    const { grid, rewards } = evaluationReport.parse(JSON.parse(stdout));
    expect(grid).toEqual([2]);
    expect(rewards.a!.optimal_n!.value).toBeCloseTo(0.8, 9);
  },
  SLOW,
);

const bad = '{"candidates": [{"gold": "yes"}]}';

test.each([
  { name: 'a row of another form', line: bad, says: /line 3: candidates\[0\]\.gold: .*given: "yes"/m },
  { name: 'what is not JSON', line: '{"candidates": [NaN]}', says: /line 3: not JSON/m },
  {
    name: 'a number that is none',
    line: '{"candidates": [{"gold": 1, "scores": {"a": 1e999}}]}',
    says: /line 3: candidates\[0\]\.scores\.a/m,
  },
  {
    name: 'an unknown member',
    line: '{"candidates": [{"gold": 1}], "score": 1}',
    says: /line 3: the member "score" is not known/m,
  },
])('$name: its line is named and nothing is evaluated', async ({ line, says }) => {
  await expect(evaluate.run([file(row, '', line, row)])).rejects.toThrow(says);
});

test(
  '--on-bad-row skip names the line and goes on',
  async () => {
    const { code, stdout, stderr } = await winnowEval([file(row, bad, row), '--on-bad-row', 'skip', '--json']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^line 2: candidates\[0\]\.gold/m);
    const { rows, bad_rows } = evaluationReport.parse(JSON.parse(stdout));
    expect(rows).toMatchObject({ read: 3, used: 2, bad: 1 });
    expect(bad_rows[0]!.line).toBe(2);
  },
  SLOW,
);

test(
  '--fail-on-alarm ends with 3 where the report has one',
  async () => {
    const wrong = { candidates: [0.1, 0.4, 0.2, 0.9, 0.5].map((a, place) => ({ gold: [1, 4].includes(place), scores: { a } })) };
    const words = [file(wrong, wrong), '--options', '{"grid": [1, 2, 3, 4, 5]}'];
    expect((await winnowEval(words)).code).toBe(0);
    const { code, stdout } = await winnowEval([...words, '--fail-on-alarm']);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^ALARM over_optimisation \(a\)/m);
  },
  SLOW,
);

test.each([
  { words: [], kind: UsageError, says: /eval takes one FILE/ },
  { words: ['a', 'b'], kind: UsageError, says: /eval takes one FILE/ },
  { words: ['a', '--on-bad-row', 'panic'], kind: UsageError, says: /one of: stop, skip/ },
  { words: ['a', '--options', '{"resamples": -1}'], kind: UsageError, says: /--options: resamples/ },
  { words: ['a', '--options', '{'], kind: UsageError, says: /not JSON/ },
  { words: ['a', '-n', '0'], kind: UsageError, says: /whole number from 1 to 256/ },
  { words: ['/nowhere/at/all'], kind: CannotStart, says: /cannot be read \(ENOENT\)/ },
])('eval $words is refused', async ({ words, kind, says }) => {
  const refusal = await evaluate.run(words).catch((thrown: unknown) => thrown);
  expect(refusal).toBeInstanceOf(kind);
  expect((refusal as Error).message).toMatch(says);
});

test(
  'a problem where no Winnow answers says what to do',
  async () => {
    const { code, stderr } = await winnowEval([file({ prompt: 'a', reference: '1' }), '--url', 'http://127.0.0.1:9']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/127\.0\.0\.1:9 does not answer[\s\S]*npm start, or --url/);
  },
  SLOW,
);

async function linesOf(parts: readonly string[], most?: number) {
  const read = [];
  for await (const line of readLines(
    (async function* () {
      yield* parts.map((part) => Buffer.from(part));
    })(),
    most,
  ))
    read.push(line);
  return read;
}

test('lines: parts are joined, blank ones skipped but counted, CRLF and a byte order mark taken off', async () => {
  expect(await linesOf(['\uFEFFa', 'b\r\n\n', ' \nc'])).toEqual([
    { number: 1, text: 'ab' },
    { number: 4, text: 'c' },
  ]);
});

test('a character that is cut between two parts is whole again', async () => {
  const bytes = Buffer.from('ä€');
  const read = [];
  for await (const line of readLines(
    (async function* () {
      for (const byte of bytes) yield Buffer.from([byte]);
    })(),
  ))
    read.push(line);
  expect(read).toEqual([{ number: 1, text: 'ä€' }]);
});

test('a line that is too long is told as such, and its text is not kept', async () => {
  expect(await linesOf(['x'.repeat(8), 'x'.repeat(8), '\nok'], 10)).toEqual([
    { number: 1, text: null, problem: 'longer than 10 characters' },
    { number: 2, text: 'ok' },
  ]);
});

test('work on several at a time: results in the order of items, never more than asked for under way', async () => {
  let [open, most] = [0, 0];
  const work = async (item: number) => {
    most = Math.max(most, ++open);
    for (let turn = 0; turn < 10 - item; turn++) await null; // the first takes longest
    open--;
    return item;
  };
  const results = [];
  for await (const one of inOrder(
    (async function* () {
      for (let item = 0; item < 10; item++) yield item;
    })(),
    3,
    work,
  ))
    results.push(one);
  expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(most).toBe(3);
});
