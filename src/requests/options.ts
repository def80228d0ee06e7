import { z } from 'zod';
import type { Strategy } from '../strategies/define.ts';

/** The strategy's own schema over the joined options; an error names the field as the body has it. */
export function parseOptions(
  strategy: Strategy,
  options: Readonly<Record<string, unknown>>,
  path: string,
): Record<string, unknown> {
  const result = strategy.options.safeParse(options, { reportInput: true });
  if (result.success) return result.data as Record<string, unknown>; // an object's schema gives an object
  const prefix = path.split('.').filter((part) => part !== '');
  throw new z.ZodRealError(result.error.issues.map((issue) => ({ ...issue, path: [...prefix, ...issue.path] })));
}
