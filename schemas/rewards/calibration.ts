/** From the scale of one reward to one that several share (methods B.2). */
import { z } from 'zod';
import { shortFor } from './short-form.ts';

/** Maps that need the whole set of candidates before they can say anything of one. */
const ofTheSet = z.enum(['zscore', 'robust', 'rank', 'minmax']);
export const setMaps: readonly string[] = ofTheSet.options;

const knot = z.tuple([z.number(), z.number().min(0).max(1)]);
const rising = (knots: readonly (readonly [number, number])[]): boolean =>
  knots.every(([x, y], place) => place === 0 || (x > knots[place - 1]![0] && y >= knots[place - 1]![1]));

const maps = z.discriminatedUnion('map', [
  z.strictObject({ map: z.literal('none').describe('The score as it is.') }),
  z.strictObject({
    map: ofTheSet.describe('By mean and deviation, median and MAD, percentile rank, or least and most of the set.'),
  }),
  z.strictObject({
    map: z.literal('zscore_ref').describe('By mean and deviation of the reward on a reference set.'),
    mean: z.number(),
    deviation: z.number().positive(),
  }),
  z
    .strictObject({
      map: z.literal('minmax_fixed').describe('From declared bounds to 0 and 1; beyond them it is clamped.'),
      least: z.number(),
      most: z.number(),
    })
    .refine(({ least, most }) => least < most, { path: ['most'], error: '`most` must be above `least`.' }),
  z.strictObject({
    map: z.literal('sigmoid').describe('sigmoid((score - middle) / scale).'),
    middle: z.number().default(0),
    scale: z.number().positive().default(1),
  }),
  z.strictObject({
    map: z.literal('platt').describe('sigmoid(slope x score + intercept), both fitted on scores with known outcome.'),
    slope: z.number(),
    intercept: z.number(),
  }),
  z.strictObject({
    map: z.literal('temperature').describe('sigmoid(score / temperature).'),
    temperature: z.number().positive(),
  }),
  z.strictObject({
    map: z.literal('isotonic').describe('Linear between knots, flat outside of them.'),
    knots: z
      .array(knot)
      .min(1)
      .max(256)
      .refine(rising, 'Each knot is [score, value]: scores rise, values from 0 to 1 never fall.'),
  }),
]);
export type Calibration = z.infer<typeof maps>;

/** Each alone is the map with its defaults; the others need their numbers. */
const alone = ['none', ...ofTheSet.options, 'sigmoid'];

export const calibration = shortFor('map', maps, alone);
