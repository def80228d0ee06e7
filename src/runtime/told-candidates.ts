/** Candidates as lines of a run tell them: each after its parent, so that what a prefix holds is not told at every step. */
import type { ToldCandidate } from '../../schemas/backend-run.ts';
import type { Candidate } from '../operation.ts';

/** What was told so far. Both sides keep one, and what it answers depends on the order of candidates alone. */
export class ToldCandidates {
  readonly #known = new Map<string, Candidate>();

  tell(candidate: Candidate): ToldCandidate {
    const parent = this.#known.get(candidate.parent);
    this.#known.set(candidate.id, candidate);
    const { id, text, written, steps, tokenCount, tokens, stepEnds, stepOpen, textEnds, finish, logprobs, reason } = candidate;
    const kept = sharedText(parent?.text ?? '', text);
    return {
      id,
      parent: candidate.parent,
      text: { kept, added: text.slice(kept) },
      written: written.length,
      steps: steps.map((step) => step.length),
      token_count: tokenCount,
      tokens: after(parent?.tokens, tokens),
      step_ends: stepEnds && [...stepEnds],
      step_open: stepOpen,
      text_ends: after(parent?.textEnds, textEnds),
      finish,
      logprobs: after(parent?.logprobs, logprobs),
      reason,
    };
  }

  /** @throws Error where it stands on a parent that was not told */
  hear(told: ToldCandidate): Candidate {
    const parent = this.#known.get(told.parent);
    const text = joined(parent?.text ?? '', told.text);
    let end = 0;
    const candidate: Candidate = {
      id: told.id,
      parent: told.parent,
      text,
      written: text.slice(text.length - told.written),
      steps: told.steps.map((length) => {
        end += length;
        return text.slice(end - length, end);
      }),
      tokenCount: told.token_count,
      tokens: list(parent?.tokens, told.tokens),
      stepEnds: told.step_ends,
      stepOpen: told.step_open,
      textEnds: list(parent?.textEnds, told.text_ends),
      finish: told.finish,
      logprobs: list(parent?.logprobs, told.logprobs),
      reason: told.reason,
    };
    this.#known.set(candidate.id, candidate);
    return candidate;
  }
}

/** A list that follows another one. */
interface After<Entry> {
  readonly kept: number;
  readonly added: Entry[];
}

function after<Entry>(before: readonly Entry[] = [], whole: readonly Entry[] | undefined): After<Entry> | undefined {
  if (whole === undefined) return undefined;
  let kept = 0;
  while (kept < before.length && kept < whole.length && same(before[kept], whole[kept])) kept++;
  return { kept, added: whole.slice(kept) };
}

/** Entries of log-probabilities are handed on from prefix to candidate as they are, so that identity is enough. */
const same = (one: unknown, other: unknown): boolean => one === other;

function list<Entry>(before: readonly Entry[] = [], told: After<Entry> | undefined): Entry[] | undefined {
  if (told === undefined) return undefined;
  refuseMissing(before.length, told.kept);
  return [...before.slice(0, told.kept), ...told.added];
}

function joined(before: string, { kept, added }: ToldCandidate['text']): string {
  refuseMissing(before.length, kept);
  return before.slice(0, kept) + added;
}

function refuseMissing(length: number, kept: number): void {
  if (kept > length) throw new Error(`A candidate keeps ${kept} of its parent's ${length}.`);
}

function sharedText(before: string, whole: string): number {
  if (whole.startsWith(before)) return before.length;
  let kept = 0;
  while (kept < before.length && kept < whole.length && before[kept] === whole[kept]) kept++;
  return kept;
}
