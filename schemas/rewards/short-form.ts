import { z } from 'zod';

/**
 * An object, or a string that stands for the object with that one member: `"outcome"` for `{"reward": "outcome"}`.
 *
 * @param names  the strings that stand for one; any where absent
 */
export function shortFor<Schema extends z.ZodType>(member: string, schema: Schema, names?: readonly string[]) {
  const { $schema: _, ...long } = z.toJSONSchema(schema, { io: 'input' });
  const short = { type: 'string', ...(names && { enum: [...names] }) };
  return z
    .unknown()
    .meta({ anyOf: [short, long] }) // not a union: its errors would not say which field of the object is wrong
    .transform((given, context): z.output<Schema> => {
      const result = schema.safeParse(typeof given === 'string' ? { [member]: given } : given, { reportInput: true });
      if (result.success) return result.data;
      for (const issue of result.error.issues) context.issues.push(issue as z.core.$ZodRawIssue); // as it was raised
      return z.NEVER;
    });
}
