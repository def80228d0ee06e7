import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lines } from '../../src/backends/lines.ts';
import { collect } from './collect.ts';

const body = (parts: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = async (stream: ReadableStream<Uint8Array> | null) => collect(lines(stream));

test('lines come without their ends; a last one without an end too, an empty one never', async () => {
  expect(await read(body([bytes('a\n\nb\nc')]))).toEqual(['a', 'b', 'c']);
  expect(await read(body([bytes('a\n')]))).toEqual(['a']);
  expect(await read(body([]))).toEqual([]);
  expect(await read(null)).toEqual([]);
});

test('wherever the bytes are cut, within a character too, the lines are the same', async () => {
  const piece = fc.constantFrom('a', '{"', '\u00FC', '\u20AC', '\u{1F600}');
  const line = fc.array(piece, { minLength: 1 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(40), { maxLength: 8 }),
      async (given, cuts) => {
        const whole = bytes(given.join('\n'));
        const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
        const parts = places.slice(1).map((end, place) => whole.slice(places[place], end));
        expect(await read(body(parts))).toEqual(given);
      },
    ),
    { numRuns: 100 },
  );
});

test('a line that never ends is given up, and the body with it', async () => {
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024).fill(97)),
    cancel: () => {
      cancelled = true;
    },
  });
  await expect(read(endless)).rejects.toThrow('more than');
  expect(cancelled).toBe(true);
});

test('a reader that has enough ends the body', async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes('a\nb\n')),
    cancel: () => {
      cancelled = true;
    },
  });
  for await (const line of lines(stream)) if (line === 'a') break;
  expect(cancelled).toBe(true);
});
