// A beam search as it goes: server-sent events of every round, then the result.
import type { RunAnswer } from '../schemas/run.ts';

const url = process.env.WINNOW_URL ?? 'http://127.0.0.1:8787';

const response = await fetch(`${url}/v1/search`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ messages: [{ role: 'user', content: 'Use 1, 10, 14, 23 to make 47.' }], budget: 16, stream: true }),
});
if (!response.ok || !response.body) throw new Error(await response.text());

let rest = '';
for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
  const blocks = (rest + text).split('\n\n');
  rest = blocks.pop() ?? '';
  for (const block of blocks) tell(block);
}

function tell(block: string): void {
  const [, event] = /^event: (.*)$/m.exec(block) ?? [];
  const [, json] = /^data: (.*)$/m.exec(block) ?? [];
  if (json === undefined) return; // a comment that keeps the line open
  const data = JSON.parse(json);
  if (event === 'round') console.log(`round ${data.round}: ${data.kept.length} kept, ${data.spent.tokens} tokens so far`);
  if (event === 'candidate') console.log(`candidate ${data.id}: ${data.tokens} tokens, ${data.finish_reason}`);
  if (event === 'result') console.log(`\n${(data as RunAnswer).choice.message.content}`);
  if (event === 'error') throw new Error(data.error.message);
}
