/** Candidates for problems, sampled and scored by a running Winnow. */
import { appendFileSync } from 'node:fs';
import type { EvaluateRow, EvaluationOptions } from '../../../schemas/evaluate.ts';
import { evaluateAnswer } from '../../../schemas/evaluation.ts';
import type { Evaluation, Spent } from '../../../src/evaluation/evaluation.ts';
import { subSeed } from '../../../src/random.ts';
import { ask } from '../../ask.ts';
import { CannotStart } from '../../settings.ts';

export interface Sampling {
  readonly url: string;
  readonly model: string | undefined;
  readonly rewards: readonly string[] | undefined;
  readonly n: number;
  readonly sampling: unknown;
  readonly probe: boolean;
  /** Where labelled rows are written to. */
  readonly save: string | undefined;
}

type Labelled =
  | { readonly ok: true; readonly into: (evaluation: Evaluation) => void }
  | { readonly ok: false; readonly line: number; readonly message: string };

const TIMEOUT_MS = 300_000;

export class Sampler {
  readonly #asked: Sampling;
  readonly #options: EvaluationOptions;
  readonly #signal: AbortSignal;

  constructor(asked: Sampling, options: EvaluationOptions, signal: AbortSignal) {
    this.#asked = asked;
    this.#options = options;
    this.#signal = signal;
  }

  /** Whether a server has something to do for this row: it has no candidates, or they lack a score by a named reward. */
  needed({ candidates }: EvaluateRow): boolean {
    const rewards = this.#asked.rewards ?? [];
    return !candidates?.every(({ scores }) => rewards.every((name) => scores !== undefined && Object.hasOwn(scores, name)));
  }

  /** One problem a request, each with a seed of its own. A problem that the server refuses is a bad row. */
  async label(row: EvaluateRow, line: number): Promise<Labelled> {
    const { model, rewards, n, sampling, probe, save } = this.#asked;
    const { seed = 0, answer } = this.#options;
    const body = JSON.stringify({
      data: [row],
      n,
      probe,
      resamples: 0,
      seed: subSeed(seed, 'problem', line) >>> 1,
      return: { rows: true },
      ...(model === undefined ? {} : { model }),
      ...(rewards === undefined ? {} : { rewards }),
      ...(sampling === undefined ? {} : { sampling }),
      ...(answer === undefined ? {} : { answer }),
    });
    const response = await this.#post(body);
    const json: unknown = await response.json().catch(() => null);
    if (!response.ok) {
      const { error } = (json ?? {}) as { error?: { message?: string } };
      const message = error?.message ?? `status ${response.status}`;
      if (response.status === 401 || response.status === 404) throw new CannotStart(`${this.#asked.url}: ${message}`);
      return { ok: false, line, message };
    }
    const answered = evaluateAnswer.parse(json);
    const [labelled] = answered.labelled ?? [];
    if (!labelled) return { ok: false, line, message: answered.bad_rows[0]?.message ?? 'the server answered no row' };
    const spent: Spent = answered.reporting.tokens;
    return {
      ok: true,
      into(evaluation) {
        if (save !== undefined) appendFileSync(save, `${JSON.stringify(labelled)}\n`);
        if (!row.candidates) evaluation.counts.sampled++;
        evaluation.add(labelled, line, spent);
        const { policy_fingerprints: policies, reward_fingerprints: models } = answered.reporting;
        for (const fingerprint of policies) evaluation.fingerprints.add(fingerprint);
        for (const [reward, fingerprints] of Object.entries(models)) evaluation.addRewardFingerprints(reward, fingerprints);
        for (const [reward, { perturbations }] of Object.entries(answered.rewards)) {
          const rises = Object.entries(perturbations ?? {}).map(([kind, { rise }]) => [kind, rise?.value ?? null]);
          if (perturbations) evaluation.addProbe(reward, Object.fromEntries(rises));
        }
      },
    };
  }

  async #post(body: string): Promise<Response> {
    const { url } = this.#asked;
    const key = process.env.WINNOW_API_KEY;
    const headers = { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) };
    const signal = this.#signal;
    const asked = { method: 'POST', headers, body, signal, timeoutMs: TIMEOUT_MS };
    return ask(`${url.replace(/\/$/, '')}/v1/evaluate`, asked).catch((error: Error) => {
      signal.throwIfAborted();
      throw new CannotStart(
        `${url} does not answer (${error.message}). Rows without candidates need a running Winnow: npm start, or --url.`,
      );
    });
  }
}
