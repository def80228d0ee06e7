// Selection alone: answers and scores that came from elsewhere, three rules, no model.
import type { z } from 'zod';
import type { selectAnswer } from '../schemas/select.ts';

const url = process.env.WINNOW_URL ?? 'http://127.0.0.1:8787';

const candidates = [
  { text: '9 * 100 = 900\nAnswer: 900', scores: { judge: 0.4 } },
  { text: '9 * 99 = 891\nAnswer: 891', scores: { judge: 0.7 } },
  { text: '100 * 9 = 900\nAnswer: 900', scores: { judge: 0.5 } },
];

for (const rule of ['argmax', 'majority_vote', 'weighted_vote']) {
  const response = await fetch(`${url}/v1/select`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'chains', candidates, selection: { rule } }), // the policy says how answers are read
  });
  if (!response.ok) throw new Error(await response.text());
  const { choice, ranking } = (await response.json()) as z.infer<typeof selectAnswer>;
  console.log(`${rule}: answer ${choice.answer}, candidate ${choice.index}; ranking ${ranking.join(' ')}`);
}
