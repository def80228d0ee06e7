/** The README holds what is true: its first curl and its first snippet, run as they stand there. */
import { readFileSync } from 'node:fs';
import OpenAI from 'openai';
import { expect, inject, test } from 'vitest';
import { checkPuzzle } from '../../bench/checker.ts';
import { runAnswer } from '../../schemas/run.ts';
import { expectAccounts } from './accounts.ts';
import { good, post } from './winnow.ts';

const readme = readFileSync('README.md', 'utf8');
const [prompt, numbers = '', target = ''] = /Use ([\d, ]+) to make (\d+)\./.exec(readme)!;
const puzzle = { numbers: numbers.split(', ').map(Number), target: Number(target) };

const run = async (path: string, body: object) => good(await post(path, body), runAnswer);

/** Path and body of the first curl. */
function firstCurl(): { path: string; body: { prompt?: string } } {
  const [, path = '', body = ''] = /curl http:\/\/127\.0\.0\.1:8787(\S+)[^']*'[^']*'[^']*'([^']*)'/.exec(readme)!;
  return { path, body: JSON.parse(body) };
}

test('the first curl answers with a solution chosen among 16 real samples, and an account that adds up', async () => {
  const { path, body } = firstCurl();
  expect(body.prompt).toBe(prompt);
  const answer = await run(path, body);
  expect(answer.candidates).toHaveLength(16);
  expect(new Set(answer.candidates!.map(({ tokens, scores }) => JSON.stringify([tokens, scores]))).size).toBeGreaterThan(4);
  expect(checkPuzzle(answer.choice.message.content, puzzle).ok).toBe(true);
  expectAccounts(answer);
});

test('the output shown is of the shape that the curl answers with', async () => {
  const { path, body } = firstCurl();
  const [, shown = ''] = /```json\n(\{"id"[\s\S]*?)\n```/.exec(readme)!;
  const parsed = JSON.parse(shown.replaceAll(/,?\s*\.\.\./g, ''));
  const answer = await run(path, body);
  for (const member of Object.keys(parsed)) expect(answer).toHaveProperty([member]);
  expect(checkPuzzle(parsed.choice.message.content, puzzle).ok).toBe(true);
});

test('most seeds solve it', async () => {
  const { path, body } = firstCurl();
  const seeds = Array.from({ length: 20 }, (_, seed) => seed);
  const answers = await Promise.all(seeds.map((seed) => run(path, { ...body, sampling: { seed } })));
  const solved = answers.filter(({ choice }) => checkPuzzle(choice.message.content, puzzle).ok).length;
  expect(solved).toBeGreaterThanOrEqual(17); // at a rate of 95 % fewer than 17 of 20 come once in 60; the seeds are fixed
});

test('the first snippet of an OpenAI client does what it says', async () => {
  expect(readme).toContain("model: 'puzzles@best_of_n:16'");
  const client = new OpenAI({ baseURL: `${inject('winnow').url}/v1`, apiKey: 'none' });
  const answer = await client.chat.completions.create({
    model: 'puzzles@best_of_n:16',
    messages: [{ role: 'user', content: prompt }],
    seed: 1,
  });
  expect(checkPuzzle(answer.choices[0]!.message.content!, puzzle).ok).toBe(true);
});
