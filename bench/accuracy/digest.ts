import { createHash } from 'node:crypto';

/** Eight hexadecimal digits that change with what is given: part of a file's name. */
export const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
