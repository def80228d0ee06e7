import type { z } from 'zod';
import type { generateUsage } from '../../../schemas/backend.ts';
import type { WinnowError } from '../../../schemas/errors.ts';
import { plus } from '../../../schemas/usage.ts';
import type { Reply } from './call.ts';
import type { Counted } from './counts.ts';
import type { Job } from './job.ts';

/** What the requests of one generation spent together. What a server does not say is null, never 0. */
export class Spent {
  /** Tokens of the prompt alone, by a request that continued nothing. */
  #prompt: number | null = null;
  #completion = 0;
  #unreported = 0;
  #processed: number | null = 0;
  #cached: number | null = 0;

  addReply(job: Job, { answers, cut }: Reply, counts: readonly Counted[]): void {
    const { prompt, completion, cached } = answers.usage;
    const counted = counts.reduce((sum, { tokens }) => sum + tokens, 0);
    const known = cut === undefined && counts.every((count) => count.known) && counts.length > 0;
    // answers beside those that were asked for are paid for too
    const sampled = known && completion !== null ? Math.max(completion, counted) : counted;
    this.#completion += sampled;
    if (!known) this.#unreported += Math.max(0, job.ids.length * job.maxTokens - sampled);
    if (job.before === '') this.#prompt ??= prompt;
    const computed = prompt === null || cached === null || !known ? null : prompt - cached + sampled - counts.length;
    this.#processed = plus(this.#processed, computed);
    this.#cached = plus(this.#cached, cached);
  }

  /** A request that failed after it had begun may have sampled all it was granted. */
  addFailure({ ids, maxTokens }: Job, { mayHaveSpent }: WinnowError): void {
    if (!mayHaveSpent) return;
    this.#unreported += ids.length * maxTokens;
    this.#processed = null;
    this.#cached = null;
  }

  usage(): z.infer<typeof generateUsage> {
    return {
      prompt_tokens: this.#prompt,
      completion_tokens: this.#completion,
      ...(this.#unreported > 0 ? { unreported_tokens: this.#unreported } : {}),
      processed: this.#processed === null ? null : Math.max(0, this.#processed),
      cached: this.#cached,
      unique: null,
    };
  }
}
