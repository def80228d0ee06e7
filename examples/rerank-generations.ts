// Candidates of a best-of-N, ranked by another reward through the official Cohere client.
import { CohereClientV2 } from 'cohere-ai';

const url = process.env.WINNOW_URL ?? 'http://127.0.0.1:8787';
const query = 'Use 1, 10, 14, 23 to make 47.';

const response = await fetch(`${url}/v1/best-of-n`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ messages: [{ role: 'user', content: query }], n: 8, return: { candidates: 'all' } }),
});
const { candidates } = (await response.json()) as { candidates: { text: string }[] };
const documents = [...new Set(candidates.map(({ text }) => text))];

const cohere = new CohereClientV2({ token: process.env.WINNOW_API_KEY ?? 'none', environment: url });
const { results } = await cohere.rerank({ model: 'process', query, documents, topN: 3 });
for (const { index, relevanceScore } of results) console.log(`${relevanceScore.toFixed(3)}\n${documents[index]}\n`);
