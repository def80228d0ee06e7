/** `npx winnow draw FILE`: the tree of a saved answer as a picture. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { promptNode, type Tree, tree, treeNode } from '../../schemas/tree.ts';
import { drawTree } from '../../src/drawing/search-tree.ts';
import { plain } from '../hub/plain.ts';
import { CannotStart } from '../settings.ts';
import { type Command, readArguments } from './command.ts';
import { oneFile, writeFile } from './files.ts';

const usage = `Usage: npx winnow draw FILE [OPTIONS]

Draws the tree of a run as an SVG: what was sampled, how it was scored, who was kept, and the way to the answer. FILE is an
answer of /v1/search, /v1/best-of-n, /v1/critique-refine or chat completions that was asked for with
"return": {"tree": true}, or its saved stream of events, even one that broke off; "-" is standard input:

  curl -s localhost:8787/v1/search -d '{"prompt": "Use 3, 7, 12, 20 to make 45.", "return": {"tree": true}}' | npx winnow draw - > tree.svg

  --out FILE  The picture into a file, in place of standard output.

Exit code 1: the file holds no tree.`;

const options = { out: { type: 'string' } } as const;

export const draw: Command = {
  name: 'draw',
  summary: 'Draw the tree of a run as a picture.',
  usage,
  async run(args) {
    const { values, positionals } = readArguments(args, { options, allowPositionals: true });
    const file = oneFile('draw', positionals);
    const { nodes, title } = readTree(read(file), file);
    const picture = drawn(nodes, title, file);
    if (values.out === undefined) process.stdout.write(picture);
    else writeFile(values.out, picture);
    return 0;
  },
};

interface Found {
  readonly nodes: Tree;
  readonly title: string;
}

// what of an answer is read here: a native one, or chat's with its member `winnow`
const told = z.looseObject({ strategy: z.string().optional(), tree: tree.optional() });
const answer = told.extend({ model: z.string().optional(), winnow: told.optional() });

/** The tree of an answer, or of a stream: that of its result, else its nodes as they were last told. */
function readTree(text: string, file: string): Found {
  const events = [...text.matchAll(/^event: *(\S+)\r?\ndata: *(.+)$/gm)].map(([, name, data]) => ({ name, data: data! }));
  const whole = events.find(({ name }) => name === 'result')?.data ?? (events.length === 0 ? text : undefined);
  if (whole !== undefined) return ofAnswer(whole, file);
  const nodes = new Map<string, Tree[number]>();
  for (const { name, data } of events)
    if (name === 'node') {
      const node = parsed(treeNode, data, file);
      nodes.set(node.id, node);
    }
  if (nodes.size === 0) throw noTree(file);
  return { nodes: [promptNode, ...nodes.values()], title: 'a stream that broke off' };
}

function ofAnswer(text: string, file: string): Found {
  const { winnow, model, ...native } = parsed(answer, text, file);
  const { tree: nodes, strategy } = winnow ?? native;
  if (!nodes) throw noTree(file);
  return { nodes, title: [strategy, model].filter((part) => part !== undefined).join(', ') || 'a run' };
}

function parsed<Schema extends z.ZodType>(schema: Schema, text: string, file: string): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new CannotStart(`${plain(file)} is neither JSON nor a stream of events.`);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new CannotStart(`${plain(file)}: ${issue!.path.join('.') || 'it'}: ${issue!.message}`);
}

const noTree = (file: string): CannotStart =>
  new CannotStart(`${plain(file)} holds no tree. Ask for one with "return": {"tree": true}.`);

function drawn(nodes: Tree, title: string, file: string): string {
  try {
    return drawTree(nodes, title);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CannotStart(`${plain(file)}: ${error.message}`);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? process.stdin.fd : file, 'utf8');
  } catch (error) {
    throw new CannotStart(`${plain(file)} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}
