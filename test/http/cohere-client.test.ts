/** The official Cohere client ranks what a best-of-N wrote. */
import { CohereClient, CohereClientV2, CohereError } from 'cohere-ai';
import { beforeAll, expect, inject, test } from 'vitest';
import { bestOfN, puzzle } from './winnow.ts';

const { url } = inject('winnow');
const v1 = new CohereClient({ token: 'unused', environment: url });
const v2 = new CohereClientV2({ token: 'unused', environment: url });

let documents: string[];
let scores: number[];
beforeAll(async () => {
  const { candidates = [] } = await bestOfN({ n: 8, return: { candidates: 'all' } });
  const scored = candidates.flatMap(({ text, scores }) =>
    scores.outcome?.ok ? [{ text: text!, value: scores.outcome.value }] : [],
  );
  documents = scored.map(({ text }) => text);
  scores = scored.map(({ value }) => value);
});

const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));

test('v2 ranks generations as the run that wrote them scored them', async () => {
  const { results, meta } = await v2.rerank({ model: 'outcome', query: puzzle, documents });
  expect(results.map(({ index }) => index).sort()).toEqual(scores.map((_, place) => place));
  for (const [place, { index }] of results.entries())
    if (place > 0) expect(scores[index]).toBeLessThan(scores[results[place - 1]!.index]! + 1e-4); // scored alone or together
  for (const { index, relevanceScore } of results) expect(relevanceScore).toBeCloseTo(sigmoid(scores[index]!), 4);
  expect(meta?.apiVersion?.version).toBe('2');
  expect(meta?.billedUnits?.searchUnits).toBe(1);
});

test('v1 ranks them alike, and repeats their texts where asked', async () => {
  const { id, results } = await v1.rerank({ model: 'outcome', query: puzzle, documents, topN: 3, returnDocuments: true });
  expect(id).toMatch(/^rerank_/);
  expect(results).toHaveLength(3);
  for (const { index, document } of results) expect(document?.text).toBe(documents[index]);
});

test('v1 takes objects with a text', async () => {
  const { results } = await v1.rerank({ model: 'outcome', query: puzzle, documents: documents.map((text) => ({ text })) });
  expect(results).toHaveLength(documents.length);
});

test('topN above the number of documents is all of them', async () => {
  const { results } = await v2.rerank({ model: 'process', query: puzzle, documents, topN: 1000 });
  expect(results).toHaveLength(documents.length);
});

test('a document that cannot be scored is missing from the results and named in the warnings', async () => {
  const { results, meta } = await v2.rerank({ model: 'outcome', query: puzzle, documents: ['Ω', documents[0]!] });
  expect(results.map(({ index }) => index)).toEqual([1]);
  expect(meta?.warnings?.join()).toContain('Document 0');
});

test.each([
  { said: 'an unknown model', request: { model: 'rerank-v3.5' }, statusCode: 404, code: 'model_not_found' },
  { said: 'no documents', request: { documents: [] }, statusCode: 422, code: 'no_candidates' },
  { said: 'topN 0', request: { topN: 0 }, statusCode: 400, code: 'invalid_value' },
])('$said is the client’s own error: $statusCode $code', async ({ request, statusCode, code }) => {
  const asked = { model: 'outcome', query: puzzle, documents, ...request };
  for (const client of [v2, v1]) {
    const failure = await client.rerank(asked).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(CohereError);
    expect(failure).toMatchObject({ statusCode, body: { error: { code } } });
  }
});
