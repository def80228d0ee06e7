/** The steps of a text, each with the delimiter that ends it: joined they are the text. No step of an empty text. */
export function splitSteps(text: string, delimiter: string): string[] {
  const parts = text.split(delimiter);
  const open = parts.pop() ?? '';
  const ended = parts.map((part) => part + delimiter);
  return open === '' ? ended : [...ended, open];
}
