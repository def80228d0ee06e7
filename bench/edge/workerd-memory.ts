/** What a Worker holds, told by workerd's inspector and by the wasm memories that it makes. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Edge } from '../../bin/edge.ts';

/** Prints the size of a wasm memory whenever it is made or grows: the inspector does not count a shared one. */
export const PRELUDE = `{
  const told = (memory) => console.log('wasm memory ' + memory.buffer.byteLength);
  WebAssembly.Memory = class extends WebAssembly.Memory {
    constructor(descriptor) { super(descriptor); told(this); }
    grow(pages) { const before = super.grow(pages); told(this); return before; }
  };
}`;

export interface Held {
  /** JavaScript objects in use, with what they hold outside of the heap (the weights), MiB. */
  readonly heap: number;
  /** ONNX Runtime's memory, MiB; it never shrinks. */
  readonly wasm: number;
}

export async function held(edge: Edge): Promise<Held> {
  const list = (await (await fetch(`http://127.0.0.1:${await edge.inspectorPort}/json`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(list[0]!.webSocketDebuggerUrl);
  await new Promise((open) => socket.addEventListener('open', open));
  const answered = new Promise<MessageEvent>((resolve) => socket.addEventListener('message', resolve, { once: true }));
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.getHeapUsage' }));
  const { result } = JSON.parse(String((await answered).data)) as { result: { usedSize: number; backingStorageSize: number } };
  socket.close();
  const sizes = [...edge.lastWords().matchAll(/wasm memory (\d+)/g)].map(([, bytes]) => Number(bytes));
  return { heap: (result.usedSize + result.backingStorageSize) / 2 ** 20, wasm: Math.max(0, ...sizes) / 2 ** 20 };
}

/** Milliseconds that a process has computed since it began, all threads; null where the system does not tell (not Linux). */
export function computedMs(pid: number): number | null {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const spent = tasks.map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]));
    return spent.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1e6;
  } catch {
    return null;
  }
}
