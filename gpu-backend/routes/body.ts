import type { Context } from 'hono';
import type { z } from 'zod';
import { type ErrorCode, isErrorCode, WinnowError } from '../../schemas/errors.ts';
import { nearestIssue } from '../../schemas/nearest-issue.ts';

/**
 * The JSON body of a request, checked.
 *
 * @param maxBytes  more is refused, whether the length is declared or not
 * @throws WinnowError that names the first field at fault
 */
export async function body<Schema extends z.ZodType>(c: Context, schema: Schema, maxBytes: number): Promise<z.infer<Schema>> {
  const type = c.req.header('content-type');
  if (type !== undefined && !/^application\/([\w.+-]*\+)?json\b/i.test(type)) {
    throw new WinnowError(
      'unsupported_media_type',
      `The body has the type ${type}. Send it with the header content-type: application/json`,
    );
  }
  const given = parseJson(await readText(c, maxBytes));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw refusal(nearestIssue(parsed.error.issues[0]!), given);
}

async function readText(c: Context, maxBytes: number): Promise<string> {
  const declared = Number(c.req.header('content-length') ?? 0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    if (declared > maxBytes) throw tooLarge(maxBytes);
    for await (const chunk of c.req.raw.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof WinnowError) throw cause;
    throw new WinnowError('invalid_json', 'The body broke off.', { cause });
  }
  return Buffer.concat(chunks).toString();
}

const tooLarge = (maxBytes: number): WinnowError =>
  new WinnowError('request_too_large', `The body has more than ${maxBytes} bytes. Send fewer or shorter candidates.`);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WinnowError('invalid_json', `The body is not JSON: ${reason}`, { cause });
  }
}

function refusal(issue: z.core.$ZodIssue, given: unknown): WinnowError {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const param = fieldName([...issue.path, ...unknown]);
  const missing = issue.path.length > 0 && at(given, issue.path) === undefined;
  const message = missing ? `${param} is missing.` : `${param ?? 'The body'}: ${issue.message}`;
  return new WinnowError(missing ? 'missing_required_parameter' : codeOf(issue), message, { param });
}

function codeOf(issue: z.core.$ZodIssue): ErrorCode {
  if (issue.code === 'unrecognized_keys') return 'unknown_parameter';
  if (issue.code === 'custom' && isErrorCode(String(issue.params?.code))) return issue.params!.code as ErrorCode;
  return 'invalid_value';
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
}

/** `rewards[0].name` of a path; null where the whole body is meant. */
function fieldName(path: readonly PropertyKey[]): string | null {
  if (path.length === 0) return null;
  return path.reduce<string>(
    (name, key) => (typeof key === 'number' ? `${name}[${key}]` : `${name}${name && '.'}${String(key)}`),
    '',
  );
}
