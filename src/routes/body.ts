import type { z } from 'zod';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { AppContext } from './environment.ts';

/** The body of a request, checked: its type, its size, that it is JSON, and the schema. */
export async function readBody<Schema extends z.ZodType>(
  context: AppContext,
  schema: Schema,
  maxBytes: number,
): Promise<z.output<Schema>> {
  refuseOtherTypes(context.req.header('content-type'));
  const json = parseJson(await readText(context.req.raw, maxBytes));
  refuseProto(json);
  return schema.parse(json, { reportInput: true });
}

/** No type is read as JSON; so is every type that says it is. */
function refuseOtherTypes(given: string | undefined): void {
  const type = given?.split(';')[0]?.trim().toLowerCase();
  if (!type || type === 'application/json' || type.endsWith('+json')) return;
  const message = `The body has the content type ${quoted(type)}. Send it as JSON with the header "content-type: application/json".`;
  throw new WinnowError('unsupported_media_type', message);
}

/**
 * A body above `maxBytes` is refused, but what is not much too large is read to its end first: a client that is still
 * writing when we hang up sees a broken pipe in place of the answer.
 */
async function readText({ body }: Request, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.byteLength;
    if (bytes > READ_AWAY * maxBytes) break;
    text = bytes > maxBytes ? '' : text + decoder.decode(part, { stream: true });
  }
  if (bytes <= maxBytes) return text + decoder.decode();
  throw new WinnowError('request_too_large', `The body is larger than the ${maxBytes} bytes that are allowed.`);
}

const READ_AWAY = 4; // times what is allowed

function parseJson(text: string): unknown {
  if (text.trim() === '') throw new WinnowError('invalid_json', 'The body is empty. Send a JSON object.');
  try {
    return JSON.parse(text);
  } catch (failure) {
    const why = failure instanceof Error ? failure.message.slice(0, 200) : '';
    throw new WinnowError('invalid_json', `The body is not valid JSON: ${why}`, { cause: failure });
  }
}

/** A value on its way down, and how it was reached. */
interface Node {
  readonly value: unknown;
  readonly key: string;
  readonly above: Node | undefined;
}

/** `__proto__` is no member of any object of ours, and schemas drop it without a word where any name is allowed. */
function refuseProto(json: unknown): void {
  const open: Node[] = [{ value: json, key: '', above: undefined }];
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.value === null || typeof node.value !== 'object') continue;
    for (const [key, value] of Object.entries(node.value)) {
      const below: Node = { value, key: Array.isArray(node.value) ? `[${key}]` : key, above: node };
      if (key === '__proto__')
        throw new WinnowError('unknown_parameter', 'No member may be named "__proto__".', { param: pathTo(below) });
      open.push(below);
    }
  }
}

function pathTo(node: Node): string {
  const keys: string[] = [];
  for (let at: Node | undefined = node; at; at = at.above) keys.unshift(at.key);
  return keys
    .filter((key) => key !== '')
    .join('.')
    .replaceAll('.[', '[');
}
