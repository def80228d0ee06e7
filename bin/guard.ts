/** A child that ends when we do, however we end: killed with SIGKILL we can stop nobody. */
import { type ChildProcess, spawn } from 'node:child_process';

// `read` fails when the other end of its pipe is gone: we are, and did not say before that the child had ended
const WATCH = 'read -r ended || kill -s KILL -- "-$0"';

/**
 * Has a shell watch over `child`, a leader of its process group, for as long as it runs; the shell ends the whole group when
 * we are gone. On Windows a child that is not detached ends with its parent anyway: Node puts it into a job of its own.
 */
export function guard(child: ChildProcess): void {
  if (process.platform === 'win32' || child.pid === undefined) return;
  const watcher = spawn('sh', ['-c', WATCH, String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // Ctrl-C is not for it: it stays until we are gone
  });
  watcher.unref();
  watcher.on('error', () => {}); // where there is no shell, a child outlives us only after SIGKILL
  watcher.stdin.on('error', () => {}); // somebody else ended it
  child.once('exit', () => watcher.stdin.end('ended\n'));
}
