/** A script of bin/, run as npm runs it, with what it printed so far. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { guard } from '../../bin/guard.ts';

export interface Script {
  readonly pid: number;
  /** Everything printed so far, on both streams. */
  printed(): string;
  /** Resolves when `pattern` was printed; fails with all that was printed when the script ends before. */
  saying(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Sends a signal to this process alone, as `kill` does. */
  kill(signal: NodeJS.Signals): void;
  readonly exitCode: Promise<number | null>;
}

/** `env` is added to this environment, less its WINNOW_* variables. */
export function runScript(name: string, env: Readonly<Record<string, string>>, ...args: readonly string[]): Script {
  const others = Object.entries(process.env).filter(([variable]) => !variable.startsWith('WINNOW_'));
  const child = spawn(process.execPath, ['--import', './bin/node-version.mjs', `bin/${name}.ts`, ...args], {
    env: { ...Object.fromEntries(others), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  guard(child); // a test run that is killed leaves nothing behind
  let text = '';
  const heard = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk;
      heard.dispatchEvent(new Event('more'));
    });
  }
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  const saying = async (pattern: RegExp) => {
    for (;;) {
      const match = text.match(pattern);
      if (match) return match;
      const closed = await Promise.race([once(heard, 'more').then(() => false), exitCode.then(() => true)]);
      if (closed && !pattern.test(text)) throw new Error(`It ended without saying ${pattern}. It said:\n${text}`);
    }
  };
  return { pid: child.pid ?? 0, printed: () => text, saying, kill: (signal) => void child.kill(signal), exitCode };
}
