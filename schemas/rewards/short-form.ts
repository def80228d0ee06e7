import { z } from 'zod';

/** An object, or a string that stands for the object with that one member: `"outcome"` for `{"reward": "outcome"}`. */
export function shortFor<Schema extends z.ZodType>(member: string, schema: Schema, names?: readonly string[]) {
  const { $schema: _, ...long } = z.toJSONSchema(schema, { io: 'input' });
  return z
    .preprocess((given) => (typeof given === 'string' ? { [member]: given } : given), schema)
    .meta({ anyOf: [{ type: 'string', ...(names && { enum: [...names] }) }, long] }); // which the preprocessing cannot say
}
