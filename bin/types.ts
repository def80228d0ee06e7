/** Type-checks every project that tsconfig.json lists, and says which of them failed. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const { references } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as { references: { path: string }[] };

const compiles = (project: string) =>
  spawnSync('tsc', ['--project', project], { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' }).status === 0;

const failed = references.map(({ path }) => path).filter((project) => !compiles(project));
if (failed.length > 0) {
  console.error(`\nTypes: ${failed.length} of ${references.length} projects failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
