import { expect, test } from 'vitest';
import { cohereAnswer, jinaAnswer } from '../../schemas/rerank.ts';
import { scoreAnswer } from '../../schemas/score.ts';
import { asked, expectRefusal, good, post, puzzle } from './winnow.ts';

const documents = ['12 - 7 = 5 | 3 5 20', '20 - 12 = 8 | 3 7 8', '3 + 7 = 11 | 11 12 20', '20 * 3 = 60 | 7 12 60'];
const body = { model: 'outcome', query: puzzle, documents };

const jina = async (more: object = {}) => good(await post('/v1/rerank', { ...body, ...more }), jinaAnswer);
const cohere = async (more: object = {}) => good(await post('/v2/rerank', { ...body, ...more }), cohereAnswer);

test('every document comes back, the best first, with a number from 0 to 1', async () => {
  const { results, model, object, usage } = await jina();
  expect({ model, object }).toEqual({ model: 'outcome', object: 'list' });
  expect(results.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3]);
  const scores = results.map(({ relevance_score }) => relevance_score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  for (const score of scores) expect(score).toBeGreaterThan(0);
  for (const score of scores) expect(score).toBeLessThan(1);
  expect(usage.total_tokens).toBeGreaterThan(0);
  expect(usage.prompt_tokens).toBe(usage.total_tokens);
});

test('relevance is the sigmoid of the logit that the score route gives; raw_scores gives the logit', async () => {
  const { data } = good(await post('/v1/score', { ...asked, candidates: documents }), scoreAnswer);
  const logit = (index: number) => {
    const score = data[index]!.scores.outcome!;
    return score.ok ? score.value : Number.NaN;
  };
  for (const { index, relevance_score } of (await jina()).results)
    expect(relevance_score).toBeCloseTo(1 / (1 + Math.exp(-logit(index))), 4);
  for (const { index, relevance_score } of (await jina({ raw_scores: true })).results)
    expect(relevance_score).toBeCloseTo(logit(index), 4);
});

test('a reward that is a probability is given as it is', async () => {
  const mapped = await jina({ model: 'process' });
  expect((await jina({ model: 'process', raw_scores: true })).results).toEqual(mapped.results);
});

test('both routes rank alike', async () => {
  const [one, two] = [await jina(), await cohere()];
  expect(two.results).toEqual(one.results);
  expect(two.meta).toMatchObject({ api_version: { version: '2' }, billed_units: { search_units: 1 } });
  expect(two.meta.tokens).toEqual({ input_tokens: one.usage.total_tokens, output_tokens: 0 });
});

test.each([
  { top_n: 1, given: 1 },
  { top_n: 3, given: 3 },
  { top_n: 4, given: 4 },
  { top_n: 50, given: 4 },
])('top_n $top_n of 4 gives the $given best', async ({ top_n, given }) => {
  const all = await jina();
  expect((await jina({ top_n })).results).toEqual(all.results.slice(0, given));
});

test('documents may be objects with a text, and texts and candidates are other names for them', async () => {
  const plain = (await jina()).results;
  expect((await jina({ documents: documents.map((text) => ({ text, title: 'x' })) })).results).toEqual(plain);
  expect((await jina({ documents: undefined, texts: documents })).results).toEqual(plain);
  expect((await jina({ documents: undefined, candidates: documents })).results).toEqual(plain);
});

test('texts are repeated only where that is asked for', async () => {
  for (const result of (await jina()).results) expect(result).not.toHaveProperty('document');
  for (const { index, document } of (await jina({ return_documents: true })).results)
    expect(document?.text).toBe(documents[index]);
});

test('equal documents come in their order', async () => {
  const { results } = await jina({ documents: ['1 + 1 = 2 | 2', '1 + 1 = 2 | 2', '1 + 1 = 2 | 2'] });
  expect(results.map(({ index }) => index)).toEqual([0, 1, 2]);
});

test('a document that cannot be scored is left out and named', async () => {
  const one = await jina({ documents: [documents[0], 'Ω'] });
  expect(one.results.map(({ index }) => index)).toEqual([0]);
  expect(one.meta?.warnings?.join()).toMatch(/Document 1 could not be scored: .*[^.]\.$/);
  const two = await cohere({ documents: [documents[0], 'Ω'] });
  expect(two.meta.warnings).toEqual(one.meta?.warnings);
});

test('fields of Cohere’s and Jina’s that change nothing are taken', async () => {
  const { results } = await jina({
    max_chunks_per_doc: 10,
    max_tokens_per_doc: 4096,
    rank_fields: ['text'],
    priority: 1,
    truncation: true,
  });
  expect(results).toHaveLength(4);
});

test.each([
  { said: 'no documents', more: { documents: [] }, status: 422, code: 'no_candidates', param: 'documents' },
  {
    said: 'documents missing',
    more: { documents: undefined },
    status: 400,
    code: 'missing_required_parameter',
    param: 'documents',
  },
  { said: 'documents and texts', more: { texts: ['1'] }, status: 400, code: 'invalid_value', param: 'documents' },
  {
    said: 'more than the cap',
    more: { documents: Array(10_001).fill('1') },
    status: 400,
    code: 'invalid_value',
    param: 'documents',
  },
  {
    said: 'a document that is a number',
    more: { documents: ['1', 2] },
    status: 400,
    code: 'invalid_value',
    param: 'documents[1]',
  },
  { said: 'top_n 0', more: { top_n: 0 }, status: 400, code: 'invalid_value', param: 'top_n' },
  { said: 'top_n -1', more: { top_n: -1 }, status: 400, code: 'invalid_value', param: 'top_n' },
  { said: 'top_n 1.5', more: { top_n: 1.5 }, status: 400, code: 'invalid_value', param: 'top_n' },
  { said: 'an unknown model', more: { model: 'nope' }, status: 404, code: 'model_not_found', param: 'model' },
  { said: 'a policy as model', more: { model: 'puzzles' }, status: 404, code: 'model_not_found', param: 'model' },
  { said: 'no model', more: { model: undefined }, status: 400, code: 'missing_required_parameter', param: 'model' },
  { said: 'no query', more: { query: undefined }, status: 400, code: 'missing_required_parameter', param: 'query' },
  { said: 'an empty query', more: { query: '' }, status: 400, code: 'invalid_value', param: 'query' },
])('$said: $status $code at $param, on both routes', async ({ more, ...refusal }) => {
  for (const path of ['/v1/rerank', '/v2/rerank']) expectRefusal(await post(path, { ...body, ...more }), refusal);
});
