import { expect, test, vi } from 'vitest';
import { Recordings } from '../../gpu-backend/recordings.ts';

const stay = () => new AbortController().signal;
async function read(lines: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const line of lines) text += line;
  return text;
}

/** A source that writes when it is told to. */
function told() {
  let write!: (line: string | null) => void;
  let next = new Promise<string | null>((resolve) => {
    write = resolve;
  });
  const stopped = vi.fn();
  async function* source(signal: AbortSignal) {
    signal.addEventListener('abort', stopped);
    for (;;) {
      const line = await next;
      next = new Promise((resolve) => {
        write = resolve;
      });
      if (line === null || signal.aborted) return;
      yield line;
    }
  }
  return {
    source,
    stopped,
    write: async (line: string | null) => {
      write(line);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('a follower who comes late reads from the first line on, without a second run', async () => {
  const recordings = new Recordings();
  const { source, write } = told();
  const start = vi.fn(source);
  const first = read(recordings.follow('k', 'r', start, stay()));
  await write('a');
  const second = read(recordings.follow('k', 'r', start, stay()));
  await write('b');
  await write(null);
  expect(await Promise.all([first, second])).toEqual(['ab', 'ab']);
  expect(await read(recordings.follow('k', 'r', start, stay()))).toBe('ab');
  expect(start).toHaveBeenCalledTimes(1);
});

test('only the last follower to leave stops it, and the key is then new', async () => {
  const recordings = new Recordings();
  const { source, stopped, write } = told();
  const start = vi.fn(source);
  const clients = [new AbortController(), new AbortController()];
  const reading = clients.map(({ signal }) => read(recordings.follow('k', 'r', start, signal)));
  await write('a');
  clients[0]!.abort();
  expect(await reading[0]).toBe('a');
  expect(stopped).not.toHaveBeenCalled();
  clients[1]!.abort();
  expect(stopped).toHaveBeenCalledTimes(1);
  void recordings.follow('k', 'other', start, stay());
  expect(start).toHaveBeenCalledTimes(2);
});

test('a source that breaks off tells its followers, and is not kept', async () => {
  const recordings = new Recordings();
  async function* broken() {
    yield 'a';
    throw new Error('broken');
  }
  await expect(read(recordings.follow('k', 'r', broken, stay()))).rejects.toThrow('broken');
  await expect(read(recordings.follow('k', 'r', broken, stay()))).rejects.toThrow('broken');
});

test('what is refused at once is thrown at once, and is not kept', async () => {
  const recordings = new Recordings();
  const refuse = () => {
    throw new Error('refused');
  };
  expect(() => recordings.follow('k', 'r', refuse, stay())).toThrow('refused');
  expect(await read(recordings.follow('k', 'r', async function* () {}, stay()))).toBe('');
});

test('a key is forgotten after 10 minutes, and the oldest where 64 Mi characters are held', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const recordings = new Recordings();
  const start = vi.fn(async function* () {
    yield 'x'.repeat(24 << 20);
  });
  const ask = (key: string) => read(recordings.follow(key, 'r', start, stay()));
  for (const key of ['a', 'b', 'c']) await ask(key);
  await ask('c');
  expect(start).toHaveBeenCalledTimes(3);
  await ask('a'); // the third did not fit beside it
  expect(start).toHaveBeenCalledTimes(4);
  vi.advanceTimersByTime(10 * 60_000 + 1);
  await ask('c');
  expect(start).toHaveBeenCalledTimes(5);
  vi.useRealTimers();
});
