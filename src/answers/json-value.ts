/** JSON with what `JSON.parse` loses: the digits of a number, and that a name came twice. Objects are maps, so no name is special. */
export type JsonValue =
  | { readonly kind: 'number'; readonly source: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'literal'; readonly value: boolean | null }
  | { readonly kind: 'array'; readonly items: readonly JsonValue[] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, JsonValue> };

export interface JsonDocument {
  readonly root: JsonValue;
  /** A name came twice in one object; the last one holds. */
  readonly duplicateKeys: boolean;
}

/** Of what is read: each level is a call on the stack. */
export const MAX_JSON_DEPTH = 64;
/** Of what is read, in characters. */
export const MAX_JSON_LENGTH = 1_048_576;

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[^\s"[\]{}:,]+|[[\]{}]/g;

/** Null where `text` is not JSON. The caller keeps it within `MAX_JSON_DEPTH` and `MAX_JSON_LENGTH`. */
export function parseJson(text: string): JsonDocument | null {
  try {
    JSON.parse(text); // the grammar is checked here, so that reading below need not
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  const tokens = text.matchAll(TOKEN);
  let duplicateKeys = false;
  const next = (): string => tokens.next().value![0]; // a complete document never runs out
  const read = (token = next()): JsonValue => {
    switch (token[0]) {
      case '{':
        return readObject();
      case '[':
        return readArray();
      case '"':
        return { kind: 'string', value: JSON.parse(token) };
      case 't':
      case 'f':
      case 'n':
        return { kind: 'literal', value: JSON.parse(token) };
      default:
        return { kind: 'number', source: token };
    }
  };
  const readArray = (): JsonValue => {
    const items: JsonValue[] = [];
    for (let token = next(); token !== ']'; token = next()) items.push(read(token));
    return { kind: 'array', items };
  };
  const readObject = (): JsonValue => {
    const members = new Map<string, JsonValue>();
    for (let token = next(); token !== '}'; token = next()) {
      const name: string = JSON.parse(token);
      if (members.has(name)) duplicateKeys = true;
      members.set(name, read());
    }
    return { kind: 'object', members };
  };
  return { root: read(), duplicateKeys };
}

/** The value at an RFC 6901 pointer; undefined where there is none. */
export function pointedTo(root: JsonValue, pointer: string): JsonValue | undefined {
  const names = pointer.split('/').slice(1);
  if (names.some((name) => /~(?![01])/.test(name))) return undefined;
  return names
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<JsonValue | undefined>((value, name) => (value === undefined ? undefined : child(value, name)), root);
}

function child(value: JsonValue, name: string): JsonValue | undefined {
  if (value.kind === 'object') return value.members.get(name);
  return value.kind === 'array' && /^(?:0|[1-9]\d*)$/.test(name) ? value.items[Number(name)] : undefined;
}

/** JSON with sorted names, no spaces and one spelling for each number: equal iff the values are. */
export function canonicalJson(value: JsonValue): string {
  switch (value.kind) {
    case 'number':
      return canonicalNumber(value.source);
    case 'string':
    case 'literal':
      return JSON.stringify(value.value);
    case 'array':
      return `[${value.items.map(canonicalJson).join(',')}]`;
    case 'object': {
      const names = [...value.members.keys()].sort();
      return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(value.members.get(name)!)}`).join(',')}}`;
    }
  }
}

/** Beyond it a power of ten is no exact integer; such numbers are the same only if they are written the same. */
const MAX_EXPONENT_DIGITS = 15;

/** Digits without zeros at either end and a power of ten: exact above 2^53 too, and no BigInt to build. */
function canonicalNumber(source: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(source) ?? [];
  if (exponent.length > MAX_EXPONENT_DIGITS) return source;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = withoutTrailingZeros(digits);
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}${power === 0 ? '' : `e${power}`}`;
}

/** A loop, because `/0+$/` takes quadratic time on zeros that another digit follows. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
