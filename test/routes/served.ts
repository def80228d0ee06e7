/** The app in this process, over a backend in memory. */
import type { Config } from '../../schemas/config.ts';
import { createApp } from '../../src/app.ts';
import type { BackendPort } from '../../src/backends/port.ts';
import { config as usual } from '../requests/config.ts';
import type { Behaviour } from '../runtime/scripted-backend.ts';
import { ScriptedBackend } from '../runtime/scripted-backend.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects of a body
  readonly body: any;
}

export interface Serving {
  readonly behaviour?: Behaviour;
  readonly port?: Partial<BackendPort>;
  readonly config?: Config;
  readonly keys?: string;
}

export function serve({ behaviour = { ends: 0.2 }, port, config = usual, keys }: Serving = {}) {
  const backend = new ScriptedBackend(behaviour);
  const connected: BackendPort = {
    generate: (...call) => backend.generate(...call),
    score: (request) => backend.score(request),
    models: () => backend.models(),
    ready: () => backend.ready(),
    ...port,
  };
  const app = createApp({ config, connect: () => connected });
  const environment = keys === undefined ? {} : { WINNOW_API_KEYS: keys };
  const request = async (path: string, init: RequestInit = {}): Promise<Response> => app.request(path, init, environment);
  const answered = async (response: Response): Promise<Answer> => {
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
  };
  const get = async (path: string, init: RequestInit = {}) => answered(await request(path, init));
  const post = async (path: string, body: unknown, init: RequestInit = {}) => {
    const headers = { 'content-type': 'application/json' };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return answered(await request(path, { method: 'POST', headers, body: text, ...init }));
  };
  return { backend, request, get, post };
}

export const messages = [{ role: 'user', content: 'question' }];
