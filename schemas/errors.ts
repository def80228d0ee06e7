/** Every way a request can fail: its HTTP status, OpenAI's `type`, and whether the caller may send the same request again. */
export const errorCodes = {
  invalid_json: { status: 400, type: 'invalid_request_error', retry: false },
  invalid_value: { status: 400, type: 'invalid_request_error', retry: false },
  missing_required_parameter: { status: 400, type: 'invalid_request_error', retry: false },
  unknown_parameter: { status: 400, type: 'invalid_request_error', retry: false },
  unsupported_value: { status: 400, type: 'invalid_request_error', retry: false },
  context_length_exceeded: { status: 400, type: 'invalid_request_error', retry: false },
  invalid_api_key: { status: 401, type: 'invalid_request_error', retry: false },
  model_not_found: { status: 404, type: 'invalid_request_error', retry: false },
  unknown_url: { status: 404, type: 'invalid_request_error', retry: false },
  method_not_allowed: { status: 405, type: 'invalid_request_error', retry: false },
  request_too_large: { status: 413, type: 'invalid_request_error', retry: false },
  unsupported_media_type: { status: 415, type: 'invalid_request_error', retry: false },
  capability_missing: { status: 422, type: 'invalid_request_error', retry: false },
  budget_too_small: { status: 422, type: 'invalid_request_error', retry: false },
  prompt_unsupported: { status: 422, type: 'invalid_request_error', retry: false },
  /** Said as `no_candidates`: the caller supplied none. */
  no_candidates_supplied: { status: 422, type: 'invalid_request_error', retry: false },
  rate_limit_exceeded: { status: 429, type: 'requests', retry: true },
  internal_error: { status: 500, type: 'server_error', retry: true },
  no_candidates: { status: 502, type: 'server_error', retry: true },
  backend_error: { status: 502, type: 'server_error', retry: true },
  backend_unreachable: { status: 503, type: 'server_error', retry: true },
  deadline_exceeded: { status: 504, type: 'server_error', retry: true },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** True of a string that is one of our codes (an upstream may answer others). */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorCodes, code);

export interface FailureOptions {
  readonly param?: string | null;
  readonly cause?: unknown;
  readonly retryAfter?: number;
  readonly mayHaveSpent?: boolean;
}

/**
 * A request that cannot be done. The message says what was given, what is allowed and what to do; it is read by the
 * caller, so it holds no path, key or address of ours.
 */
export class WinnowError extends Error {
  override readonly name = 'WinnowError';
  readonly code: ErrorCode;
  /** Path of the field at fault, as in `rewards[0].name`. */
  readonly param: string | null;
  /** Seconds until it is worth trying again; told in Retry-After. */
  readonly retryAfter: number | undefined;
  /** A backend broke off after it had begun: what it spent is unknown. A refusal comes before any work. */
  readonly mayHaveSpent: boolean;

  constructor(code: ErrorCode, message: string, options: FailureOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.param = options.param ?? null;
    this.retryAfter = options.retryAfter;
    this.mayHaveSpent = options.mayHaveSpent ?? false;
  }
}

/** The user's text inside a message: quoted, and cut at 80 characters. */
export const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
