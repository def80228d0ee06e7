import { afterEach, expect, test } from 'vitest';
import { quantileBetween, readExposition, sumOf } from '../../bench/engine/load/exposition.ts';
import { type EngineStats, Metrics } from '../../gpu-backend/metrics.ts';

const made: Metrics[] = [];
function metrics(): Metrics {
  const metrics = new Metrics();
  made.push(metrics);
  return metrics;
}
afterEach(() => {
  for (const metrics of made.splice(0)) metrics.close();
});
const scraped = async (source: Metrics) => readExposition((await source.scrape()).text);
const stats = (changes: Partial<EngineStats> = {}): EngineStats => ({
  running: 0,
  waiting: 0,
  kvUsedFraction: 0,
  kvBytes: 0,
  prefixTokens: 0,
  ...changes,
});
const m = { model_name: 'm' };

test('every metric is there at 0 before the first request, under its name', async () => {
  const source = metrics();
  source.observer('m');
  const families = await scraped(source);
  for (const name of ['prompt_tokens', 'generation_tokens', 'prefix_cache_queries', 'prefix_cache_hits', 'num_preemptions'])
    expect(families.get(`winnow_${name}_total`)?.samples).toEqual([{ name: `winnow_${name}_total`, labels: m, value: 0 }]);
  expect(families.get('winnow_request_success_total')?.samples.map(({ labels }) => labels.finished_reason)).toContain('stop');
  expect(families.get('winnow_corrupted_requests_total')?.type).toBe('counter');
  expect(families.get('winnow_time_to_first_token_seconds')?.type).toBe('histogram');
});

test('what an engine tells moves its counters and its histograms, in seconds', async () => {
  const source = metrics();
  const observer = source.observer('m');
  observer.added(4);
  observer.started(250);
  observer.prefix(20, 12);
  observer.step({ kind: 'read', tokens: 0, positions: 8, ms: 30 });
  observer.firstToken(300);
  observer.step({ kind: 'decode', tokens: 2, positions: 3, ms: 12 });
  observer.preempted();
  observer.finished({ reason: 'length', tokens: 7, ms: 2000 });
  const families = await scraped(source);
  const value = (name: string, suffix = '', labels = {}) => sumOf(families, `winnow_${name}`, labels, `winnow_${name}${suffix}`);
  expect(value('prompt_tokens_total')).toBe(8);
  expect(value('generation_tokens_total')).toBe(7);
  expect([value('prefix_cache_queries_total'), value('prefix_cache_hits_total')]).toEqual([20, 12]);
  expect(value('num_preemptions_total')).toBe(1);
  expect(value('request_success_total', '', { finished_reason: 'length' })).toBe(1);
  expect(value('request_success_total')).toBe(1);
  expect(value('request_queue_time_seconds', '_sum')).toBeCloseTo(0.25, 10);
  expect(value('time_to_first_token_seconds', '_sum')).toBeCloseTo(0.3, 10);
  expect([value('inter_token_latency_seconds', '_count'), value('inter_token_latency_seconds', '_sum')]).toEqual([2, 0.024]);
  expect(value('e2e_request_latency_seconds', '_bucket', { le: '2.5' })).toBe(1);
  expect(value('e2e_request_latency_seconds', '_bucket', { le: '1' })).toBe(0);
  expect([value('iteration_tokens_total', '_count'), value('iteration_tokens_total', '_sum')]).toEqual([2, 11]);
  expect(value('request_params_n', '_bucket', { le: '4' })).toBe(1);
});

test('who runs while a prompt is read waits for it: that time is between two tokens', async () => {
  const source = metrics();
  let running = 0;
  source.watch({ engines: () => [['m', stats({ running })]], scorers: () => [], kept: () => [] });
  const observer = source.observer('m');
  observer.step({ kind: 'read', tokens: 0, positions: 8, ms: 1000 }); // nobody waits for it
  running = 1;
  observer.step({ kind: 'decode', tokens: 1, positions: 1, ms: 10 });
  observer.step({ kind: 'read', tokens: 0, positions: 8, ms: 30 });
  observer.step({ kind: 'read', tokens: 0, positions: 8, ms: 30 });
  observer.step({ kind: 'decode', tokens: 1, positions: 1, ms: 10 });
  const name = 'winnow_inter_token_latency_seconds';
  const families = await scraped(source);
  expect(sumOf(families, name, {}, `${name}_sum`)).toBeCloseTo(0.08, 10);
});

test('a reason that is not of the list is told as error, and a corrupted one is counted', async () => {
  const source = metrics();
  const observer = source.observer('m');
  observer.finished({ reason: 'a text of a user', tokens: 1, ms: 1 });
  observer.finished({ reason: 'corrupted', tokens: 1, ms: 1 });
  const { text } = await source.scrape();
  const families = readExposition(text);
  expect(text).not.toContain('a text of a user');
  expect(sumOf(families, 'winnow_request_success_total', { finished_reason: 'error' })).toBe(2);
  expect(sumOf(families, 'winnow_corrupted_requests_total')).toBe(1);
});

test('gauges are read at each scrape, and a model that is gone is not told of any more', async () => {
  const source = metrics();
  let running = 3;
  source.watch({
    engines: () => [['m', stats({ running, waiting: 9, kvUsedFraction: 0.5 })]],
    scorers: () => [['r', 4]],
    kept: () => [['r', 70]],
  });
  let families = await scraped(source);
  expect(sumOf(families, 'winnow_num_requests_running', m)).toBe(3);
  expect(sumOf(families, 'winnow_num_requests_waiting', m)).toBe(9);
  expect(sumOf(families, 'winnow_kv_cache_usage_perc', m)).toBe(0.5);
  expect(sumOf(families, 'winnow_num_scores_waiting', { model_name: 'r' })).toBe(4);
  expect(sumOf(families, 'winnow_prefix_cache_tokens', { model_name: 'r' })).toBe(70);
  running = 1;
  families = await scraped(source);
  expect(sumOf(families, 'winnow_num_requests_running', m)).toBe(1);
  source.watch({ engines: () => [], scorers: () => [], kept: () => [] });
  expect((await scraped(source)).get('winnow_num_requests_running')?.samples).toEqual([]);
});

test('the delay of the event loop is that since the last scrape', async () => {
  const source = metrics();
  const longest = async () => sumOf(await scraped(source), 'winnow_event_loop_delay_seconds', { quantile: '1' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await longest();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const until = performance.now() + 120;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await longest()).toBeGreaterThan(0.1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await longest()).toBeLessThan(0.1);
});

test('two backends of one process have metrics of their own', async () => {
  const [first, second] = [metrics(), metrics()];
  first.observer('m').preempted();
  second.observer('m');
  expect(sumOf(await scraped(first), 'winnow_num_preemptions_total')).toBe(1);
  expect(sumOf(await scraped(second), 'winnow_num_preemptions_total')).toBe(0);
});

test('a quantile between two scrapes is the bound of its bucket', async () => {
  const source = metrics();
  const observer = source.observer('m');
  observer.started(200_000);
  const before = await scraped(source);
  for (let count = 0; count < 99; count++) observer.started(4);
  observer.started(700);
  const after = await scraped(source);
  const at = (quantile: number) =>
    quantileBetween(before, after, 'winnow_request_queue_time_seconds', { quantile, labels: { model_name: 'm' } });
  expect([at(0.5), at(0.99), at(1)]).toEqual([0.005, 0.005, 0.75]);
});

test.each([
  { name: 'a line that is none', text: 'a b c\n' },
  { name: 'a sample without a family', text: 'a 1\n' },
  { name: 'a sample of another family', text: '# TYPE a counter\nb 1\n' },
  { name: 'a family twice', text: '# TYPE a counter\na 1\n# TYPE a counter\n' },
  { name: 'a label without quotes', text: '# TYPE a counter\na{b=c} 1\n' },
  { name: 'no end of the last line', text: '# TYPE a counter\na 1' },
])('the reader refuses $name', ({ text }) => {
  expect(() => readExposition(text)).toThrow();
});
