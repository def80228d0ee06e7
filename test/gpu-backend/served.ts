import { type Backend, startBackend } from '../../gpu-backend/backend.ts';
import { readConfig } from '../../gpu-backend/config.ts';
import type { GenerateLine, GenerateRequest } from '../../schemas/backend.ts';

export const root = `${import.meta.dirname}/../../`;
export const shipped = readConfig(`${root}winnow.config.json`);

/** The shipped models on a free port of loopback. */
export const startShipped = (): Promise<Backend> =>
  startBackend({ config: shipped, configFolder: root, host: '127.0.0.1', port: 0 });

export const puzzle = { messages: [{ role: 'user' as const, content: 'Use 3, 7, 12, 20 to make 45.' }] };

let keys = 0;
export const newKey = (): string => `test:${process.pid}:${keys++}`;

export function generateBody(changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    key: newKey(),
    model: 'puzzle-policy',
    prompt: puzzle,
    prefixes: [{ id: '0', text: '', count: 1, first_child: 0, max_tokens: 112 }],
    until: 'end',
    step: { delimiter: '\n', max_tokens: 32 },
    sampling: { temperature: 1, top_p: 1, top_k: 0, min_p: 0, max_tokens: 160, stop: [] },
    seed: 1,
    deadline_ms: 30_000,
    ...changes,
  };
}

export const post = (url: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  });

/** The error object of a refusal. */
export async function errorOf(
  response: Response,
): Promise<{ message: string; type: string; param: string | null; code: string }> {
  const { error } = (await response.json()) as { error: { message: string; type: string; param: string | null; code: string } };
  return error;
}

/** All lines of a generation. */
export async function lines(response: Response): Promise<GenerateLine[]> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}`);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as GenerateLine);
}

/** Waits until `condition` holds, for `limitMs` at most. */
export async function until(condition: () => boolean, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Not within ${limitMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
