import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { json } from '../requests/config.ts';
import { serve } from './served.ts';

const caps = { ...json.caps, max_documents: 10_000, max_body_bytes: 4_194_304, max_time_ms: 60_000 };
const row = { prompt: 'question', reference: 'a', candidates: [{ text: 'a' }, { text: 'b' }] };
const rewards = ['outcome', 'process'];

test('more resamples than one request may have are refused before a row is scored', async () => {
  const { post, backend } = serve({ config: loadConfig({ ...json, caps }) });
  const ask = (rows: number) => post('/v1/evaluate', { data: Array(rows).fill(row), rewards, resamples: 10_000 });
  const refused = await ask(2501);
  expect([refused.status, refused.body.error.param, backend.scoreRequests]).toEqual([400, 'resamples', []]);
  expect(refused.body.error.message).toMatch(/2501 rows x \d rewards x 10000 resamples .* up to \d+ here/);
});

const scored = (score: number) => ({ gold: score, scores: { outcome: score, process: score } });
const labelled = { candidates: [scored(1), scored(0)] };

test('so they are of rows that are labelled already, once these are read', async () => {
  const { post } = serve({ config: loadConfig({ ...json, caps }) });
  const { status, body } = await post('/v1/evaluate', { data: Array(2501).fill(labelled), rewards, resamples: 10_000 });
  expect([status, body.error.param]).toEqual([400, 'resamples']);
});

test('rows that cannot be read are not counted in them', async () => {
  const { post } = serve({ config: loadConfig({ ...json, caps }) });
  const data = [row, labelled, ...Array(9998).fill({ candidates: 1 })];
  const { status, body } = await post('/v1/evaluate', { data, rewards, resamples: 10_000, on_bad_row: 'skip' });
  expect(status).toBe(200);
  expect(body.rows).toMatchObject({ read: 10_000, used: 2, bad: 9998 });
});
