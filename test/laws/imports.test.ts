/** The pure folders see no clock and no dice. The compiler has no other names of them there; these two are in the language. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const { include } = JSON.parse(readFileSync('src/tsconfig.pure.json', 'utf8')) as { include: string[] };
const files = globSync(include, { cwd: 'src' }).sort();
const code = (file: string) => readFileSync(`src/${file}`, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');

test('the list of pure files is not empty', () => {
  expect(files).toContain('operation.ts');
});

test.each(files)('src/%s has no clock and no dice', (file) => {
  expect(code(file).match(/\bDate\b|\bMath\s*\.\s*random\b/)?.[0]).toBeUndefined();
});
