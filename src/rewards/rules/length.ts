import type { CheckOf } from '../../../schemas/rewards/rule.ts';
import type { Reader } from './check.ts';
import { type CheckedText, COUNTS } from './checked-text.ts';
import { CheckError, within } from './verdict.ts';
import { paragraphsOf } from './words.ts';

type Length = CheckOf<'length'>;

/** How long a text is, in the unit asked for. */
export const length: Reader<'length'> = (check) => {
  const { unit, about, tolerance, separator } = check;
  if (check.min === undefined && check.max === undefined && about === undefined)
    throw new CheckError('min', 'A length has `min`, `max` or `about`.');
  if (separator !== undefined && unit !== 'paragraphs') throw new CheckError('separator', 'Only paragraphs have a separator.');
  const near = about === undefined ? {} : { min: Math.ceil(about * (1 - tolerance)), max: Math.floor(about * (1 + tolerance)) };
  const min = Math.max(check.min ?? 0, near.min ?? 0);
  const max = Math.min(check.max ?? Number.POSITIVE_INFINITY, near.max ?? Number.POSITIVE_INFINITY);
  if (min > max) throw new CheckError('min', `No text has at least ${min} and at most ${max} ${unit}.`);
  return {
    needs: unit === 'tokens' ? ['tokens'] : [],
    judge: (candidate) => within(counted(candidate, unit, separator), { min, max }, unit),
  };
};

const counted = (candidate: CheckedText, unit: Length['unit'], separator: string | undefined): number =>
  separator === undefined
    ? COUNTS[unit](candidate)
    : candidate.once(`paragraphs|${separator}`, () => paragraphsOf(candidate.text, separator)).length;
