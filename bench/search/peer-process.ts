import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A peer that reads problems and writes answers, a line each. */
export class PeerProcess {
  errors = '';
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(python: string, args: readonly string[]) {
    this.#child = spawn(python, args);
    this.#child.stderr.on('data', (part) => (this.errors += part));
    this.#child.on('error', ({ message }) => (this.errors += message));
    this.#child.stdin.on('error', () => {}); // it has ended: that it answers nothing says so
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The line that it answers; undefined where it has ended. */
  async ask(problem: object): Promise<string | undefined> {
    this.#child.stdin.write(`${JSON.stringify(problem)}\n`);
    const { done, value } = await this.#answers.next();
    return done ? undefined : value;
  }

  end(): void {
    this.#child.kill();
  }
}
