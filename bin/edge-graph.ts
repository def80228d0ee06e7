/** The graph of a reward model as the Worker runs it: made once for each file and kept under .wrangler. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart, root } from './settings.ts';

export interface EdgeGraph {
  /** Path of the optimised graph. */
  readonly file: string;
  /** Logits of a text, or of each token. */
  readonly labels: number;
  /** Where rows of one run are padded; `equal`: not at all, so rows of one length go together. */
  readonly padding: 'right' | 'left' | 'equal';
}

const PROGRAM = join(import.meta.dirname, 'optimise-graph.ts');
const RUNTIME = join(root, 'node_modules', 'onnxruntime-node', 'package.json'); // another version optimises otherwise
const MADE_BY = [PROGRAM, join(import.meta.dirname, 'last-token-graph.ts'), RUNTIME];

/**
 * Optimises a graph where the build has time for it, and leaves out what no score is read from. A Worker that does it at its
 * first request takes a second longer.
 *
 * @throws CannotStart that names the file, where it is no graph of this kind of reward
 */
export function edgeGraph(source: string, kind: 'outcome' | 'process', paddingId: number): EdgeGraph {
  const hash = createHash('sha256').update(`${kind} ${paddingId}`).update(readFileSync(source));
  for (const file of MADE_BY) hash.update(readFileSync(file));
  const folder = join(root, '.wrangler', 'generated');
  const file = join(folder, `${hash.digest('hex').slice(0, 16)}.onnx`);
  const facts = `${file}.json`; // written last: where it is, the graph is whole
  if (!existsSync(facts)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(facts, optimised(source, [file, kind, String(paddingId)]));
  }
  return { file, ...(JSON.parse(readFileSync(facts, 'utf8')) as Omit<EdgeGraph, 'file'>) }; // what optimise-graph.ts printed
}

function optimised(source: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, source, ...args], { encoding: 'utf8' });
  if (status === 0) return stdout;
  const reason = stderr.trim().split('\n').at(-1) ?? 'no reason was given.';
  throw new CannotStart(`${source} cannot be bundled: ${reason}`);
}
