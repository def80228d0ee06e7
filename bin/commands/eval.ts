/** `npx winnow eval FILE`: how well rewards choose, from candidates whose worth is known. */
import { createReadStream } from 'node:fs';
import type { EvaluateRow, EvaluationOptions } from '../../schemas/evaluate.ts';
import { evaluateRow, evaluationOptions } from '../../schemas/evaluate.ts';
import type { EvaluationReport } from '../../schemas/evaluation.ts';
import { Evaluation } from '../../src/evaluation/evaluation.ts';
import { plot } from '../../src/evaluation/plot.ts';
import { report } from '../../src/evaluation/report.ts';
import { onInterrupt } from '../command.ts';
import { plain } from '../hub/plain.ts';
import { CannotStart } from '../settings.ts';
import { type Command, readArguments, UsageError } from './command.ts';
import { inOrder } from './eval/in-order.ts';
import { type Line, readLines } from './eval/lines.ts';
import { issueOf } from './eval/row-issue.ts';
import { Sampler } from './eval/sampler.ts';
import { summary } from './eval/summary.ts';
import { oneFile, writeFile } from './files.ts';

const usage = `Usage: npx winnow eval FILE [OPTIONS]

Tells how well rewards choose among candidates whose worth is known: accuracy by number of samples with intervals, the
optimal number, what more samples would give, how rewards order candidates, what they follow in place of worth (length,
repetition, style), and alarms. FILE is JSON Lines, "-" is standard input; docs/evaluate.md describes a row:

  {"id": "1", "candidates": [{"text": "...", "gold": true, "scores": {"outcome": 2.9}}, ...]}
  {"id": "2", "prompt": "...", "reference": "42"}

Rows with candidates need no server. For a row without, candidates are sampled and scored by a running Winnow; with
--rewards, those that have no such score yet are scored by it.

  --json              The report as JSON on standard output, in place of a summary.
  --out FILE          The report as JSON into a file too.
  --plot FILE         The curves as an SVG.
  --on-bad-row WHAT   stop (default) or skip. Each bad row is named either way.
  --fail-on-alarm     Exit code 3 where the report has an alarm.
  --options JSON      Any of: ${Object.keys(evaluationOptions.shape).join(', ')}.
                      As in --options '{"price": 0.002, "grid": [1, 2, 4, 8]}'.

For rows without candidates, or without a score by --rewards:
  --url URL           The running Winnow. Default: http://127.0.0.1:8787. A key is read from WINNOW_API_KEY.
  --model POLICY      Default: its default policy.
  --rewards A,B       Default: the policy's.
  -n NUMBER           Candidates of each problem, 1 to 256. Default: 16.
  --sampling JSON     As in --sampling '{"temperature": 0.8}'.
  --probe             Score winners again with changes that make no answer better: shows fragile rewards.
  --concurrency N     Problems at a time. Default: 4.
  --save FILE         Write the sampled, scored and labelled rows there, as JSON Lines, to evaluate them again.

Progress goes to standard error. Exit code 1: the file cannot be used. 2: wrong arguments.`;

const options = {
  json: { type: 'boolean', default: false },
  out: { type: 'string' },
  plot: { type: 'string' },
  'on-bad-row': { type: 'string', default: 'stop' },
  'fail-on-alarm': { type: 'boolean', default: false },
  options: { type: 'string', default: '{}' },
  url: { type: 'string', default: 'http://127.0.0.1:8787' },
  model: { type: 'string' },
  rewards: { type: 'string' },
  n: { type: 'string', short: 'n', default: '16' },
  sampling: { type: 'string' },
  probe: { type: 'boolean', default: false },
  concurrency: { type: 'string', default: '4' },
  save: { type: 'string' },
} as const;

const ALARMED = 3;

export const evaluate: Command = {
  name: 'eval',
  summary: 'Tell how well rewards choose, from labelled candidates or problems.',
  usage,
  async run(args) {
    const { values, positionals } = readArguments(args, { options, allowPositionals: true });
    const file = oneFile('eval', positionals);
    const skip = oneOf('--on-bad-row', values['on-bad-row'], ['stop', 'skip']) === 'skip';
    const asked = readOptions(values.options);
    const signal = onInterrupt();
    const evaluation = new Evaluation(asked);
    const sampler = new Sampler(
      {
        url: values.url,
        model: values.model,
        rewards: values.rewards?.split(',').map((name) => name.trim()),
        n: integer('-n', values.n, 1, 256),
        sampling: values.sampling === undefined ? undefined : readJson('--sampling', values.sampling),
        probe: values.probe,
        save: values.save,
      },
      asked,
      signal,
    );
    const concurrency = integer('--concurrency', values.concurrency, 1, 64);
    const found = await measure({ file, skip, evaluation, sampler, concurrency, signal });
    if (values.out !== undefined) writeFile(values.out, `${JSON.stringify(found, null, 2)}\n`);
    if (values.plot !== undefined) writeFile(values.plot, plot(found));
    console.log(values.json ? JSON.stringify(found, null, 2) : summary(found));
    if (found.rows.used === 0) return 1;
    return values['fail-on-alarm'] && found.alarms.length > 0 ? ALARMED : 0;
  },
};

interface Work {
  readonly file: string;
  readonly skip: boolean;
  readonly evaluation: Evaluation;
  readonly sampler: Sampler;
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** Rows are read as they are needed, labelled as many at a time as `concurrency` says, and taken in by their order. */
async function measure({ file, skip, evaluation, sampler, concurrency, signal }: Work): Promise<EvaluationReport> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const began = performance.now();
  let told = began;
  const tell = () => {
    const { read, bad } = evaluation.counts;
    const seconds = (performance.now() - began) / 1000;
    process.stderr.write(`${read} rows${bad > 0 ? `, ${bad} bad` : ''}, ${Math.round(read / seconds)}/s\n`);
  };
  try {
    for await (const taken of inOrder(readLines(input), concurrency, (line) => labelled(line, sampler))) {
      signal.throwIfAborted();
      if (taken.ok) taken.into(evaluation);
      else bad(taken, skip, evaluation);
      if (performance.now() - told < TELL_MS) continue;
      told = performance.now();
      tell();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES')
      throw new CannotStart(`${plain(file)} cannot be read (${code}). Name a file of JSON Lines, or - for standard input.`);
    throw error;
  }
  tell();
  return report(evaluation);
}

const TELL_MS = 2000;

type Taken =
  | { readonly ok: true; readonly into: (evaluation: Evaluation) => void }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** A line as a row whose candidates are known, or what is wrong with it. */
function labelled(line: Line, sampler: Sampler): Taken | Promise<Taken> {
  const { number } = line;
  const wrong = (message: string): Taken => ({ ok: false, line: number, message });
  if (line.text === null) return wrong(line.problem);
  let json: unknown;
  try {
    json = JSON.parse(line.text);
  } catch (error) {
    return wrong(`not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
  const row = evaluateRow.safeParse(json, { reportInput: true });
  if (!row.success) return wrong(issueOf(row.error));
  return sampler.needed(row.data) ? sampler.label(row.data, number) : taking(row.data, number);
}

const taking = (row: EvaluateRow, line: number): Taken => ({ ok: true, into: (evaluation) => evaluation.add(row, line) });

function bad({ line, message }: { line: number; message: string }, skip: boolean, evaluation: Evaluation): void {
  const said = `line ${line}: ${plain(message)}`;
  if (!skip) throw new CannotStart(`${said}\nNothing was evaluated. --on-bad-row skip goes on without such rows.`);
  if (evaluation.counts.bad < MOST_TOLD) process.stderr.write(`${said}\n`);
  evaluation.addBad(line, message);
}

const MOST_TOLD = 20;

function readOptions(text: string): EvaluationOptions {
  const result = evaluationOptions.safeParse(readJson('--options', text), { reportInput: true });
  if (!result.success) throw new UsageError(`--options: ${issueOf(result.error)}`);
  return result.data;
}

function readJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${name} is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

function oneOf(name: string, given: string, allowed: readonly string[]): string {
  if (allowed.includes(given)) return given;
  throw new UsageError(`${name} is ${plain(given, 80)}; it must be one of: ${allowed.join(', ')}.`);
}

function integer(name: string, given: string, least: number, most: number): number {
  const value = Number(given);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`${name} is ${plain(given, 80)}; it must be a whole number from ${least} to ${most}.`);
}
