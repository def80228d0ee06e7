import type { Context } from 'hono';
import type { z } from 'zod';
import { type ErrorCode, isErrorCode, WinnowError } from '../../schemas/errors.ts';

/** The JSON body of a request, checked. @throws WinnowError that names the first field at fault */
export async function body<Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.infer<Schema>> {
  const type = c.req.header('content-type');
  if (type !== undefined && !/^application\/([\w.+-]*\+)?json\b/i.test(type)) {
    throw new WinnowError(
      'unsupported_media_type',
      `The body has the type ${type}. Send it with the header content-type: application/json`,
    );
  }
  const parsed = schema.safeParse(parseJson(await c.req.text()));
  if (parsed.success) return parsed.data;
  throw refusal(parsed.error.issues[0]!);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WinnowError('invalid_json', `The body is not JSON: ${reason}`, { cause });
  }
}

function refusal(issue: z.core.$ZodIssue): WinnowError {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const path = [...issue.path, ...unknown];
  return new WinnowError(codeOf(issue), `${fieldName(path) ?? 'The body'}: ${issue.message}`, { param: fieldName(path) });
}

function codeOf(issue: z.core.$ZodIssue): ErrorCode {
  if (issue.code === 'unrecognized_keys') return 'unknown_parameter';
  if (issue.code === 'custom' && isErrorCode(String(issue.params?.code))) return issue.params!.code as ErrorCode;
  const missing = issue.code === 'invalid_type' && issue.message.includes('received undefined');
  return missing ? 'missing_required_parameter' : 'invalid_value';
}

/** `rewards[0].name` of a path; null where the whole body is meant. */
function fieldName(path: readonly PropertyKey[]): string | null {
  if (path.length === 0) return null;
  return path.reduce<string>(
    (name, key) => (typeof key === 'number' ? `${name}[${key}]` : `${name}${name && '.'}${String(key)}`),
    '',
  );
}
