import { vi } from 'vitest';

/** Makes every wait of this file's code pass at once; returns the milliseconds that were wished. */
export function withoutWaiting(): number[] {
  const waits: number[] = [];
  vi.stubGlobal('setTimeout', (resume: () => void, ms: number) => {
    waits.push(ms);
    return setImmediate(resume);
  });
  return waits;
}
