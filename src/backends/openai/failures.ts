import { WinnowError } from '../../../schemas/errors.ts';

/**
 * Many failures as one: the most frequent kind, and of that the most frequent words; of equals the first. That one of them
 * may have spent is not forgotten.
 */
export function together(failures: readonly WinnowError[]): WinnowError {
  const alike = (name: 'code' | 'message', than: WinnowError) => failures.filter((one) => one[name] === than[name]).length;
  const [first] = [...failures].sort((a, b) => alike('code', b) - alike('code', a) || alike('message', b) - alike('message', a));
  const { code, message, param, cause, retryAfter } = first!;
  const mayHaveSpent = failures.some((one) => one.mayHaveSpent);
  return new WinnowError(code, message, { param, cause, mayHaveSpent, ...(retryAfter === undefined ? {} : { retryAfter }) });
}
