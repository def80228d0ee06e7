// The official OpenAI client: the model string turns scaling on, `winnow` sets it in detail, a stream ends with the choice.
import OpenAI from 'openai';

const url = process.env.WINNOW_URL ?? 'http://127.0.0.1:8787';
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: process.env.WINNOW_API_KEY ?? 'none' });
const messages = [{ role: 'user' as const, content: 'Use 1, 10, 14, 23 to make 47.' }];

const one = await openai.chat.completions.create({ model: 'puzzles', messages });
console.log(`one sample:\n${one.choices[0]?.message.content}\n`);

const best = await openai.chat.completions.create({ model: 'puzzles@best_of_n:16', messages });
console.log(`the best of sixteen, ${best.usage?.completion_tokens} tokens:\n${best.choices[0]?.message.content}\n`);

const winnow = { strategy: 'beam_search', options: { keep: 2, branch: 4 }, budget: { max_tokens: 1000 } };
const search = { model: 'puzzles', messages, stream: true as const, winnow }; // passed on as it is
process.stdout.write('a beam search, streamed:\n');
for await (const chunk of await openai.chat.completions.create(search))
  process.stdout.write(chunk.choices[0]?.delta.content ?? '');
console.log();
