/** A peer's side of the talk: `{"ready": true}`, then a line of JSON for each line that it reads. */
import { createInterface } from 'node:readline';

export async function serve(generate) {
  process.stdout.write('{"ready":true}\n');
  for await (const line of createInterface({ input: process.stdin })) {
    let answer;
    try {
      answer = await generate(JSON.parse(line));
    } catch (failure) {
      answer = { error: String(failure) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0);
}
