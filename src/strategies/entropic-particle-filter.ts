import { z } from 'zod';
import { define } from './define.ts';
import { temperatureMethods, tempered } from './particle-weights.ts';
import { filterParticles, particleOptions, particleSearch } from './particles.ts';

/**
 * Entropic particle filtering: as `particle_filter`, but that it resamples after every step, and flattens uneven weights
 * early on, so that one lucky first step does not take all particles.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.5b, C.15
 */
export const entropicParticleFilter = define({
  name: 'entropic_particle_filter',
  title: 'Particle filtering that keeps its particles different for longer.',
  ...particleSearch,
  options: z.strictObject({
    ...particleOptions,
    horizon: z
      .int()
      .min(1)
      .max(200)
      .default(10)
      .describe('Steps that an answer is expected to have: progress is counted in them.'),
    ess_threshold: z.number().min(0).max(1).default(0.5).describe('Weights are uneven below this part (methods C.5b).'),
    early_phase: z.number().min(0).max(1).default(0.5).describe('Progress until which they are flattened (methods C.5b).'),
    temperature_method: z.enum(temperatureMethods).default('ess').describe('How much they are flattened (methods C.5b).'),
  }),
  run: (task, { horizon, ess_threshold: essThreshold, early_phase: earlyPhase, temperature_method: method, ...size }) =>
    filterParticles(
      task,
      size,
      (weights, step) => tempered(weights, { progress: step / horizon, essThreshold, earlyPhase, method }),
      'entropic_particle_filter',
    ),
});
