/** Bounds of histograms, from vLLM's. */

/** Times of requests: a few milliseconds with a small model, minutes with a large one. */
export const secondsBuckets = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 60, 120, 300,
] as const;

/** Times of one step. */
export const stepBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5,
] as const;

export const tokenBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 65_536] as const;

export const candidateBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024] as const;
