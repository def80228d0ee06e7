import type { Booking } from '../../schemas/backend-run.ts';
import type { FullLimits } from '../../schemas/budget.ts';
import { plus } from '../../schemas/usage.ts';
import type { Role } from '../operation.ts';
import { hashOf } from '../random.ts';

/** What one backend call spent, as far as it is known. */
export interface CallUsage {
  /** Tokens of the prompt; null where the backend did not get to say it. */
  readonly promptTokens: number | null;
  readonly processed: number | null;
  readonly cached: number | null;
}

/** Tokens set aside for one call: settled once with what was really sampled. */
export interface Reservation {
  /** Its number in its ledger. */
  readonly id: number;
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
 * exceeds `max_tokens`. Integers only. Whoever listens hears of everything that is booked, and can book it again elsewhere.
 */
export class Ledger {
  readonly limits: FullLimits;
  #spent = 0;
  #reserved = 0;
  #candidates = 0;
  #lost = 0;
  #scoreCalls = 0;
  readonly #listen: (booking: Booking) => void;
  #reservations = 0;
  readonly #open = new Map<number, Reservation>();
  readonly #tokens = new Map<Role, number>();
  /** Tokens of the prompt by role and prompt: each distinct prompt counts once a role; null where unknown. */
  readonly #prompts = new Map<string, number | null>();
  #processed: number | null = 0;
  #cached: number | null = 0;
  /** Sampled tokens whose position was never run: the last one of each candidate that nothing continued. */
  readonly #tips = new Set<string>();
  /** Prefixes whose last token was put there: a position that was run, of a token that nobody sampled. */
  readonly #forced = new Set<string>();
  /** Own tokens of each candidate, by path. */
  readonly #own = new Map<string, number>();
  readonly #rewards = new Map<string, RewardAccount>();

  constructor(limits: FullLimits, listen: (booking: Booking) => void = () => {}) {
    this.limits = limits;
    this.#listen = listen;
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
    const reservation = { id: this.#reservations++, tokens, role };
    this.#open.set(reservation.id, reservation);
    this.#reserved += tokens;
    this.#listen({ kind: 'reserve', reservation: reservation.id, role, tokens });
    return reservation;
  }

  /** Books what was really sampled. A second settlement is ignored: a retried call may report twice. */
  settle(reservation: Reservation, sampled: number): void {
    if (!this.#close(reservation, sampled)) return;
    this.#listen({ kind: 'settle', reservation: reservation.id, sampled });
  }

  /** Books a call whose end is unknown: its whole grant may have been spent, so it counts as spent. */
  settleUnknown(reservation: Reservation, known: number): void {
    if (!this.#close(reservation, known)) return;
    this.#lost += reservation.tokens - known;
    this.#spent += reservation.tokens - known;
    this.#listen({ kind: 'settle_unknown', reservation: reservation.id, known });
  }

  /** Books every call that is still under way as one whose end is unknown: who made them is gone. */
  settleOpen(): void {
    for (const reservation of [...this.#open.values()]) this.settleUnknown(reservation, 0);
  }

  #close({ id, role, tokens }: Reservation, sampled: number): boolean {
    if (!this.#open.delete(id)) return false;
    this.#reserved -= tokens;
    this.#spent += sampled;
    this.#tokens.set(role, (this.#tokens.get(role) ?? 0) + sampled);
    return true;
  }

  /** Books one answer that came to its end or was cut. */
  countCandidate(): void {
    this.#candidates += 1;
    this.#listen({ kind: 'candidate' });
  }

  /** Remembers what a candidate itself was given in tokens, so that waste can be told from use. */
  wrote(id: string, tokens: number): void {
    this.#own.set(id, (this.#own.get(id) ?? 0) + tokens);
    this.#listen({ kind: 'wrote', id, tokens });
  }

  /** Tokens of candidates that no survivor stands on: pruned, cancelled or failed ones. */
  wasted(survivors: readonly string[]): number {
    const used = new Set(survivors.flatMap(lineage));
    return [...this.#own].reduce((total, [id, tokens]) => (used.has(id) ? total : total + tokens), 0);
  }

  /** Books positions. `prompt` tells the distinct prompts of that role apart. */
  countCall(role: Role, prompt: string, usage: CallUsage): void {
    this.#countCall(role, digest(prompt), usage);
  }

  #countCall(role: Role, prompt: string, usage: CallUsage): void {
    const key = `${role} ${prompt}`;
    if ((this.#prompts.get(key) ?? null) === null) this.#prompts.set(key, usage.promptTokens);
    this.#processed = plus(this.#processed, usage.processed);
    this.#cached = plus(this.#cached, usage.cached);
    this.#listen({ kind: 'call', role, prompt, usage: { ...usage } });
  }

  /** Remembers that the last token of this candidate was sampled and not run, until something continues it. */
  leaveTip(id: string): void {
    this.#tips.add(id);
    this.#listen({ kind: 'leave_tip', id });
  }

  /** The candidate is continued: its last position is run after all. */
  runTip(id: string): void {
    this.#tips.delete(id);
    this.#listen({ kind: 'run_tip', id });
  }

  /** Remembers that the last token of this prefix was put there, and is run because something continues it. */
  runForced(id: string): void {
    this.#forced.add(id);
    this.#listen({ kind: 'run_forced', id });
  }

  /** Books a call to a model that reads; false where none is left. */
  scoreCall(): boolean {
    if (this.#scoreCalls >= (this.limits.max_score_calls ?? Number.POSITIVE_INFINITY)) return false;
    this.#scoreCalls += 1;
    this.#listen({ kind: 'score_call' });
    return true;
  }

  countReward(name: string, calls: number, candidates: number, tokens: number | null): void {
    const entry = this.#rewards.get(name) ?? { calls: 0, candidates: 0, tokens: 0 };
    entry.calls += calls;
    entry.candidates += candidates;
    entry.tokens = plus(entry.tokens, tokens);
    this.#rewards.set(name, entry);
    this.#listen({ kind: 'reward', name, calls, candidates, tokens });
  }

  /** Books what another ledger has booked, in its order: this one then stands as that one did. */
  book(booking: Booking): void {
    switch (booking.kind) {
      case 'reserve': {
        const { id } = this.reserve(booking.role, booking.tokens);
        if (id !== booking.reservation) throw new Error(`Reservation ${booking.reservation} is number ${id} here.`);
        return;
      }
      case 'settle':
      case 'settle_unknown': {
        const reservation = this.#open.get(booking.reservation);
        if (!reservation) return;
        if (booking.kind === 'settle') this.settle(reservation, booking.sampled);
        else this.settleUnknown(reservation, booking.known);
        return;
      }
      case 'candidate':
        this.countCandidate();
        return;
      case 'wrote':
        this.wrote(booking.id, booking.tokens);
        return;
      case 'call':
        this.#countCall(booking.role, booking.prompt, booking.usage);
        return;
      case 'leave_tip':
        this.leaveTip(booking.id);
        return;
      case 'run_tip':
        this.runTip(booking.id);
        return;
      case 'run_forced':
        this.runForced(booking.id);
        return;
      case 'score_call':
        this.scoreCall();
        return;
      case 'reward':
        this.countReward(booking.name, booking.calls, booking.candidates, booking.tokens);
        return;
    }
  }

  /** Everything that a report says about the means of this run. */
  account() {
    const completion = [...this.#tokens.values()].reduce((total, tokens) => total + tokens, 0);
    const prompts = [...this.#prompts.values()].reduce<number | null>(plus, 0);
    return {
      promptTokens: prompts,
      /** Null when a call was lost: what it sampled is unknown. */
      completionTokens: this.#lost > 0 ? null : completion,
      spentTokens: this.#spent,
      candidates: this.#candidates,
      processed: this.#processed,
      cached: this.#cached,
      unique: prompts === null || this.#lost > 0 ? null : prompts + completion + this.#forced.size - this.#tips.size,
      plannerTokens: this.#tokens.get('planner') ?? 0,
      criticTokens: this.#tokens.get('critic') ?? 0,
      judgeTokens: this.#tokens.get('judge') ?? 0,
      referenceTokens: this.#tokens.get('reference') ?? 0,
      /** Tokens that a lost call may have sampled at most. */
      lostTokens: this.#lost,
      rewards: Object.fromEntries(this.#rewards),
    };
  }
}

/** A path and those that it grew from; the first steps or tokens of P count as P. */
function lineage(id: string): string[] {
  const parts = id.split('.');
  return parts.flatMap((_, depth) => {
    const path = parts.slice(0, depth + 1).join('.');
    return path.split('@').map((_, cut, cuts) => cuts.slice(0, cut + 1).join('@'));
  });
}

/** Stands for a prompt, which may be long. */
const digest = (prompt: string): string => `${hashOf(prompt).toString(16)}.${prompt.length}`;
