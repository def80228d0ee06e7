import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventStream } from '../../../gpu-backend/openai/event-stream.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('events are read in order, joined where they waited, and the end closes', async () => {
  const stream = new EventStream('slow');
  const reader = stream.response(() => {}, {}).body!.getReader();
  stream.send('1');
  stream.send('2');
  stream.comment('two\nlines');
  stream.end();
  stream.send('late');
  let text = '';
  for (let read = await reader.read(); !read.done; read = await reader.read()) text += new TextDecoder().decode(read.value);
  expect(text).toBe('data: 1\n\ndata: 2\n\n: two lines\n\n');
});

test('a silent stream says every 15 s that it lives, and nothing after its end', async () => {
  const stream = new EventStream('slow');
  const reader = stream.response(() => {}, {}).body!.getReader();
  const read = async () => new TextDecoder().decode((await reader.read()).value);
  vi.advanceTimersByTime(15_000);
  expect(await read()).toBe(': keep-alive\n\n');
  stream.end();
  expect(vi.getTimerCount()).toBe(0);
  expect((await reader.read()).done).toBe(true);
});

test('a reader that leaves is told once, and nothing is kept for it', async () => {
  const stream = new EventStream('slow');
  const left = vi.fn();
  const reader = stream.response(left, {}).body!.getReader();
  await reader.cancel();
  stream.send('1');
  expect(left).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('a reader that is 4 MB behind is told so, counts as one that left, and holds no more', async () => {
  const stream = new EventStream('slow');
  const left = vi.fn();
  const reader = stream.response(left, {}).body!.getReader();
  for (let event = 0; event < 100; event++) stream.send('x'.repeat(100_000));
  expect(left).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
  let text = '';
  for (let read = await reader.read(); !read.done; read = await reader.read()) text += new TextDecoder().decode(read.value);
  expect(text.length).toBeLessThan(4 << 20);
  expect(text.endsWith('data: slow\n\n')).toBe(true);
});

test('a reader that keeps up may read any amount', async () => {
  const stream = new EventStream('slow');
  const left = vi.fn();
  const reader = stream.response(left, {}).body!.getReader();
  for (let event = 0; event < 100; event++) {
    stream.send('x'.repeat(100_000));
    await reader.read();
  }
  expect(left).not.toHaveBeenCalled();
  stream.end();
});
