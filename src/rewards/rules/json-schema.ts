/** JSON Schema, draft 2020-12, by @cfworker/json-schema (methods B.5). */
import { type Schema, validate } from '@cfworker/json-schema';
import { ofText, type Reader } from './check.ts';
import { documentIn } from './json-document.ts';
import { JsonFacts } from './json-facts.ts';
import { SchemaSource } from './schema-source.ts';
import { CheckError, failedBy, PASSED, undecided, type Verdict } from './verdict.ts';

/** A text that is JSON, or ends with some, of the given schema. */
export const jsonSchema: Reader<'json_schema'> = ({ schema, document: which }) => {
  const source = new SchemaSource(schema);
  dryRun(source);
  return ofText(({ text, meter }) => {
    meter.spend(1 + text.length / 8);
    const document = documentIn(text, which);
    if (!document.ok) return document.verdict;
    const facts = new JsonFacts(document.value, meter);
    return validated(document.value, source.forDocument(facts, meter));
  });
};

function validated(value: unknown, schema: Schema | boolean): Verdict {
  try {
    const { valid, errors } = validate(value, schema, '2020-12');
    const last = errors.at(-1);
    if (valid || !last) return valid ? PASSED : failedBy('it is not of the schema');
    return failedBy(`${last.instanceLocation.slice(0, 80)}: ${last.error.slice(0, 160)}`);
  } catch (error) {
    // of our meter, of the stack (a reference that leads to itself), of a reference that leads nowhere
    return undecided(error instanceof RangeError ? 'the schema leads too deep' : (error as Error).message.slice(0, 160));
  }
}

/** A reference that leads nowhere is found by following it. @throws CheckError */
function dryRun(source: SchemaSource): void {
  const broken = source.brokenReference();
  if (broken !== null) throw new CheckError('schema', `${broken} leads to no part of the schema.`);
}
