/**
 * Many clients at once against a backend in a process of its own, over HTTP, with prompts and answers of mixed lengths;
 * beside it one client that asks for the same rows at a time. Ends with 1 where a request failed.
 *
 *     node bench/engine/load.ts [--model FOLDER] [--clients 32] [--seconds 120] [--alone 60]
 */
import { cpus } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { defaultModel, startBackend } from './load/backend.ts';
import { type Answered, complete, vocabularyOf } from './load/client.ts';
import { quantileBetween, sumOf } from './load/exposition.ts';
import { Mix } from './load/mix.ts';
import { count, megabytes, percent, quantile, seconds, table } from './load/report.ts';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: defaultModel() },
    clients: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '120' },
    alone: { type: 'string', default: '60' },
  },
});
const clients = Number(options.clients);
const PROMPT = { least: 8, most: 96 };
const ANSWER = { least: 8, most: 112 };

const backend = await startBackend({ model: options.model, slots: Math.max(clients, 64) });
const ids = await vocabularyOf(backend.url, 4096);
const label = { labels: { model_name: 'policy' } };
console.log(`${options.model}, ${cpus().length} x ${cpus()[0]!.model}, Node ${process.version}`);
console.log(
  `prompts of ${PROMPT.least} to ${PROMPT.most} tokens, answers of ${ANSWER.least} to ${ANSWER.most}, half of the clients stream\n`,
);

await alone(3_000, 1); // warm-up, with other prompts: known ones would not be read again
const single = await within(() => alone(Number(options.alone) * 1000, 2));
const answers: Answered[] = [];
const broken: unknown[] = [];
let open: Promise<void> | null = null;
const many = await within(() => {
  const ms = Number(options.seconds) * 1000;
  open = together(ms);
  return setTimeout(ms);
});
await open;

const failed = answers.filter(({ status }) => status !== 200).length + broken.length;
const between = (family: string, quantile: number) =>
  1000 * quantileBetween(many.before, many.after, family, { quantile, ...label });
const late = (quantile: string) => `${(1000 * sumOf(many.after, 'winnow_event_loop_delay_seconds', { quantile })).toFixed(1)} ms`;
const first = answers.flatMap(({ firstMs }) => (firstMs === null ? [] : [firstMs]));
const times = answers.map(({ ms }) => ms);
const ratio = many.rate / single.rate;
console.log(
  table([
    [`${clients} clients, each one answer at a time`, `${count(many.rate)} tokens/s, with prompts ${count(many.processed)}`],
    [`1 client, ${clients} prompts at a time`, `${count(single.rate)} tokens/s, with prompts ${count(single.processed)}`],
    ['ratio', ratio.toFixed(2)],
    ['rows of a step, many clients and one', `${many.rows.toFixed(1)}, ${single.rows.toFixed(1)}`],
    ['time for reading prompts, many clients and one', `${percent(many.reading)}, ${percent(single.reading)}`],
    ['requests, failed', `${count(answers.length)}, ${failed}`],
    [
      'waiting for a slot, p50, p99 (bounds of buckets)',
      `at most ${seconds(between('winnow_request_queue_time_seconds', 0.5))}, ${seconds(between('winnow_request_queue_time_seconds', 0.99))}`,
    ],
    ['first token at the client, p50, p99', `${seconds(quantile(first, 0.5))}, ${seconds(quantile(first, 0.99))}`],
    [
      'between two tokens, p50, p99 (bounds of buckets)',
      `at most ${seconds(between('winnow_inter_token_latency_seconds', 0.5))}, ${seconds(between('winnow_inter_token_latency_seconds', 0.99))}`,
    ],
    ['whole answer, p50, p99', `${seconds(quantile(times, 0.5))}, ${seconds(quantile(times, 0.99))}`],
    ["delay of the backend's event loop, p50, p99, longest", `${late('0.5')}, ${late('0.99')}, ${late('1')}`],
    ['resident memory of the backend', megabytes(sumOf(many.after, 'process_resident_memory_bytes'))],
  ]),
);
for (const reason of broken.slice(0, 5)) console.error(reason);
await backend.stop();
process.exit(failed > 0 || backend.exit() !== 0 ? 1 : 0);

/** One client with the same work: every request has a prompt for each row, and answers as long as the others' are on average. */
async function alone(ms: number, seed: number): Promise<void> {
  const mix = new Mix(seed, ids);
  const length = (ANSWER.least + ANSWER.most) / 2;
  const began = performance.now();
  while (performance.now() - began < ms) {
    const prompt = Array.from({ length: clients }, () => mix.prompt(PROMPT));
    await complete(backend.url, { prompt, max_tokens: length, temperature: 1, ignore_eos: true });
  }
}

/** Each client asks again as soon as it is answered, until the time is over. */
async function together(ms: number): Promise<void> {
  const began = performance.now();
  const client = async (number: number) => {
    const mix = new Mix(100 + number, ids);
    while (performance.now() - began < ms) {
      const ask = {
        prompt: mix.prompt(PROMPT),
        max_tokens: mix.between(ANSWER),
        temperature: 1,
        ignore_eos: true,
        stream: number % 2 === 0,
      };
      await complete(backend.url, ask).then(
        (answer) => answers.push(answer),
        (reason) => broken.push(reason),
      );
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
}

/** What the backend did meanwhile, as it counts it: answers that are still being written count as far as they are. */
async function within(work: () => Promise<unknown>) {
  const before = await backend.metrics();
  const began = performance.now();
  await work();
  const after = await backend.metrics();
  const perSecond = 1000 / (performance.now() - began);
  const grown = (family: string, name?: string, labels = {}) =>
    sumOf(after, family, { ...label.labels, ...labels }, name) - sumOf(before, family, { ...label.labels, ...labels }, name);
  const decoded = grown('winnow_inter_token_latency_seconds', 'winnow_inter_token_latency_seconds_count');
  const tokens = decoded + grown('winnow_time_to_first_token_seconds', 'winnow_time_to_first_token_seconds_count');
  const step = (part: 'count' | 'sum', kind: string) =>
    grown('winnow_step_time_seconds', `winnow_step_time_seconds_${part}`, { kind });
  return {
    before,
    after,
    rate: perSecond * tokens,
    processed: perSecond * (tokens + grown('winnow_prompt_tokens_total')),
    rows: decoded / step('count', 'decode'),
    reading: perSecond * step('sum', 'read'),
  };
}
