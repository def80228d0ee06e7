import type { CheckOptions } from '../../schemas/check.ts';
import { type CheckResult, decided, unknown } from './check-result.ts';
import { closeTo } from './closeness.ts';
import { canonicalJson, type JsonValue, MAX_JSON_DEPTH, MAX_JSON_LENGTH, parseJson } from './json-value.ts';
import { fraction } from './rational.ts';

/** Deep equality of two JSON values: the order of names does not count, numbers are equal within the tolerance. */
export function checkJson(given: string, reference: string, options: CheckOptions): CheckResult {
  if (given.length > MAX_JSON_LENGTH || reference.length > MAX_JSON_LENGTH) return unknown('json', 'too_long');
  if (tooDeep(given) || tooDeep(reference)) return unknown('json', 'too_deep');
  const right = parseJson(reference);
  if (right === null) return unknown('json', 'reference_is_no_json');
  const said = parseJson(given);
  if (said === null) return decided('json', false, 'not_json');
  return decided('json', same(said.root, right.root, options), 'different');
}

function same(a: JsonValue, b: JsonValue, options: CheckOptions): boolean {
  if (a.kind === 'number' && b.kind === 'number') {
    const [given, reference] = [fraction(a.source), fraction(b.source)];
    // beyond three digits of an exponent there is no exact value to compare
    return given && reference ? closeTo(given, reference, options) : canonicalJson(a) === canonicalJson(b);
  }
  if (a.kind === 'array' && b.kind === 'array')
    return a.items.length === b.items.length && a.items.every((item, place) => same(item, b.items[place]!, options));
  if (a.kind === 'object' && b.kind === 'object') {
    const { members } = b;
    return (
      a.members.size === members.size &&
      Array.from(a.members).every(([name, value]) => members.has(name) && same(value, members.get(name)!, options))
    );
  }
  return a.kind === b.kind && canonicalJson(a) === canonicalJson(b);
}

/** Told before anything is parsed. */
function tooDeep(text: string): boolean {
  let [depth, quoted] = [0, false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === '{' || character === '[')) depth++;
    else if (!quoted && (character === '}' || character === ']')) depth--;
    if (depth > MAX_JSON_DEPTH) return true;
  }
  return false;
}
