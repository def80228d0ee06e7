import { z } from 'zod';
import { shortFor } from './short-form.ts';

export const memberName = z.string().min(1).describe('A reward of this config.');

/** One of the rewards that another is made of: its name, or an object with its name as `reward`. */
export const member = <Shape extends z.ZodRawShape>(shape: Shape) =>
  shortFor('reward', z.strictObject({ reward: memberName, ...shape }));

/** No member is named twice: it would count twice, and weigh twice. */
export const distinct = ({ members }: { readonly members: readonly { readonly reward: string }[] }): boolean =>
  new Set(members.map(({ reward }) => reward)).size === members.length;
