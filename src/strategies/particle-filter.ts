import { z } from 'zod';
import { define } from './define.ts';
import { effectiveSize } from './particle-weights.ts';
import { filterParticles, particleOptions, particleSearch } from './particles.ts';

/**
 * Particle filtering: candidates are written side by side, weighted by the step reward, and copied in proportion to their
 * weights where these have become uneven. The selection picks from all that came to their end. With several `iterations` it
 * is particle Gibbs.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.5, C.15; Puri et al. 2025; Andrieu et al. 2010 (particle Gibbs)
 */
export const particleFilter = define({
  name: 'particle_filter',
  title: 'Write candidates side by side and copy those that a process reward weighs most.',
  ...particleSearch,
  options: z
    .strictObject({
      ...particleOptions,
      ess_threshold: z
        .number()
        .min(0)
        .max(1)
        .default(0.5)
        .describe('Resampled where the effective number is below this part of all; 1 is always, 0 never (methods C.5).'),
      iterations: z
        .int()
        .min(1)
        .max(64)
        .default(1)
        .describe(
          'Passes that share the particles evenly; more than 1 is particle Gibbs: each keeps a path of the one before (methods C.5).',
        ),
    })
    .refine(({ particles, iterations }) => particles % iterations === 0, {
      error: 'particles must be a multiple of iterations',
      path: ['iterations'],
    }),
  run: (task, { ess_threshold: threshold, ...size }) =>
    filterParticles(
      task,
      size,
      (weights) => (threshold >= 1 || effectiveSize(weights) < threshold * weights.length ? weights : undefined),
      'particle_filter',
    ),
});
