/**
 * What scoring inside the Worker costs: time beside the native backend in the same run, cold start, memory, size.
 *
 *   npm run bench:edge -- [--candidates 8] [--tokens 128] [--rounds 30] [--layers 4]
 *
 * The Worker runs on plain workerd and is asked over HTTP (/v1/score); the backend is asked in this process, by one thread
 * and by as many as there are cores. Both take the same texts, in turn, so that what else runs here slows both. A median of
 * a busy machine is not the model's time: the least one is printed beside it, and on Linux what the Worker computed. `--layers`
 * takes the first layers of the embedded model alone.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { bundle, wranglerConfig } from '../../bin/bundle.ts';
import { startEdge } from '../../bin/edge.ts';
import { readSettings, root } from '../../bin/settings.ts';
import { localPort } from '../../gpu-backend/local-port.ts';
import { loadModels } from '../../gpu-backend/models.ts';
import { scoreAnswer } from '../../schemas/score.ts';
import { quantile } from '../engine/load/report.ts';
import { withLayers } from './layers.ts';
import { computedMs, held, PRELUDE } from './workerd-memory.ts';

const { values: given } = parseArgs({
  options: {
    candidates: { type: 'string', default: '8' },
    tokens: { type: 'string', default: '128' },
    rounds: { type: 'string', default: '30' },
    layers: { type: 'string', default: '6' },
  },
});
const candidates = Number(given.candidates);
const tokens = Number(given.tokens);
const rounds = Number(given.rounds);
const layers = Number(given.layers);
const WARM_UP = 15; // V8 compiles the hot kernels again, better, in the first dozen runs

const prompt = 'Use 3, 7, 12, 20 to make 45.';
const model = 'puzzle-outcome';
const scratch = mkdtempSync(join(tmpdir(), 'winnow-bench-'));
const weights = join(scratch, 'weights');
withLayers(join(root, 'gpu-backend', 'weights', 'outcome'), weights, layers);
const edgeSettings = readSettings({ WINNOW_CONFIG: edgeConfig(), WINNOW_PORT: '0' });
const plainSettings = readSettings({ WINNOW_PORT: '0' });

/** The sample config with the model that is measured. */
function edgeConfig(): string {
  const sample = JSON.parse(readFileSync(join(root, 'examples', 'winnow.edge.config.json'), 'utf8')) as object;
  const file = join(scratch, 'winnow.config.json');
  writeFileSync(file, JSON.stringify({ ...sample, models: { [model]: { path: weights } } }));
  return file;
}

/** Different texts; one digit is one token of the embedded tokenizer. */
const textsOf = (length: number) =>
  Array.from(
    { length: candidates },
    (_, index) => String(index % 10) + '0123456789'.repeat(26).slice(index % 7, (index % 7) + length - 1),
  );

async function native(threads: number) {
  const { config } = edgeSettings;
  const entry = { ...config.models[model]!, path: weights, threads };
  const models = await loadModels({ ...config, models: { [model]: entry } }, root);
  const port = localPort(models);
  const score = async (texts: readonly string[]) => {
    const request = {
      key: 'bench',
      model,
      prompt: { text: prompt },
      candidates: texts.map((text, index) => ({ id: String(index), text })),
      deadline_ms: 60_000,
    };
    const { scores, usage } = await port.score(request, new AbortController().signal);
    return { values: scores.map((one) => (one.ok ? one.value : Number.NaN)), read: usage.tokens };
  };
  return { score, close: () => models.close() };
}

async function worker(settings: typeof edgeSettings, name: string) {
  const folder = mkdtempSync(join(scratch, name));
  const began = performance.now();
  const edge = startEdge(settings, {
    env: { ...process.env, WINNOW_CONFIG: settings.configPath },
    output: 'keep',
    folder,
    measured: { prelude: PRELUDE },
  });
  const spawned = performance.now();
  const url = `http://127.0.0.1:${await edge.port}`;
  const listening = performance.now();
  const ask = async (path: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer;
  };
  const score = async (texts: readonly string[]) => {
    const answer = scoreAnswer.parse(await ask('/v1/score', { prompt, candidates: texts, rewards: ['outcome'] }));
    return { values: answer.data.map(({ scores }) => (scores.outcome?.ok ? scores.outcome.value : Number.NaN)) };
  };
  const resident = () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(edge.pid)], { encoding: 'utf8' })) / 1024;
  const computed = () => computedMs(edge.pid!) ?? Number.NaN; // started, so it has an id
  return {
    ask,
    score,
    resident,
    computed,
    held: () => held(edge),
    stop: () => edge.stop(),
    bundledMs: spawned - began,
    listeningMs: listening - spawned,
  };
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

const spread = (values: readonly number[]) => ({
  least: Number(Math.min(...values).toFixed(1)),
  median: Number(quantile(values, 0.5).toFixed(1)),
  'p10 - p90': `${quantile(values, 0.1).toFixed(1)} - ${quantile(values, 0.9).toFixed(1)}`,
});

function sizes(settings: typeof edgeSettings, name: string) {
  const folder = mkdtempSync(join(scratch, name));
  const files = bundle(wranglerConfig(), settings.configPath, folder).map((module) => readFileSync(join(folder, module.name)));
  const kib = (bytes: number) => Math.round(bytes / 1024);
  return {
    'raw KiB': kib(files.reduce((sum, file) => sum + file.length, 0)),
    'gzip KiB': kib(files.reduce((sum, file) => sum + gzipSync(file).length, 0)),
  };
}

/** Different ones, `length` characters each. */
const manyTexts = (count: number, length: number) =>
  Array.from({ length: count }, (_, index) => String(index).padStart(length, '0123456789'));

async function costs(measured: Awaited<ReturnType<typeof worker>>, settings: typeof edgeSettings, cold: object) {
  const { heap, wasm } = await measured.held();
  return {
    'bundle ms': Math.round(measured.bundledMs),
    'start to listening, ms': Math.round(measured.listeningMs),
    ...cold,
    'heap and weights, MiB': Math.round(heap),
    'wasm memory, MiB': Math.round(wasm),
    'process, MiB': Math.round(measured.resident()),
    ...sizes(settings, 'sizes-'),
  };
}

const one = await native(1);
const cores = availableParallelism();
const all = await native(cores);
const plain = await worker(plainSettings, 'plain-');
const edge = await worker(edgeSettings, 'edge-');
try {
  const { read } = await one.score(['']);
  const texts = textsOf(tokens - read);
  const expected = await one.score(texts);
  console.log(
    `${candidates} candidates of ${expected.read / candidates} tokens, prompt included; ${layers} layers x 128; ${rounds} rounds in turn; load ${loadavg()[0]!.toFixed(1)} on ${cores} cores\n`,
  );

  const empty = { candidates: [{ text: 'a', scores: { outcome: 1 } }], selection: 'argmax' };
  await plain.ask('/v1/select', empty);
  await edge.ask('/v1/select', empty);
  let first: Awaited<ReturnType<typeof edge.score>> = { values: [] };
  const computedBefore = edge.computed();
  const coldMs = await timed(async () => {
    first = await edge.score(texts);
  });
  const coldComputed = edge.computed() - computedBefore;
  for (let round = 0; round < WARM_UP; round++) for (const scorer of [edge, one, all]) await scorer.score(texts);

  const times = {
    http: [] as number[],
    edge: [] as number[],
    computed: [] as number[],
    one: [] as number[],
    all: [] as number[],
  };
  for (let round = 0; round < rounds; round++) {
    times.http.push(await timed(() => edge.ask('/v1/select', empty)));
    const computed = edge.computed();
    times.edge.push(await timed(() => edge.score(texts)));
    times.computed.push(edge.computed() - computed);
    times.one.push(await timed(() => one.score(texts)));
    times.all.push(await timed(() => all.score(texts)));
  }
  const ratio = (share: (values: readonly number[]) => number, peer: readonly number[]) =>
    (share(times.edge) / share(peer)).toFixed(2);
  const least = (values: readonly number[]) => Math.min(...values);
  const median = (values: readonly number[]) => quantile(values, 0.5);
  console.log(`Worker / native, one thread:  ${ratio(least, times.one)} by the least, ${ratio(median, times.one)} by the median`);
  console.log(
    `Worker / native, ${cores} threads:   ${ratio(least, times.all)} by the least, ${ratio(median, times.all)} by the median`,
  );
  console.table({
    'Worker, /v1/score over HTTP, ms': spread(times.edge),
    'Worker, the same, computed, ms': spread(times.computed),
    'Worker, a request without a model, ms': spread(times.http),
    'native, one thread, ms': spread(times.one),
    [`native, ${cores} threads, ms`]: spread(times.all),
  });

  const difference = Math.max(...first.values.map((value, place) => Math.abs(value - expected.values[place]!)));
  console.log(`largest difference of a score: ${difference.toExponential(1)}\n`);
  await edge.score(Array.from({ length: 64 }, (_, index) => `${index}`.padEnd(256 - read, '0123456789'))); // the most that a text may have
  await edge.ask('/v1/rerank', { model: 'outcome', query: prompt, documents: manyTexts(4096, tokens - read) });
  console.table({
    'small bundle': await costs(plain, plainSettings, { 'first score, ms': '-', 'computed for it, ms': '-' }),
    'with edge_onnx': await costs(edge, edgeSettings, {
      'first score, ms': Math.round(coldMs),
      'computed for it, ms': Math.round(coldComputed),
    }),
  });
  console.log(
    'MiB after 64 texts of 256 tokens and 4,096 documents; a Worker has 128 for its heap and its wasm memory together.',
  );
} finally {
  await Promise.all([plain.stop(), edge.stop(), one.close(), all.close()]);
  rmSync(scratch, { recursive: true });
}
