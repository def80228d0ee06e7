/** What an engine tells of its work as it goes on: numbers alone, never a prompt. A call returns at once and never throws. */
export interface EngineObserver {
  /** A call joined the queue, with so many candidates. */
  added(candidates: number): void;
  /** A candidate got its slot after so many ms of waiting. */
  started(waitedMs: number): void;
  /** First token of a candidate, ms after its call came. */
  firstToken(ms: number): void;
  /** One step: tokens sampled in it, positions computed, ms. */
  step(step: {
    readonly tokens: number;
    readonly positions: number;
    readonly ms: number;
    readonly kind: 'read' | 'decode';
  }): void;
  /** Prefix cache: positions asked for, positions found. */
  prefix(asked: number, found: number): void;
  /** A candidate gave its slot back before its end, to be gone on with later. */
  preempted(): void;
  /** A candidate ended, ms after its call came. */
  finished(candidate: { readonly reason: string; readonly tokens: number; readonly ms: number }): void;
}

/** Nobody looks on. */
export const unobserved: EngineObserver = {
  added: () => {},
  started: () => {},
  firstToken: () => {},
  step: () => {},
  prefix: () => {},
  preempted: () => {},
  finished: () => {},
};
