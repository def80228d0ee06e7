/** Files that a build is made from and that no one writes by hand. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './settings.ts';

/** Writes a file named by its content, so that builds side by side never change each other's, and returns its path. */
export function writeGenerated(extension: string, text: string): string {
  const folder = join(root, '.wrangler', 'generated');
  const file = join(folder, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.${extension}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, text);
  return file;
}
