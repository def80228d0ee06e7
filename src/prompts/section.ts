import { subSeed } from '../random.ts';

/**
 * A text that somebody else wrote, fenced so that it cannot close its own section: the fence holds a number that does not
 * stand in the text. The model that reads it is told that what lies inside is data.
 */
export function section(title: string, text: string): string {
  let fence = '';
  for (let attempt = 0; fence === '' || text.includes(fence); attempt++)
    fence = subSeed(attempt, title, text.length).toString(16);
  return `<${title} ${fence}>\n${text}\n</${title} ${fence}>`;
}
