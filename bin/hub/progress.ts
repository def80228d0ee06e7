/** How far a download is: a bar in a terminal, lines elsewhere. */
import { Presets, SingleBar } from 'cli-progress';
import { bytes, plain } from './plain.ts';

const LINE_MS = 10_000; // a log wants a sign of life, not a line a megabyte

export interface Progress {
  /** The file that comes next. */
  file(path: string): void;
  /** Bytes that are here in all. */
  update(size: number): void;
  /** Something a person should know: a wait, a retry. */
  say(text: string): void;
  stop(): void;
}

export interface Terminal {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** @param from  bytes that are here already */
export function showProgress(total: number, from: number, output: Terminal & NodeJS.WritableStream): Progress {
  return output.isTTY && total > 0 ? bar(total, from, output) : lines(total, from, output);
}

function bar(total: number, from: number, stream: NodeJS.WritableStream): Progress {
  const began = performance.now();
  const shown = new SingleBar(
    {
      stream,
      hideCursor: true,
      clearOnComplete: true,
      format: (_options, { progress, value }, { file }: { file: string }) => {
        const filled = Math.round(24 * progress);
        const rate = Math.max(value - from, 0) / ((performance.now() - began) / 1000 + 0.001);
        const left = rate > 0 ? Math.ceil((total - value) / rate) : 0;
        const percent = String(Math.floor(100 * progress)).padStart(3);
        return `[${'='.repeat(filled).padEnd(24)}] ${percent} %  ${bytes(value)} of ${bytes(total)}  ${bytes(rate)}/s  ${left} s  ${file}`;
      },
    },
    Presets.legacy,
  );
  shown.start(total, from, { file: '' });
  return {
    file: (path) => shown.update({ file: plain(path, 40) }),
    update: (size) => shown.update(size),
    say: (text) => shown.update({ file: plain(text, 60) }),
    stop: () => shown.stop(),
  };
}

function lines(total: number, from: number, output: Terminal): Progress {
  let last = performance.now();
  let have = from;
  const percent = () => `${total > 0 ? Math.floor((100 * have) / total) : 100} %`;
  return {
    file: (path) => output.write(`${percent().padStart(5)}  ${plain(path)}\n`),
    update: (size) => {
      have = size;
      if (performance.now() - last < LINE_MS) return;
      last = performance.now();
      output.write(`${percent().padStart(5)}  ${bytes(have)} of ${bytes(total)}\n`);
    },
    say: (text) => output.write(`       ${plain(text)}\n`),
    stop: () => undefined,
  };
}
