import { expect, test } from 'vitest';
import { untilDeadline } from '../../src/runtime/context.ts';
import { Deadline } from '../../src/runtime/deadline.ts';
import { means } from './means.ts';
import { ScriptedBackend } from './scripted-backend.ts';

test.each([
  { limit: 60_000, now: 1000, left: 60_000, sampling: 59_750 },
  { limit: 60_000, now: 11_000, left: 50_000, sampling: 49_750 },
  { limit: 400, now: 1000, left: 400, sampling: 300 },
  { limit: 400, now: 1500, left: -100, sampling: -200 },
])(
  'of $limit ms from 1000, $left are left at $now, and $sampling for sampling (methods D.9)',
  ({ limit, now, left, sampling }) => {
    const deadline = new Deadline(() => now, 1000, limit);
    expect([deadline.leftMs, deadline.leftForSamplingMs, deadline.elapsedMs]).toEqual([left, sampling, now - 1000]);
  },
);

test('a call is aborted when the reader leaves', () => {
  const reader = new AbortController();
  const { context } = means(new ScriptedBackend(), { signal: reader.signal });
  const signal = untilDeadline(context);
  expect(signal.aborted).toBe(false);
  reader.abort();
  expect(signal.aborted).toBe(true);
});

test('a call is aborted when only the time to answer is left, however little that is', async () => {
  const { context } = means(new ScriptedBackend(), { deadline: new Deadline(() => 10, 0, 11) });
  const signal = untilDeadline(context);
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
});
