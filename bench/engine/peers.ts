/** The other engines, each a process of its own that is asked line by line; installed at pinned versions into .cache. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const HERE = import.meta.dirname;
const CACHE = join(HERE, '.cache');
const NODE = join(CACHE, 'node');
const PYTHON = join(CACHE, 'venv/bin/python');
const START_MS = 300_000;

export interface Ask {
  readonly prompt: string;
  readonly rows: number;
  /** New tokens of each row; an end token does not end one. */
  readonly tokens: number;
}

const answer = z.union([
  z.object({ ms: z.number(), promptTokens: z.int(), tokens: z.int() }),
  z.object({ error: z.string() }).transform(({ error }) => error),
]);
export type Answer = z.infer<typeof answer>;

/** Something that writes: rows of a prompt, and how long it took. An error is a string. */
export interface Writer {
  readonly label: string;
  write(ask: Ask): Promise<Answer>;
  stop(): Promise<void>;
}

/** Where the model lies in its layouts. */
export interface Sources {
  readonly genai: string;
  readonly hf: string;
  readonly gguf: string;
  readonly threads: number;
}

/** How each peer is installed and started. */
const known = {
  llama: {
    label: 'node-llama-cpp 3.22.0, Q4_1',
    start: ({ gguf, threads }: Sources) => [process.execPath, [nodeScript('llama.mjs'), gguf, String(threads)]] as const,
  },
  genai: {
    label: 'onnxruntime-genai 0.18.0',
    start: ({ genai }: Sources) => [python(), [join(HERE, 'peers/genai.py'), genai]] as const,
  },
  transformers: {
    label: '@huggingface/transformers 4.3.1',
    start: (sources: Sources) =>
      [process.execPath, [nodeScript('transformers.mjs'), transformersFolder(sources), String(sources.threads)]] as const,
  },
} as const;
export type PeerName = keyof typeof known;
export const peerNames = Object.keys(known) as PeerName[];

/** @throws Error that says what it printed where it does not start */
export async function startPeer(name: PeerName, sources: Sources): Promise<Writer> {
  const { label, start } = known[name];
  const [command, given] = start(sources);
  const child = spawn(command, given, { stdio: ['pipe', 'pipe', 'pipe'] });
  process.once('exit', () => child.kill('SIGKILL'));
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints = (complaints + chunk).slice(-2000);
  });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async (): Promise<unknown> => {
    for (;;) {
      const { done, value } = await lines.next();
      if (done) throw new Error(`${label} ended. It said last: ${complaints || 'nothing'}`);
      if (value.startsWith('{')) return JSON.parse(value); // libraries print notices of their own
    }
  };
  const late = setTimeout(() => child.kill('SIGKILL'), START_MS);
  await read();
  clearTimeout(late);
  return {
    label,
    write: async (ask) => {
      child.stdin.write(`${JSON.stringify(ask)}\n`);
      return answer.parse(await read());
    },
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

/** Installs the packages of the Node peers, once; gives the path of a script beside them. */
function nodeScript(script: string): string {
  if (!existsSync(join(NODE, 'node_modules/node-llama-cpp'))) {
    console.error('installing node-llama-cpp and @huggingface/transformers, once (1.2 GB: every platform and CUDA)');
    mkdirSync(NODE, { recursive: true });
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) cpSync(join(HERE, 'peers', file), join(NODE, file));
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: NODE, stdio: ['ignore', 2, 2] });
  }
  // beside their packages, where Node looks for them
  for (const file of ['lines.mjs', script]) cpSync(join(HERE, 'peers', file), join(NODE, file));
  return join(NODE, script);
}

function python(): string {
  if (!existsSync(PYTHON)) {
    console.error('installing onnxruntime-genai, once');
    const unfinished = join(CACHE, 'venv.unfinished');
    rmSync(unfinished, { recursive: true, force: true });
    execFileSync('python3', ['-m', 'venv', unfinished], { stdio: ['ignore', 2, 2] });
    const pip = ['-m', 'pip', 'install', '-q', '-r', join(HERE, 'peers/requirements.txt')];
    execFileSync(join(unfinished, 'bin/python'), pip, { stdio: ['ignore', 2, 2] });
    renameSync(unfinished, join(CACHE, 'venv'));
  }
  return PYTHON;
}

function transformersFolder({ genai, hf }: Sources): string {
  const folder = join(CACHE, 'transformers', genai.replaceAll(/[^\w.-]+/g, '_'));
  if (!existsSync(join(folder, 'tokenizer_config.json'))) {
    execFileSync(python(), [join(HERE, 'peers/layout.py'), genai, hf, folder], { stdio: ['ignore', 2, 2] });
  }
  return folder;
}
