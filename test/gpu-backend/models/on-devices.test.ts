import { expect, test } from 'vitest';
import type { Engine } from '../../../gpu-backend/engine/engine.ts';
import { KvCache } from '../../../gpu-backend/engine/kv-cache.ts';
import { unobserved } from '../../../gpu-backend/engine/observer.ts';
import { cpuDevice, type Device } from '../../../gpu-backend/ort/device.ts';
import type { CandidateLine } from '../../../schemas/backend.ts';
import { mulberry32 } from '../../../src/random.ts';
import { apart, tinyEngine, tinyPolicy, webgpu } from '../devices.ts';
import { branch, generation, write } from '../generation.ts';

const draw = mulberry32(11);
/** Tokens of the tiny policies; those below 3 are special. */
const text = (length: number): number[] => Array.from({ length }, () => 3 + Math.floor(draw() * 34));
const common = text(150);
const prompts = [...[1, 40, 90, 120].map((length) => [...common, ...text(length)]), text(230), text(7)];
const endings = [text(1), text(30), text(70)];

// Rows of 1,536 positions: six of 256, or four of 384. What a row that cannot be bound alone needs besides is on top.
const tight = (bytes: number, spare: number) => ({ maxKvBytes: (600 * (1 + spare) + 1536) * bytes });

/** Six prompts at once, five rows of each from three prefixes, until some must give way; then again on what was kept. */
async function work(engine: Engine, temperature: number, maxTokens: number) {
  const sampling = { ...generation().sampling, temperature };
  const ask = (prompt: readonly number[], seed: number) =>
    write(
      engine,
      generation({
        prompt,
        seed,
        sampling,
        topLogprobs: 2,
        ignoreEnd: true,
        branches: endings.map((tokens, index) =>
          branch({ id: `0.${index}`, text: ' ', tokens, count: index === 1 ? 3 : 1, maxTokens }),
        ),
      }),
    );
  const first = await Promise.all(prompts.map(ask));
  const again = await ask(prompts[1]!, 1);
  const { kvBytes, running, waiting } = engine.stats;
  await engine.close();
  return { lines: [...first, again].map(({ lines }) => lines), cached: again.usage.cached, left: { kvBytes, running, waiting } };
}

const tokensOf = ({ lines }: Awaited<ReturnType<typeof work>>) =>
  lines.map((each) =>
    Object.values(each)
      .map(({ id, tokens }) => ({ id, tokens }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  );

/** Greedy texts may part where the two best tokens lie closer than the arithmetic is exact. */
function sameUntilClose(here: CandidateLine, there: CandidateLine, close: number): { same: boolean; parted: boolean } {
  const place = here.tokens!.findIndex((token, index) => token !== there.tokens![index]);
  if (place < 0) return { same: here.tokens!.length === there.tokens!.length, parted: false };
  const [best, second] = here.logprobs![place]!.top!;
  return { same: best!.logprob - second!.logprob < close, parted: true };
}

async function opened(name: 'float32' | 'float16', device: Device) {
  const seen = { preempted: 0 };
  const limits = tight(name === 'float32' ? 512 : 256, device.addressable ? 0 : 1);
  const engine = await tinyEngine(name, device, limits, { ...unobserved, preempted: () => seen.preempted++ });
  return async (temperature: number, maxTokens = 60) => ({ ...(await work(engine, temperature, maxTokens)), ...seen });
}

async function counted(name: 'float32' | 'float16', device: Device, temperature: number) {
  return (await opened(name, device))(temperature);
}

test.each([
  { name: 'addresses', device: apart(true), type: 'float32' },
  { name: 'no addresses', device: apart(false), type: 'float32' },
  { name: 'no addresses', device: apart(false), type: 'float16' },
] as const)(
  'the cpu as a device with $name, $type: the same tokens as in the memory of the host',
  async ({ device, type }) => {
    const here = await counted(type, cpuDevice, 1);
    const there = await counted(type, device, 1);
    expect(tokensOf(there)).toEqual(tokensOf(here));
    expect(there.left).toEqual({ kvBytes: 0, running: 0, waiting: 0 });
    expect(there.cached).toBe(here.cached);
    expect(there.cached).toBeGreaterThanOrEqual(common.length);
    expect(there.preempted).toBeGreaterThan(0);
  },
  60_000,
);

/** Logits after each token of a text, read in chunks as a prompt is, the row a later one. */
async function logitsOn(name: 'float32' | 'float16', device: Device): Promise<Float32Array[]> {
  const model = await tinyPolicy(name, device);
  const cache = new KvCache(model.caches, { bytes: 1 << 22, rows: 3, context: 600 }, () => rows.resized(), model.memory);
  const rows = model.rows(cache);
  const read: Float32Array[] = [];
  for (const row of [0, 1]) {
    cache.take(300);
    for (let past = 0; past < 300; past += 100) {
      const tokens = [...common, ...prompts[4]!].slice(past + 20 * row, past + 20 * row + 100);
      read.push((await rows.read({ row, tokens, past, temperature: 1, wanted: 'each' })).logits.slice());
      cache.hold(row, past + 100);
    }
  }
  const step = { tokens: [5, 6], lengths: [300, 300], temperatures: [1, 1] };
  const { logits, probabilities } = await rows.decode(step);
  read.push(logits.slice(), probabilities!.slice());
  rows.release();
  cache.release();
  model.release();
  return read;
}

const skipped = webgpu.device ? '' : ` (${webgpu.reason})`;

test.skipIf(!webgpu.device).each([
  { type: 'float32', tolerance: 5e-5 },
  { type: 'float16', tolerance: 2e-2 },
] as const)(
  `webgpu, $type: logits are those of the cpu, within $tolerance${skipped}`,
  async ({ type, tolerance }) => {
    const here = await logitsOn(type, cpuDevice);
    const there = await logitsOn(type, webgpu.device!);
    const differences = here.map((logits, run) =>
      Math.max(...logits.map((logit, place) => Math.abs(logit - there[run]![place]!))),
    );
    console.log(`webgpu, ${type}: largest difference of a logit ${Math.max(...differences.slice(0, -1)).toExponential(1)}`);
    expect(Math.max(...differences)).toBeLessThan(tolerance);
    expect(here[0]!.length).toBe(100 * 37);
  },
  600_000,
);

test.skipIf(!webgpu.device).each([
  { type: 'float32', close: 1e-4 },
  { type: 'float16', close: 2e-2 },
] as const)(
  `webgpu, $type: greedy tokens are those of the cpu, through forks, kept prefixes and rows that give way${skipped}`,
  async ({ type, close }) => {
    const here = await counted(type, cpuDevice, 0);
    const there = await counted(type, webgpu.device!, 0);
    expect(there.preempted).toBeGreaterThan(0);
    expect(there.cached).toBe(here.cached);
    expect(there.left).toEqual({ kvBytes: 0, running: 0, waiting: 0 });
    const compared = here.lines.flatMap((lines, call) =>
      Object.entries(lines).map(([id, line]) => sameUntilClose(line, there.lines[call]![id]!, close)),
    );
    expect(compared.filter(({ same }) => !same)).toEqual([]);
    const parted = compared.filter(({ parted }) => parted).length;
    console.log(`webgpu, ${type}: ${compared.length - parted} of ${compared.length} greedy texts the same to their end`);
    expect(parted).toBeLessThan(compared.length / 2);
  },
  600_000,
);

test.skipIf(!webgpu.device)(
  `webgpu: two engines at once take turns, and each writes what it writes alone${skipped}`,
  async () => {
    const alone = await (await opened('float32', webgpu.device!))(0, 5);
    const engines = [await opened('float32', webgpu.device!), await opened('float32', webgpu.device!)];
    const both = await Promise.all(engines.map((run) => run(0, 5)));
    for (const each of both) expect(tokensOf(each)).toEqual(tokensOf(alone));
  },
  600_000,
);
