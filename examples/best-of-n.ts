// Best-of-16 by plain fetch: the chosen answer, its rivals' scores, and what all of them cost.
import type { RunAnswer } from '../schemas/run.ts';

const url = process.env.WINNOW_URL ?? 'http://127.0.0.1:8787';

const response = await fetch(`${url}/v1/best-of-n`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ messages: [{ role: 'user', content: 'Use 1, 10, 14, 23 to make 47.' }], n: 16, sampling: { seed: 1 } }),
});
if (!response.ok) throw new Error(await response.text());
const run = (await response.json()) as RunAnswer;

console.log(run.choice.message.content);
for (const { id, tokens, scores } of run.candidates ?? []) {
  const score = scores.outcome?.ok ? scores.outcome.value.toFixed(3) : scores.outcome?.reason;
  console.log(`${id === run.choice.id ? '*' : ' '} ${id} ${tokens} tokens, outcome ${score}`);
}
console.log(`${run.usage.completion_tokens} tokens sampled in ${run.timing.total_ms} ms; seed ${run.seed} repeats it`);
