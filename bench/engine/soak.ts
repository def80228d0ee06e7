/**
 * Clients that do everything that clients do, for minutes: whole and streamed answers, seeded ones again and again, clients
 * that leave, wrong bodies, priorities. At the end nothing may be held, memory must be flat, every request answered, and
 * every seeded one the same each time. Ends with 1 where that is not so.
 *
 *     node bench/engine/soak.ts [--model FOLDER] [--minutes 10] [--clients 24] [--seed 1] [--slots 16] [--kv-megabytes 64]
 */
import { cpus } from 'node:os';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Action, actions, type Outcome, type Soak } from './load/actions.ts';
import { defaultModel, startBackend } from './load/backend.ts';
import { vocabularyOf } from './load/client.ts';
import { type Family, sumOf } from './load/exposition.ts';
import { Mix } from './load/mix.ts';
import { count, megabytes, quantile, table } from './load/report.ts';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: defaultModel() },
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '24' },
    seed: { type: 'string', default: '1' },
    slots: { type: 'string', default: '16' }, // fewer than there are candidates: the queue is never empty
    'kv-megabytes': { type: 'string', default: '64' }, // full soon, so that what is kept is thrown out all the time
  },
});
const SAMPLE_MS = 2000;
const SETTLED_MS = 10_000;
// Of the memory after the first quarter, the most that may have come by the end.
const GROWTH = 0.1;
const SEEDED = 12;

const seed = Number(options.seed);
const runMs = Number(options.minutes) * 60_000;
const backend = await startBackend({
  model: options.model,
  slots: Number(options.slots),
  maxWaiting: 256,
  maxKvBytes: Number(options['kv-megabytes']) << 20,
  reward: true,
});
const ids = await vocabularyOf(backend.url, 4096);
console.log(`${options.model}, ${options.minutes} minutes, ${options.clients} clients, seed ${seed}`);
console.log(`${cpus().length} x ${cpus()[0]!.model}, Node ${process.version}\n`);

const tallies = new Map(actions.map(({ name }) => [name, { answered: 0, refused: 0, left: 0, wrong: 0, tokens: 0 }]));
const wrong: string[] = [];
const memory: { readonly ms: number; readonly bytes: number }[] = [];
const late: number[] = [];
const began = performance.now();
const over = () => performance.now() - began > runMs;
const seeded = seededBodies(new Mix(seed, ids));
const watching = watch();
await Promise.all(Array.from({ length: Number(options.clients) }, (_, number) => client(number)));
await watching;
const held = await settle();
const same = await Promise.all(seeded.map((one) => again(one)));

const [early, end] = [memoryBetween(0.25, 0.4), memoryBetween(0.85, 1)];
const faults = [
  ...(wrong.length > 0 ? [`${wrong.length} requests were not answered as they must be; the first: ${wrong[0]}`] : []),
  ...(end > early * (1 + GROWTH) ? [`Memory grew from ${megabytes(early)} to ${megabytes(end)}.`] : []),
  ...(held === '' ? [] : [`Still held when all was answered: ${held}.`]),
  ...(same.every(Boolean) ? [] : ['A seeded request, alone at the end, was answered otherwise than under load.']),
];
await backend.stop();
if (backend.exit() !== 0) faults.push(`The backend ended with ${backend.exit()}.`);
print();
for (const fault of faults) console.error(`\n${fault}`);
process.exit(faults.length > 0 ? 1 : 0);

async function client(number: number): Promise<void> {
  const soak: Soak = { url: backend.url, mix: new Mix(1000 * seed + number, ids), seeded };
  while (!over() && backend.exit() === null) {
    const action = drawn(soak.mix);
    const outcome = await action.run(soak).catch((cause): Outcome => ({ kind: 'wrong', why: String(cause?.cause ?? cause) }));
    const tally = tallies.get(action.name)!;
    tally[outcome.kind]++;
    if (outcome.kind === 'wrong') wrong.push(`${action.name}: ${outcome.why}`);
    else tally.tokens += outcome.tokens;
    if (outcome.kind === 'refused') await after(100);
  }
}

function drawn(mix: Mix): Action {
  return mix.oneOf(actions.flatMap((action) => new Array<Action>(action.weight).fill(action)));
}

/** Seeded requests: greedy and not, with several answers, long and short. */
function seededBodies(mix: Mix): Soak['seeded'] {
  return Array.from({ length: SEEDED }, (_, number) => ({
    body: {
      prompt: mix.prompt({ least: 4, most: 64 }),
      max_tokens: mix.between({ least: 16, most: 64 }),
      n: mix.between({ least: 1, most: 3 }),
      temperature: number % 3 === 0 ? 0 : 1,
      top_p: number % 4 === 0 ? 0.9 : 1,
      seed: number,
    },
    answer: null,
  }));
}

async function again({ body, answer }: Soak['seeded'][number]): Promise<boolean> {
  const response = await fetch(`${backend.url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { choices } = (await response.json()) as { choices: unknown };
  return answer === null || JSON.stringify(choices) === answer;
}

async function watch(): Promise<void> {
  while (!over() && backend.exit() === null) {
    await after(SAMPLE_MS);
    const families = await backend.metrics().catch(() => null);
    if (!families) return;
    memory.push({ ms: performance.now() - began, bytes: sumOf(families, 'process_resident_memory_bytes') });
    late.push(1000 * sumOf(families, 'winnow_event_loop_delay_seconds', { quantile: '0.99' }));
  }
}

function memoryBetween(from: number, to: number): number {
  const share = memory.filter(({ ms }) => ms >= from * runMs && ms <= to * runMs + SAMPLE_MS);
  return quantile(
    share.map(({ bytes }) => bytes),
    0.5,
  );
}

/** What is held although nobody is served; empty where nothing is. */
async function settle(): Promise<string> {
  const holding = (families: ReadonlyMap<string, Family>) =>
    ['winnow_num_requests_running', 'winnow_num_requests_waiting', 'winnow_kv_cache_bytes', 'winnow_num_scores_waiting']
      .map((name) => [name, sumOf(families, name)] as const)
      .filter(([, value]) => value !== 0)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  const end = performance.now() + SETTLED_MS;
  let held = holding(await backend.metrics());
  while (held !== '' && performance.now() < end) {
    await after(100);
    held = holding(await backend.metrics());
  }
  return held;
}

function print(): void {
  console.log('request               answered    429   left  wrong     tokens');
  for (const [name, { answered, refused, left, wrong, tokens }] of tallies) {
    const numbers = [answered, refused, left, wrong].map((value) => String(value).padStart(7)).join('');
    console.log(`${name.padEnd(22)}${numbers}${count(tokens).padStart(12)}`);
  }
  console.log(
    `\n${table([
      ['memory after a quarter, at the end', `${megabytes(early)}, ${megabytes(end)}`],
      ['held at the end', held || 'nothing'],
      [`seeded requests, the same each time`, `${same.filter(Boolean).length} of ${SEEDED}`],
      [
        "p99 of the event loop's delay in 2 s: median, worst",
        `${quantile(late, 0.5).toFixed(1)} ms, ${Math.max(...late).toFixed(1)} ms`,
      ],
    ])}`,
  );
}
