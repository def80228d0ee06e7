/** The wire format of protocol buffers, as far as an ONNX file needs it: fields in, fields out, nothing decoded twice. */

/** One field of a message: `bytes` is its content, `whole` the same with tag and length. */
export interface Field {
  readonly number: number;
  readonly whole: Uint8Array;
  /** Of a length-delimited field; empty for numbers. */
  readonly bytes: Uint8Array;
}

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** @throws Error where the bytes are no message: a file that was cut, or is something else */
export function fieldsOf(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < message.length; ) {
    const start = at;
    const tag = varint(message, at);
    at = tag.next;
    const wire = tag.value % 8;
    let content = new Uint8Array();
    if (wire === VARINT) at = varint(message, at).next;
    else if (wire === FIXED64) at += 8;
    else if (wire === FIXED32) at += 4;
    else if (wire === DELIMITED) {
      const length = varint(message, at);
      content = message.subarray(length.next, length.next + length.value) as Uint8Array<ArrayBuffer>;
      at = length.next + length.value;
    } else throw new Error(`byte ${start} is no field of a message.`);
    if (at > message.length) throw new Error(`it ends in the middle of a field that starts at byte ${start}.`);
    fields.push({ number: Math.floor(tag.value / 8), whole: message.subarray(start, at), bytes: content });
  }
  return fields;
}

/** Texts of one field, in order. */
export const textsOf = (fields: readonly Field[], number: number): string[] =>
  fields.filter((field) => field.number === number).map(({ bytes }) => new TextDecoder().decode(bytes));

/** A number of a message, where it has it; not negative. */
export function numberOf(message: Uint8Array, number: number): number | undefined {
  const field = fieldsOf(message).find((each) => each.number === number);
  return field && varint(field.whole, varint(field.whole, 0).next).value;
}

/** A length-delimited field: a text, or the bytes of an inner message. */
export function delimited(number: number, content: string | Uint8Array): Uint8Array {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return joined([writtenVarint(number * 8 + DELIMITED), writtenVarint(bytes.length), bytes]);
}

/** A number that is not negative. */
export const numeric = (number: number, value: number): Uint8Array =>
  joined([writtenVarint(number * 8 + VARINT), writtenVarint(value)]);

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function varint(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  for (let at = from, scale = 1; at < bytes.length && at < from + 10; at++, scale *= 128) {
    value += (bytes[at]! % 128) * scale; // a negative number loses its low digits here; none is read as a number
    if (bytes[at]! < 128) return { value, next: at + 1 };
  }
  throw new Error(`it ends in the middle of a number that starts at byte ${from}.`);
}

function writtenVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}
