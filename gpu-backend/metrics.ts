import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EngineObserver } from './engine/observer.ts';
import { candidateBuckets, secondsBuckets, stepBuckets, tokenBuckets } from './metrics/buckets.ts';
import { watchProcess } from './metrics/process.ts';

/** What one engine holds at the moment. */
export interface EngineStats {
  readonly running: number;
  readonly waiting: number;
  readonly kvUsedFraction: number;
  readonly kvBytes: number;
  readonly prefixTokens: number;
}

/** What is read at each scrape: engines by the name of their policy, the rest by that of the reward model. */
export interface Watched {
  engines(): Iterable<readonly [model: string, stats: EngineStats]>;
  scorers(): Iterable<readonly [model: string, waiting: number]>;
  /** Positions that a reward keeps of what it has read. */
  kept(): Iterable<readonly [model: string, positions: number]>;
}

const MODEL = ['model_name'] as const;
const REASONS: ReadonlySet<string> = new Set(['step', 'stop', 'length', 'budget', 'cancelled', 'error']);

/**
 * The metrics of one backend, in a registry of its own. Names are vLLM's with `winnow_` before them. Labels are names of
 * the configuration, reasons and routes of a fixed list: no text of a request ever becomes one.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #process = watchProcess(this.#registry);
  readonly #promptTokens = this.#counter('prompt_tokens_total', 'Prompt and prefix positions computed.');
  readonly #generationTokens = this.#counter('generation_tokens_total', 'Tokens of the candidates that ended.');
  readonly #prefixQueries = this.#counter('prefix_cache_queries_total', 'Positions looked for in the prefix cache.');
  readonly #prefixHits = this.#counter('prefix_cache_hits_total', 'Positions found in the prefix cache.');
  readonly #preemptions = this.#counter('num_preemptions_total', 'Candidates that gave their slot back before their end.');
  readonly #corrupted = this.#counter('corrupted_requests_total', 'Candidates whose logits were not numbers.');
  readonly #rejections = this.#counter('admission_rejections_total', 'Requests refused because too much waits (429).');
  readonly #success = new Counter({
    name: 'winnow_request_success_total',
    help: 'Candidates that ended, by how.',
    labelNames: [...MODEL, 'finished_reason'],
    registers: [this.#registry],
  });
  readonly #http = new Counter({
    name: 'winnow_http_requests_total',
    help: 'HTTP requests answered, by route and status.',
    labelNames: ['route', 'status'],
    registers: [this.#registry],
  });
  readonly #firstToken = this.#histogram('time_to_first_token_seconds', 'From a call to the first token.', secondsBuckets);
  readonly #interToken = this.#histogram('inter_token_latency_seconds', 'Between two tokens of a candidate.', stepBuckets);
  readonly #latency = this.#histogram('e2e_request_latency_seconds', 'From a call to the end of a candidate.', secondsBuckets);
  readonly #queueTime = this.#histogram('request_queue_time_seconds', 'From a call to a slot.', secondsBuckets);
  readonly #iteration = this.#histogram('iteration_tokens_total', 'Positions computed by one step.', tokenBuckets);
  readonly #stepTime = new Histogram({
    name: 'winnow_step_time_seconds',
    help: 'One run of the model, by whether it read a prompt or decoded.',
    labelNames: [...MODEL, 'kind'],
    buckets: [...stepBuckets],
    registers: [this.#registry],
  });
  readonly #generated = this.#histogram('request_generation_tokens', 'Tokens of a candidate.', tokenBuckets);
  readonly #candidates = this.#histogram('request_params_n', 'Candidates of a call.', candidateBuckets);
  #watched: Watched | null = null;

  constructor() {
    const engines = (value: (stats: EngineStats) => number) =>
      [...(this.#watched?.engines() ?? [])].map(([model, stats]) => [model, value(stats)] as const);
    const engineGauge = (name: string, help: string, value: (stats: EngineStats) => number) =>
      this.#gauge(name, help, () => engines(value));
    engineGauge('num_requests_running', 'Candidates that hold a slot.', ({ running }) => running);
    engineGauge('num_requests_waiting', 'Candidates that wait for a slot.', ({ waiting }) => waiting);
    engineGauge('kv_cache_usage_perc', 'Share of the key/value cache in use; 1 is all.', ({ kvUsedFraction }) => kvUsedFraction);
    engineGauge('kv_cache_bytes', 'Memory of the key/value cache.', ({ kvBytes }) => kvBytes);
    this.#gauge('prefix_cache_tokens', 'Positions kept in the prefix cache.', () => [
      ...engines(({ prefixTokens }) => prefixTokens),
      ...(this.#watched?.kept() ?? []),
    ]);
    this.#gauge('num_scores_waiting', 'Texts that wait for a reward model.', () => this.#watched?.scorers() ?? []);
  }

  /** Says from where the gauges are read, once the models are loaded. */
  watch(watched: Watched | null): void {
    this.#watched = watched;
  }

  /** What the engine of this model, or the reader of this reward, tells its work to. */
  observer(model: string): EngineObserver {
    const label = { model_name: model };
    for (const counter of [this.#promptTokens, this.#generationTokens, this.#prefixQueries, this.#prefixHits])
      counter.inc(label, 0);
    for (const counter of [this.#preemptions, this.#corrupted, this.#rejections]) counter.inc(label, 0);
    for (const reason of REASONS) this.#success.inc({ ...label, finished_reason: reason }, 0);
    let sinceTokens = 0;
    return {
      added: (candidates) => this.#candidates.observe(label, candidates),
      started: (waitedMs) => this.#queueTime.observe(label, waitedMs / 1000),
      firstToken: (ms) => this.#firstToken.observe(label, ms / 1000),
      step: ({ tokens, positions, ms, kind }) => {
        this.#iteration.observe(label, positions);
        this.#stepTime.observe({ ...label, kind }, ms / 1000);
        if (kind === 'read') {
          sinceTokens = this.#isRunning(model) ? sinceTokens + ms : 0; // those that run wait for what is read between
          return;
        }
        for (let token = 0; token < tokens; token++) this.#interToken.observe(label, (sinceTokens + ms) / 1000);
        sinceTokens = 0;
      },
      prefix: (asked, found) => {
        this.#promptTokens.inc(label, asked - found);
        this.#prefixQueries.inc(label, asked);
        this.#prefixHits.inc(label, found);
      },
      preempted: () => this.#preemptions.inc(label),
      finished: ({ reason, tokens, ms }) => {
        if (reason === 'corrupted') this.#corrupted.inc(label);
        this.#success.inc({ ...label, finished_reason: REASONS.has(reason) ? reason : 'error' });
        this.#generationTokens.inc(label, tokens);
        this.#generated.observe(label, tokens);
        this.#latency.observe(label, ms / 1000);
      },
    };
  }

  /** A request for this model was refused because too much waits. The name is one of the configuration. */
  rejected(model: string): void {
    this.#rejections.inc({ model_name: model });
  }

  /** A request was answered. The route is one of the list of routes, never a path as it was asked. */
  answered(route: string, status: number): void {
    this.#http.inc({ route, status: String(status) });
  }

  /** All of them in Prometheus' text format, with its content type. */
  async scrape(): Promise<{ readonly text: string; readonly contentType: string }> {
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }

  close(): void {
    this.#watched = null;
    this.#process.close();
    this.#registry.clear();
  }

  #isRunning(model: string): boolean {
    for (const [name, { running }] of this.#watched?.engines() ?? []) if (name === model) return running > 0;
    return false;
  }

  #counter(name: string, help: string): Counter<'model_name'> {
    return new Counter({ name: `winnow_${name}`, help, labelNames: MODEL, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: readonly number[]): Histogram<'model_name'> {
    return new Histogram({ name: `winnow_${name}`, help, labelNames: MODEL, buckets: [...buckets], registers: [this.#registry] });
  }

  #gauge(name: string, help: string, read: () => Iterable<readonly [model: string, value: number]>): void {
    new Gauge({
      name: `winnow_${name}`,
      help,
      labelNames: MODEL,
      registers: [this.#registry],
      collect() {
        this.reset(); // a model that is not served any more is not told of any more
        for (const [model, value] of read()) this.set({ model_name: model }, value);
      },
    });
  }
}
