import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LineQueue } from '../../../gpu-backend/line-queue.ts';
import { asText, ndjson } from '../../../gpu-backend/routes/ndjson.ts';

function opened() {
  const lines = new LineQueue<number>();
  const client = new AbortController();
  const reader = ndjson(asText(lines), client).body!.getReader();
  const piece = async () => new TextDecoder().decode((await reader.read()).value);
  return { lines, client, reader, piece };
}

test('lines of one turn of the event loop are one piece, and those of the next another', async () => {
  const { lines, reader, piece } = opened();
  for (const line of [1, 2, 3]) lines.push(line);
  expect(await piece()).toBe('1\n2\n3\n');
  lines.push(4);
  expect(await piece()).toBe('4\n');
  lines.push(5);
  lines.end();
  expect(await piece()).toBe('5\n');
  expect((await reader.read()).done).toBe(true);
});

test('a line is told although none follows it', async () => {
  const { lines, piece } = opened();
  const told = piece();
  await nextTurn();
  lines.push(1);
  expect(await told).toBe('1\n');
});

test('what was said before a failure is told, and then the failure', async () => {
  const { lines, reader, piece } = opened();
  lines.push(1);
  lines.push(2);
  lines.fail(new Error('the model is gone'));
  expect(await piece()).toBe('1\n2\n');
  await expect(reader.read()).rejects.toThrow('the model is gone');
});

test('a failure that nobody reads yet is no unhandled one', async () => {
  const { lines, reader, piece } = opened();
  lines.push(1);
  expect(await piece()).toBe('1\n');
  lines.fail(new Error('the model is gone'));
  await nextTurn();
  await nextTurn();
  await expect(reader.read()).rejects.toThrow('the model is gone');
});

test('a client that leaves aborts', async () => {
  const { client, reader } = opened();
  await reader.cancel();
  expect(client.signal.aborted).toBe(true);
});
