import { z } from 'zod';
import { define } from './define.ts';
import { effectiveSize } from './particle-weights.ts';
import { filterParticles, particleOptions, particleSearch } from './particles.ts';

/**
 * Particle filtering: candidates are written side by side, weighted by the step reward, and copied in proportion to their
 * weights where these have become uneven. The selection picks from all that came to their end.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.5, C.15; Puri et al. 2025
 */
export const particleFilter = define({
  name: 'particle_filter',
  title: 'Write candidates side by side and copy those that a process reward weighs most.',
  ...particleSearch,
  options: z.strictObject({
    ...particleOptions,
    ess_threshold: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('Resampled where the effective number is below this part of all; 1 is always, 0 never (methods C.5).'),
  }),
  run: (task, { ess_threshold: threshold, ...size }) =>
    filterParticles(
      task,
      size,
      (weights) => (threshold >= 1 || effectiveSize(weights) < threshold * weights.length ? weights : undefined),
      'particle_filter',
    ),
});
