/** A process of ours: how it ended is known, what it said last is kept, and it is stopped gently, then for certain. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as after } from 'node:timers/promises';
import { guard } from './guard.ts';
import { type Environment, root } from './settings.ts';

const GRACE_MS = 10_000; // answers being written may end; longer than that, a user takes Ctrl-C for broken
const KEPT_CHARACTERS = 4000; // the last words of a child, for the message about its death

/** `inherit`: a child prints to the terminal; `keep`: the end of what it prints is kept for `lastWords`. */
export type Output = 'inherit' | 'keep';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly output: Output;
}

export interface Child {
  readonly name: string;
  readonly pid: number | undefined;
  /** Resolves when it is gone: `exit code 1`, `signal SIGKILL`, or why it never began. */
  readonly ended: Promise<string>;
  /** The end of what it printed; empty where its output goes to the terminal. */
  lastWords(): string;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to end, ends it after a grace period; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts a child in the root of the repository. On its file descriptor 3 it may write to `control`. */
export function startChild(
  name: string,
  { file, args, env, output }: Command,
): Child & { readonly control: NodeJS.ReadableStream } {
  const stream = output === 'inherit' ? 'inherit' : 'pipe';
  const child = spawn(file, args, {
    cwd: root,
    env: { ...env },
    stdio: ['ignore', stream, stream, 'pipe'],
    detached: process.platform !== 'win32', // Ctrl-C reaches the parent alone, which stops its children in order
  });
  guard(child);
  const ended = endOf(child);
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  const outlived = () => kill('SIGKILL'); // at once after an error of ours; the guard is for what we do not survive
  process.once('exit', outlived);
  void ended.then(() => process.off('exit', outlived));
  const stop = async () => {
    kill('SIGTERM');
    await Promise.race([ended, after(GRACE_MS, undefined, { ref: false })]);
    kill('SIGKILL'); // does nothing where it is gone
    await ended;
  };
  const control = child.stdio[3] as NodeJS.ReadableStream; // 'pipe' above makes it one
  return { name, pid: child.pid, ended, lastWords: lastWords(child), kill, stop, control };
}

const endOf = (child: ChildProcess) =>
  new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });

function lastWords(child: ChildProcess): () => string {
  let words = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      words = (words + chunk).slice(-KEPT_CHARACTERS);
    });
  }
  return () => words;
}
