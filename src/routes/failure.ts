import { z } from 'zod';
import type { ErrorCode } from '../../schemas/errors.ts';
import { errorCodes, isErrorCode, WinnowError } from '../../schemas/errors.ts';
import { nearestIssue } from '../../schemas/nearest-issue.ts';
import type { Usage } from '../../schemas/usage.ts';

/** A run that failed after it had begun: what was spent until then goes with the error. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';
  readonly failure: WinnowError;
  readonly usage: Usage;
  /** Tokens were sampled: a client that tries again pays again. */
  readonly spent: boolean;

  constructor(failure: WinnowError, usage: Usage, spent: boolean) {
    super(failure.message, { cause: failure });
    this.failure = failure;
    this.usage = usage;
    this.spent = spent;
  }
}

export interface ErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string };
  readonly usage?: Usage;
}

export interface HttpFailure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

/** Anything that was thrown, as OpenAI's error object. What is not an error of ours is said without its text. */
export function httpFailure(thrown: unknown): HttpFailure {
  if (thrown instanceof RunFailure) {
    const { status, headers, body } = httpFailure(thrown.failure);
    if (!thrown.spent) return { status, headers, body };
    return { status, headers: { ...headers, 'x-should-retry': 'false' }, body: { ...body, usage: thrown.usage } };
  }
  if (thrown instanceof z.ZodError) return httpFailure(fromZod(thrown));
  if (thrown instanceof WinnowError) {
    const { status, type } = errorCodes[thrown.code];
    const headers = thrown.retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(thrown.retryAfter)) };
    const code = thrown.code === 'no_candidates_supplied' ? 'no_candidates' : thrown.code;
    return { status, headers, body: { error: { message: thrown.message, type, param: thrown.param, code } } };
  }
  return httpFailure(new WinnowError('internal_error', 'Something went wrong on our side.', { cause: thrown }));
}

/** The first issue of a schema, as one sentence: the field, what is wrong, what was given. */
function fromZod(error: z.ZodError): WinnowError {
  const issue = nearestIssue(error.issues[0]!);
  const path = pathOf(issue);
  const given = issue.input === undefined || issue.code === 'unrecognized_keys' ? '' : ` Given: ${shown(issue.input)}.`;
  const message = issue.code === 'unrecognized_keys' ? 'This member is not known.' : issue.message.replace(/\.?$/, '.');
  return new WinnowError(codeOf(issue), `${path || 'The body'}: ${message}${given}`, { param: path || null });
}

function codeOf(issue: z.core.$ZodIssue): ErrorCode {
  if (issue.code === 'custom' && typeof issue.params?.code === 'string' && isErrorCode(issue.params.code))
    return issue.params.code;
  if (issue.code === 'unrecognized_keys') return 'unknown_parameter';
  if (isMissing(issue)) return 'missing_required_parameter';
  return 'invalid_value';
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'custom' || issue.path.length === 0) return false;
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    return typeof issue.input === 'object' && issue.input !== null && !Object.hasOwn(issue.input, issue.discriminator);
  }
  return issue.input === undefined;
}

function pathOf(issue: z.core.$ZodIssue): string {
  const keys = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
  return keys.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    const name = String(key).slice(0, 80);
    return path === '' ? name : `${path}.${name}`;
  }, '');
}

function shown(input: unknown): string {
  const json = typeof input === 'number' ? String(input) : (JSON.stringify(input) ?? String(input)); // JSON has no infinity
  return json.length > 80 ? `${json.slice(0, 80)}...` : json;
}
