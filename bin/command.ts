/** What the scripts behind `npm run` share: how they fail and how they are interrupted. */
import { CannotStart } from './settings.ts';

/** Runs a script. What the user can put right is printed plainly, anything else with its stack; both end with code 1. */
export async function command(script: () => Promise<void>): Promise<void> {
  try {
    await script();
  } catch (error) {
    console.error(error instanceof CannotStart ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

const SAME_PRESS_MS = 500; // npm passes on the Ctrl-C that the terminal has sent already: one press may come twice

/**
 * Aborts on Ctrl-C, on a polite kill and when the terminal goes away; the process itself stays to stop its children.
 * Asked once more, it ends at once, and its children with it.
 */
export function onInterrupt(): AbortSignal {
  const interrupted = new AbortController();
  let first = 0;
  const interrupt = () => {
    first ||= performance.now();
    if (performance.now() - first > SAME_PRESS_MS) process.exit(130);
    interrupted.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return interrupted.signal;
}
