/** What a client of a soak may do, one request each, and how it must be answered. */
import { connect } from 'node:net';
import { complete } from './client.ts';
import type { Mix } from './mix.ts';

/** How a request went: answered as it must be, left by its own client, or not as it must be. */
export type Outcome =
  | { readonly kind: 'answered' | 'refused' | 'left'; readonly tokens: number }
  | { readonly kind: 'wrong'; readonly why: string };

export interface Action {
  readonly name: string;
  /** How often, against the others. */
  readonly weight: number;
  run(soak: Soak): Promise<Outcome>;
}

/** What all actions share. */
export interface Soak {
  readonly url: string;
  readonly mix: Mix;
  /** Seeded requests, each with its first answer once it has one. */
  readonly seeded: { readonly body: Record<string, unknown>; answer: string | null }[];
}

const PROMPT = { least: 1, most: 96 };
const ANSWER = { least: 1, most: 96 };
const LOST_MS = 120_000;

const answered = (tokens: number): Outcome => ({ kind: 'answered', tokens });

/** Any request of the kind that is served. */
function anyBody({ mix }: Soak): Record<string, unknown> & { prompt: number[]; max_tokens: number } {
  return {
    prompt: mix.prompt(PROMPT),
    max_tokens: mix.between(ANSWER),
    n: mix.between({ least: 1, most: 4 }),
    temperature: mix.oneOf([0, 0.7, 1, 2]),
    top_k: mix.oneOf([0, 0, 5]),
    top_p: mix.oneOf([1, 1, 0.9]),
    min_p: mix.oneOf([0, 0, 0.05]),
    ignore_eos: mix.chance(0.5),
    priority: mix.oneOf([-1, 0, 0, 1]),
    ...(mix.chance(0.3) ? { logprobs: mix.between({ least: 0, most: 5 }) } : {}),
    ...(mix.chance(0.3) ? { stop: [' =', '\n\n', '.'] } : {}),
    ...(mix.chance(0.1) ? { echo: true } : {}),
    ...(mix.chance(0.5) ? { seed: mix.between({ least: 0, most: 1e6 }) } : {}),
  };
}

async function served(soak: Soak, body: Record<string, unknown> & { prompt: number[]; max_tokens: number }): Promise<Outcome> {
  const { status, tokens, text } = await complete(soak.url, body, AbortSignal.timeout(LOST_MS));
  if (status === 200) return answered(tokens);
  if (status === 429) return { kind: 'refused', tokens: 0 };
  return { kind: 'wrong', why: `${status} of ${JSON.stringify(body).slice(0, 200)}: ${text.slice(0, 300)}` };
}

/** Bodies that are wrong, with the status that each must have. */
const wrongBodies: readonly (readonly [body: unknown, status: number])[] = [
  ['{', 400],
  ['null', 400],
  ['[]', 400],
  [{}, 400],
  [{ prompt: [] }, 400],
  [{ prompt: '' }, 400],
  [{ prompt: '1', n: 0 }, 400],
  [{ prompt: '1', n: 1e9 }, 400],
  [{ prompt: '1', max_tokens: -1 }, 400],
  [{ prompt: '1', temperature: 'hot' }, 400],
  [{ prompt: '1', logit_bias: { 1: 100 } }, 400],
  [{ prompt: '1', model: '../../etc/passwd' }, 404],
  [{ prompt: [2 ** 40] }, 400],
  [{ prompt: new Array(100_000).fill(1) }, 400],
  [{ prompt: 'a'.repeat(2_000_000) }, 400],
  [{ prompt: new Array(2000).fill('1') }, 400],
];

export const actions: readonly Action[] = [
  { name: 'whole', weight: 6, run: (soak) => served(soak, anyBody(soak)) },
  { name: 'streamed', weight: 6, run: (soak) => served(soak, { ...anyBody(soak), stream: true }) },
  {
    name: 'seeded, again',
    weight: 4,
    run: async ({ url, mix, seeded }) => {
      const one = mix.oneOf(seeded);
      const response = await post(`${url}/v1/completions`, one.body, AbortSignal.timeout(LOST_MS));
      if (response.status === 429) return { kind: 'refused', tokens: 0 };
      const { choices, usage } = JSON.parse(await response.text()) as { choices: unknown; usage: { completion_tokens: number } };
      const answer = JSON.stringify(choices);
      one.answer ??= answer;
      if (answer === one.answer) return answered(usage.completion_tokens);
      return { kind: 'wrong', why: `Of ${JSON.stringify(one.body)}: first ${one.answer}, now ${answer}` };
    },
  },
  {
    name: 'left in the middle',
    weight: 6,
    run: async (soak) => {
      const left = new AbortController();
      const ms = soak.mix.between({ least: 0, most: 300 });
      const timer = setTimeout(() => left.abort(), ms);
      const body = { ...anyBody(soak), n: 8, max_tokens: 512, ignore_eos: true, stream: soak.mix.chance(0.5) };
      try {
        const { status, tokens } = await complete(soak.url, body, left.signal);
        return status === 429 ? { kind: 'refused', tokens: 0 } : answered(tokens);
      } catch (cause) {
        return left.signal.aborted ? { kind: 'left', tokens: 0 } : { kind: 'wrong', why: String(cause) };
      } finally {
        clearTimeout(timer);
      }
    },
  },
  {
    name: 'hung up in its body',
    weight: 2,
    run: ({ url, mix }) =>
      new Promise((resolve) => {
        const { hostname, port } = new URL(url);
        const socket = connect(Number(port), hostname, () => {
          socket.write(`POST /v1/completions HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\n`);
          socket.write(`content-length: ${mix.between({ least: 100, most: 100_000 })}\r\n\r\n{"prompt": "1`);
          setTimeout(() => socket.destroy(), mix.between({ least: 0, most: 50 }));
        });
        socket.on('error', () => {});
        socket.once('close', () => resolve({ kind: 'left', tokens: 0 }));
      }),
  },
  {
    name: 'wrong',
    weight: 3,
    run: async ({ url, mix }) => {
      const [body, status] = mix.oneOf(wrongBodies);
      const response = await post(`${url}/v1/completions`, body, AbortSignal.timeout(LOST_MS));
      const text = await response.text();
      if (response.status === status && text.startsWith('{"error":{')) return answered(0);
      return { kind: 'wrong', why: `${response.status}, not ${status}: ${text.slice(0, 300)}` };
    },
  },
  {
    name: 'generated and scored',
    weight: 3,
    run: async (soak) => {
      const { mix, url } = soak;
      const body = {
        key: `soak:${mix.between({ least: 0, most: 2 ** 40 })}`,
        model: 'policy',
        prompt: { text: '1' },
        prefixes: [{ id: '0', text: '', count: mix.between({ least: 1, most: 8 }), first_child: 0, max_tokens: 24 }],
        until: mix.oneOf(['step', 'end']),
        step: { delimiter: '\n', max_tokens: 16 },
        sampling: { temperature: 1, top_p: 1, top_k: 0, min_p: 0, max_tokens: 24, stop: [] },
        seed: mix.between({ least: 0, most: 1e6 }),
        reward: 'reward',
        deadline_ms: 60_000,
      };
      const response = await post(`${url}/generate`, body, AbortSignal.timeout(LOST_MS));
      if (response.status === 429) return { kind: 'refused', tokens: 0 };
      const lines = (await response.text()).trimEnd().split('\n');
      const last = JSON.parse(lines.at(-1)!) as { type?: string; usage?: { completion_tokens: number } };
      return last.type === 'done' ? answered(last.usage!.completion_tokens) : { kind: 'wrong', why: lines.at(-1)!.slice(0, 300) };
    },
  },
];

const post = (url: string, body: unknown, signal: AbortSignal): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
    signal,
  });
