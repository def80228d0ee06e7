/** Winnow as a client meets it: POST /generate and /score on a backend in a process of its own. */
import {
  type CandidateLine,
  type GenerateRequest,
  generateLine,
  type ScoreRequest,
  scoreResponse,
} from '../../schemas/backend.ts';
import { type RunningBackend, startBackend } from './load/backend.ts';
import type { Answer, Ask, Writer } from './peers.ts';

const DEADLINE_MS = 600_000;

export interface Generated {
  readonly candidates: readonly CandidateLine[];
  readonly usage: { readonly prompt_tokens: number; readonly processed: number; readonly cached: number };
  readonly ms: number;
}

export class Winnow implements Writer {
  readonly label = 'Winnow';
  readonly #backend: RunningBackend;
  #calls = 0;

  /** @param model folder of the policy */
  static async start(model: string, slots: number): Promise<Winnow> {
    return new Winnow(await startBackend({ model, slots, reward: true }));
  }

  constructor(backend: RunningBackend) {
    this.#backend = backend;
  }

  async write({ prompt, rows, tokens }: Ask): Promise<Answer> {
    try {
      const { candidates, usage, ms } = await this.generate({ prompt: { text: prompt } }, rows, tokens);
      // two prompts may share their first word; more from a cache would not be "prompt included"
      if (usage.cached > 2) return `${usage.cached} tokens of the prompt came from a cache`;
      const written = candidates.reduce((sum, candidate) => sum + candidate.token_count, 0);
      return { ms, promptTokens: usage.prompt_tokens, tokens: written };
    } catch (failure) {
      return String(failure);
    }
  }

  /** One call; whatever `asked` does not say is a plain sample of `count` answers of exactly `tokens` tokens. */
  async generate(
    asked: Partial<GenerateRequest> & Pick<GenerateRequest, 'prompt'>,
    count: number,
    tokens: number,
  ): Promise<Generated> {
    this.#calls += 1;
    const began = performance.now();
    const text = await this.#post('/generate', {
      key: `bench ${this.#calls}`,
      model: 'policy',
      prefixes: [{ id: '0', text: '', count, first_child: 0, max_tokens: tokens }],
      until: 'end',
      step: { delimiter: '\n', max_tokens: tokens },
      sampling: { temperature: 1, top_p: 1, top_k: 0, min_p: 0, max_tokens: tokens, stop: [] },
      seed: this.#calls,
      ignore_eos: true,
      deadline_ms: DEADLINE_MS,
      ...asked,
    } satisfies GenerateRequest);
    const ms = performance.now() - began;
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => generateLine.parse(JSON.parse(line)));
    const failed = lines.find((line) => line.type === 'error');
    if (failed) throw new Error(`${failed.code}: ${failed.message}`);
    const done = lines.find((line) => line.type === 'done');
    if (!done) throw new Error(`POST /generate ended without its last line: ${text.slice(-200)}`);
    const { prompt_tokens, processed, cached } = done.usage;
    return {
      candidates: lines.filter((line) => line.type === 'candidate'),
      usage: { prompt_tokens: prompt_tokens ?? 0, processed: processed ?? 0, cached: cached ?? 0 },
      ms,
    };
  }

  /** Milliseconds that one call takes for these texts, behind one prompt. @throws Error where a text was not scored */
  async score(prompt: string, texts: readonly string[]): Promise<number> {
    this.#calls += 1;
    const began = performance.now();
    const answer = await this.#post('/score', {
      key: `bench ${this.#calls}`,
      model: 'reward',
      prompt: { text: prompt },
      candidates: texts.map((text, index) => ({ id: String(index), text })),
      deadline_ms: DEADLINE_MS,
    } satisfies ScoreRequest);
    const ms = performance.now() - began;
    const failed = scoreResponse.parse(JSON.parse(answer)).scores.find((score) => !score.ok);
    if (failed && !failed.ok) throw new Error(`A text was not scored: ${failed.reason}`);
    return ms;
  }

  /** Bytes of the process that are in memory, as it says itself. */
  async resident(): Promise<number> {
    const family = (await this.#backend.metrics()).get('process_resident_memory_bytes');
    return family?.samples[0]?.value ?? Number.NaN;
  }

  stop(): Promise<void> {
    return this.#backend.stop();
  }

  async #post(path: string, body: unknown): Promise<string> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${this.#backend.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${text.slice(0, 300)}`);
    return text;
  }
}
