import type { FullLimits } from '../../schemas/budget.ts';
import type { Role } from '../operation.ts';

/** What one backend call spent, as far as it is known. */
export interface CallUsage {
  /** Tokens of the prompt; null where the backend did not get to say it. */
  readonly promptTokens: number | null;
  readonly processed: number | null;
  readonly cached: number | null;
}

/** Tokens set aside for one call: settled once with what was really sampled. */
export interface Reservation {
  readonly tokens: number;
  readonly role: Role;
}

export interface RewardAccount {
  calls: number;
  /** Distinct texts scored. */
  candidates: number;
  /** Prompt and text of each, by the reward's tokenizer; null where a call did not get to say it. */
  tokens: number | null;
}

/**
 * What one run may spend and has spent: the only place that counts. While backends keep their word, spent + reserved never
 * exceeds `max_tokens`. Integers only.
 */
export class Ledger {
  readonly limits: FullLimits;
  #spent = 0;
  #reserved = 0;
  #candidates = 0;
  #lost = 0;
  #scoreCalls = 0;
  readonly #open = new Set<Reservation>();
  readonly #tokens = new Map<Role, number>();
  /** Tokens of the prompt by role and prompt: each distinct prompt counts once a role; null where unknown. */
  readonly #prompts = new Map<string, number | null>();
  #processed: number | null = 0;
  #cached: number | null = 0;
  /** Sampled tokens whose position was never run: the last one of each candidate that nothing continued. */
  readonly #tips = new Set<string>();
  /** Own tokens of each candidate, by path. */
  readonly #own = new Map<string, number>();
  readonly #rewards = new Map<string, RewardAccount>();

  constructor(limits: FullLimits) {
    this.limits = limits;
  }

  /** Tokens that may still be reserved. */
  get available(): number {
    return Math.max(0, this.limits.max_tokens - this.#spent - this.#reserved);
  }

  /** Answers that may still be sampled. */
  get candidatesLeft(): number {
    return Math.max(0, this.limits.max_candidates - this.#candidates);
  }

  /** Sets `tokens` aside. Throws where they are not there: the interpreter asks the fit rule first. */
  reserve(role: Role, tokens: number): Reservation {
    if (tokens > this.available) throw new Error(`Reserved ${tokens} tokens where ${this.available} are left.`);
    const reservation = { tokens, role };
    this.#open.add(reservation);
    this.#reserved += tokens;
    return reservation;
  }

  /** Books what was really sampled. A second settlement is ignored: a retried call may report twice. */
  settle(reservation: Reservation, sampled: number): void {
    if (!this.#open.delete(reservation)) return;
    this.#reserved -= reservation.tokens;
    this.#spend(reservation.role, sampled);
  }

  /** Books a call whose end is unknown: its whole grant may have been spent, so it counts as spent. */
  settleUnknown(reservation: Reservation, known: number): void {
    if (!this.#open.has(reservation)) return;
    this.#lost += reservation.tokens - known;
    this.settle(reservation, known);
    this.#spent += reservation.tokens - known;
  }

  #spend(role: Role, sampled: number): void {
    this.#spent += sampled;
    this.#tokens.set(role, (this.#tokens.get(role) ?? 0) + sampled);
  }

  /** Books one answer that came to its end or was cut. */
  countCandidate(): void {
    this.#candidates += 1;
  }

  /** Remembers what a candidate itself was given in tokens, so that waste can be told from use. */
  wrote(id: string, tokens: number): void {
    this.#own.set(id, (this.#own.get(id) ?? 0) + tokens);
  }

  /** Tokens of candidates that no survivor stands on: pruned, cancelled or failed ones. */
  wasted(survivors: readonly string[]): number {
    const used = new Set(survivors.flatMap(lineage));
    return [...this.#own].reduce((total, [id, tokens]) => (used.has(id) ? total : total + tokens), 0);
  }

  /** Books positions. `prompt` names the distinct prompt of that role. */
  countCall(role: Role, prompt: string, usage: CallUsage): void {
    const key = `${role} ${prompt}`;
    if ((this.#prompts.get(key) ?? null) === null) this.#prompts.set(key, usage.promptTokens);
    this.#processed = sum(this.#processed, usage.processed);
    this.#cached = sum(this.#cached, usage.cached);
  }

  /** Remembers that the last token of this candidate was sampled and not run, until something continues it. */
  leaveTip(id: string): void {
    this.#tips.add(id);
  }

  /** The candidate is continued: its last position is run after all. */
  runTip(id: string): void {
    this.#tips.delete(id);
  }

  /** Books a call to a model that reads; false where none is left. */
  scoreCall(): boolean {
    if (this.#scoreCalls >= (this.limits.max_score_calls ?? Number.POSITIVE_INFINITY)) return false;
    this.#scoreCalls += 1;
    return true;
  }

  countReward(name: string, calls: number, candidates: number, tokens: number | null): void {
    const entry = this.#rewards.get(name) ?? { calls: 0, candidates: 0, tokens: 0 };
    entry.calls += calls;
    entry.candidates += candidates;
    entry.tokens = sum(entry.tokens, tokens);
    this.#rewards.set(name, entry);
  }

  /** Everything that a report says about the means of this run. */
  account() {
    const completion = [...this.#tokens.values()].reduce((total, tokens) => total + tokens, 0);
    const prompts = [...this.#prompts.values()].reduce<number | null>(sum, 0);
    return {
      promptTokens: prompts,
      /** Null when a call was lost: what it sampled is unknown. */
      completionTokens: this.#lost > 0 ? null : completion,
      spentTokens: this.#spent,
      candidates: this.#candidates,
      processed: this.#processed,
      cached: this.#cached,
      unique: prompts === null || this.#lost > 0 ? null : prompts + completion - this.#tips.size,
      criticTokens: this.#tokens.get('critic') ?? 0,
      judgeTokens: this.#tokens.get('judge') ?? 0,
      referenceTokens: this.#tokens.get('reference') ?? 0,
      /** Tokens that a lost call may have sampled at most. */
      lostTokens: this.#lost,
      rewards: Object.fromEntries(this.#rewards),
    };
  }
}

/** A path and those that it grew from; the first steps of P count as P. */
function lineage(id: string): string[] {
  const parts = id.split('.');
  return parts.flatMap((_, depth) => {
    const path = parts.slice(0, depth + 1).join('.');
    return path.split('@').map((_, cut, cuts) => cuts.slice(0, cut + 1).join('@'));
  });
}

const sum = (total: number | null, more: number | null): number | null => (total === null || more === null ? null : total + more);
