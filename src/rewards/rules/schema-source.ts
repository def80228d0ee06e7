import type { Schema } from '@cfworker/json-schema';
import { quoted } from '../../../schemas/errors.ts';
import { Pattern, PatternError } from '../../answers/re2.ts';
import type { JsonFacts } from './json-facts.ts';
import type { Meter } from './meter.ts';
import { CheckError } from './verdict.ts';

const MAX_LENGTH = 65_536;
const MAX_DEPTH = 64;
const MAX_PATTERNS = 32;
/** What one visit to one part of a schema costs at least: as much as reading so many characters. */
const VISIT = 16;

/** Where schemas stand in a schema, and what else it may have. */
const ONE = new Set([
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
  'items',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
]);
const MANY = new Set(['prefixItems', 'allOf', 'anyOf', 'oneOf']);
const NAMED = new Set(['$defs', 'definitions', 'properties', 'patternProperties', 'dependentSchemas']);
const ASSERTIONS = new Set([
  'type',
  'enum',
  'const',
  'required',
  'dependentRequired',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'minContains',
  'maxContains',
  'uniqueItems',
  'pattern',
  'format',
  '$ref',
]);
const ANNOTATIONS = new Set([
  '$schema',
  '$id',
  '$comment',
  '$anchor',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
]);
/** Formats whose patterns in the library take time linear in the text. Its `url` has nested repetition. */
export const FORMATS = new Set([
  'date',
  'time',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
  'json-pointer',
]);

type Part = Readonly<Record<string, unknown>>;

/**
 * A schema that a request brings. The validator would run its patterns on the engine's own backtracking, compare the items
 * of an array pair by pair and visit `{"anyOf": [A, A]}` in A in A without end, so each document gets a copy in which
 * patterns have become lists of the document's own strings that match, equal items have been looked for, and every visit is
 * paid for.
 */
export class SchemaSource {
  readonly #schema: unknown;
  readonly #patterns = new Map<string, Pattern>();
  readonly #references = new Set<string>();
  readonly #pointers = new Set<string>(['#']);

  /** @throws CheckError where it is too large, or says what is not understood */
  constructor(schema: unknown) {
    this.#schema = schema;
    if (nested(schema) > MAX_DEPTH) throw new CheckError('schema', `It is deeper than ${MAX_DEPTH}.`);
    if (JSON.stringify(schema).length > MAX_LENGTH) throw new CheckError('schema', `It has more than ${MAX_LENGTH} characters.`);
    this.#inspect(schema, '#');
  }

  /** A reference that leads to no part of the schema; null where there is none. */
  brokenReference(): string | null {
    return [...this.#references].find((reference) => !this.#pointers.has(decoded(reference))) ?? null;
  }

  /** The schema as it holds for one document. */
  forDocument(facts: JsonFacts, meter: Meter): Schema | boolean {
    const matching = new Map<string, string[]>();
    for (const [source, pattern] of this.#patterns)
      matching.set(
        source,
        [...facts.strings].filter((string) => pattern.test(string, meter)),
      );
    return copied(this.#schema, { facts, meter, matching }) as Schema | boolean;
  }

  #inspect(part: unknown, at: string): void {
    this.#pointers.add(at);
    if (typeof part === 'boolean') return;
    if (!isPart(part)) throw new CheckError('schema', `${at} is neither an object nor a boolean.`);
    for (const [keyword, value] of Object.entries(part)) this.#inspectKeyword(keyword, value, at);
  }

  #inspectKeyword(keyword: string, value: unknown, at: string): void {
    const below = `${at}/${keyword}`;
    if (ONE.has(keyword)) this.#inspect(value, below);
    else if (MANY.has(keyword)) {
      if (!Array.isArray(value)) throw new CheckError('schema', `${below} is no list of schemas.`);
      for (const [place, part] of value.entries()) this.#inspect(part, `${below}/${place}`);
    } else if (NAMED.has(keyword)) {
      if (!isPart(value)) throw new CheckError('schema', `${below} is no object of schemas.`);
      for (const [name, part] of Object.entries(value)) this.#inspect(part, `${below}/${escaped(name)}`);
      if (keyword === 'patternProperties') for (const source of Object.keys(value)) this.#addPattern(source, below);
    } else this.#inspectValue(keyword, value, at);
  }

  #inspectValue(keyword: string, value: unknown, at: string): void {
    if (ANNOTATIONS.has(keyword)) {
      if ((keyword === '$id' && at !== '#') || keyword === '$anchor')
        throw new CheckError('schema', `${at}/${keyword}: parts are referred to by their place, as in "#/$defs/name".`);
    } else if (!ASSERTIONS.has(keyword))
      throw new CheckError('schema', `${at}/${keyword} is not supported, or not of draft 2020-12.`);
    else if (!isOfItsType(keyword, value))
      throw new CheckError('schema', `${at}/${keyword} cannot be ${quoted(JSON.stringify(value))}.`);
    else if (keyword === 'pattern') this.#addPattern(value as string, `${at}/pattern`);
    else if (keyword === '$ref') this.#references.add(value as string);
    else if (keyword === 'format' && !FORMATS.has(value as string))
      throw new CheckError('schema', `${at}/format cannot be ${quoted(String(value))}. Known: ${[...FORMATS].join(', ')}.`);
  }

  #addPattern(source: string, at: string): void {
    if (source.length > 1000) throw new CheckError('schema', `${at}: a pattern has at most 1000 characters.`);
    if (this.#patterns.size >= MAX_PATTERNS)
      throw new CheckError('schema', `${at}: there are more than ${MAX_PATTERNS} patterns.`);
    try {
      this.#patterns.set(source, new Pattern(source));
    } catch (error) {
      throw error instanceof PatternError ? new CheckError('schema', `${at}: ${error.message}`) : error;
    }
  }
}

interface Copying {
  readonly facts: JsonFacts;
  readonly meter: Meter;
  readonly matching: ReadonlyMap<string, readonly string[]>;
}

function copied(part: unknown, copying: Copying): unknown {
  if (!isPart(part)) return part;
  copying.meter.spend(1);
  const copy: Record<string, unknown> = {};
  const besides: unknown[] = [];
  for (const [keyword, value] of Object.entries(part)) {
    if (ONE.has(keyword)) copy[keyword] = copied(value, copying);
    else if (MANY.has(keyword)) copy[keyword] = (value as unknown[]).map((each) => copied(each, copying));
    else if (keyword === 'patternProperties') continue;
    else if (NAMED.has(keyword)) copy[keyword] = mapped(value as Part, (each) => copied(each, copying));
    else if (keyword === 'pattern') besides.push(onlyIf('string', { enum: copying.matching.get(value as string) }, copying));
    else if (keyword === 'uniqueItems') besides.push(...distinct(value, copying));
    else if (keyword !== '$id' && keyword !== '$schema') copy[keyword] = value;
  }
  if (isPart(part.patternProperties)) addMatching(copy, part.patternProperties, copying);
  if (besides.length > 0) copy.allOf = [...((copy.allOf as unknown[]) ?? []), ...besides];
  return priced(copy, copying);
}

/** `patternProperties` as `properties` of the names that match: a name of both must be of both. */
function addMatching(copy: Record<string, unknown>, patterns: Part, copying: Copying): void {
  const properties = new Map(Object.entries((copy.properties as Part) ?? {}));
  for (const [source, part] of Object.entries(patterns)) {
    const own = copied(part, copying);
    for (const name of copying.matching.get(source) ?? []) {
      if (!copying.facts.names.has(name)) continue;
      copying.meter.spend(VISIT);
      const other = properties.get(name);
      properties.set(name, other === undefined ? own : priced({ allOf: [other, own] }, copying));
    }
  }
  copy.properties = Object.fromEntries(properties);
}

function distinct(asked: unknown, copying: Copying): unknown[] {
  const { repeating } = copying.facts;
  if (asked !== true || repeating.length === 0) return [];
  return [onlyIf('array', { not: priced({ enum: repeating }, copying) }, copying)];
}

/** What a value of this type must be; of another type anything. */
const onlyIf = (type: string, must: Part, copying: Copying): unknown =>
  priced({ anyOf: [priced({ not: priced({ type }, copying) }, copying), priced(must, copying)] }, copying);

/** A part that is paid for at each visit: the validator asks each part that it visits for this keyword of an older draft. */
function priced(part: Record<string, unknown>, { facts, meter }: Copying): unknown {
  const values = Object.entries(part).flatMap(([keyword, value]) => (ASSERTIONS.has(keyword) ? [value] : []));
  const own = values.length === 0 ? 0 : JSON.stringify(values).length;
  const price = VISIT + own / 16 + facts.widest / 16;
  meter.spend(own / 16);
  return Object.defineProperty(part, '$recursiveRef', { enumerable: false, get: () => meter.spend(price) });
}

const isPart = (value: unknown): value is Part => typeof value === 'object' && value !== null && !Array.isArray(value);
const mapped = (part: Part, map: (value: unknown) => unknown): Part =>
  Object.fromEntries(Object.entries(part).map(([name, value]) => [name, map(value)]));
const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** Levels of a value, counted without a call for each. */
function nested(value: unknown): number {
  let depth = 0;
  for (let level = [value]; level.length > 0 && level.length <= MAX_LENGTH && depth <= MAX_DEPTH; depth++)
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  return depth;
}

const decoded = (reference: string): string => {
  try {
    return decodeURIComponent(reference.endsWith('/') && reference.length === 2 ? '#' : reference);
  } catch {
    return reference; // not encoded, so it stands for itself
  }
};

const TYPES = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']);
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string');
const isNumber = (value: unknown): boolean => typeof value === 'number';
const VALUES: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: (value) => (Array.isArray(value) ? value : [value]).every((type) => TYPES.has(type)),
  enum: Array.isArray,
  const: () => true,
  required: isStrings,
  dependentRequired: (value) => isPart(value) && Object.values(value).every(isStrings),
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  multipleOf: (value) => isNumber(value) && (value as number) > 0,
  uniqueItems: (value) => typeof value === 'boolean',
  pattern: (value) => typeof value === 'string',
  format: (value) => typeof value === 'string',
  $ref: (value) => typeof value === 'string' && value.startsWith('#'),
};

const isOfItsType = (keyword: string, value: unknown): boolean => (VALUES[keyword] ?? isCount)(value);
