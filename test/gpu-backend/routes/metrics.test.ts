import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Family, readExposition, sumOf } from '../../../bench/engine/load/exposition.ts';
import type { Backend } from '../../../gpu-backend/backend.ts';
import { generateBody, lines, post, startShipped } from '../served.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await startShipped();
});
afterAll(() => backend.close());

const scrape = async (): Promise<ReadonlyMap<string, Family>> => {
  const response = await fetch(`${backend.url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return readExposition(await response.text());
};
const policy = { model_name: 'puzzle-policy' };
const name = (metric: string) => `winnow_${metric}`;

test('a request moves the counters of its model by what it cost, and of no other', async () => {
  const before = await scrape();
  const body = { prompt: ['1 + 2', 'Use 3, 7, 12, 20 to make 45.\n'], n: 3, max_tokens: 20, ignore_eos: true };
  const { usage } = (await (await post(`${backend.url}/v1/completions`, body)).json()) as { usage: Record<string, number> };
  const after = await scrape();
  const moved = (metric: string, labels = {}, suffix = '') => {
    const read = (families: typeof after) => sumOf(families, name(metric), { ...policy, ...labels }, name(metric) + suffix);
    return read(after) - read(before);
  };
  expect(usage.completion_tokens).toBe(120);
  expect(moved('generation_tokens_total')).toBe(120);
  expect(moved('request_success_total', { finished_reason: 'length' })).toBe(6);
  expect(moved('request_success_total')).toBe(6);
  for (const histogram of ['time_to_first_token_seconds', 'request_queue_time_seconds', 'e2e_request_latency_seconds'])
    expect([histogram, moved(histogram, {}, '_count')]).toEqual([histogram, 6]);
  expect(moved('inter_token_latency_seconds', {}, '_count')).toBe(114);
  expect(moved('prefix_cache_queries_total')).toBe(usage.prompt_tokens);
  expect(moved('prompt_tokens_total')).toBeGreaterThan(0);
  expect(moved('request_params_n', {}, '_count')).toBe(2);
  expect(sumOf(after, name('generation_tokens_total'), { model_name: 'puzzle-reference' })).toBe(0);
  expect(sumOf(after, name('num_requests_running'), policy)).toBe(0);
});

test('the same prompt again is found in the prefix cache', async () => {
  const prompt = 'Use 1, 2, 3, 4 to make 24.\n';
  const ask = () => post(`${backend.url}/v1/completions`, { prompt, max_tokens: 2 }).then((response) => response.json());
  await ask();
  const before = sumOf(await scrape(), name('prefix_cache_hits_total'), policy);
  const { usage } = (await ask()) as { usage: { prompt_tokens: number; prompt_tokens_details: { cached_tokens: number } } };
  expect(usage.prompt_tokens_details.cached_tokens).toBe(usage.prompt_tokens - 1); // the last one is computed for its logits
  expect(sumOf(await scrape(), name('prefix_cache_hits_total'), policy) - before).toBe(usage.prompt_tokens - 1);
});

test('what /generate writes is counted as well', async () => {
  const count = async () => sumOf(await scrape(), name('generation_tokens_total'), policy);
  const before = await count();
  const done = (await lines(await post(`${backend.url}/generate`, generateBody()))).at(-1)!;
  expect((await count()) - before).toBe(done.type === 'done' ? done.usage.completion_tokens : Number.NaN);
});
