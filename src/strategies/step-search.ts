import type { Finish } from '../../schemas/candidate.ts';
import type { Sampling } from '../../schemas/sampling.ts';
import type { Asking, Candidate, Each, Prefix, SampleOperation, Scored } from '../operation.ts';
import { note, root, sample } from '../operation.ts';
import type { Gathered, StrategyTask } from './define.ts';
import { finished, fusible, scoredBy, tokensLeft, unscored } from './define.ts';
import { Numbering } from './numbering.ts';

/** What grows: the prompt, or a candidate, which says how its last step ended. */
export type Branch = Prefix & { readonly finish?: Finish };

/** What a round of growing gave, each list in planned order. */
export interface Grown {
  /** Those that live, open or not. */
  readonly children: readonly Scored[];
  /** Of those, the ones that may go on. */
  readonly growing: readonly Scored[];
  /** Failed ones and dead ends: started, and of no use. */
  readonly lost: readonly Candidate[];
}

/** What another policy is asked, and in which role. */
export type Consultation = Pick<SampleOperation, 'prompt' | 'policy' | 'role'>;

/** What every step-wise search needs of policy and rewards. */
export const stepwise = { stepReward: true, continuation: true, steps: true } as const;

/**
 * What all step-wise searches share: growing prefixes by a step, scoring them by the step reward where one is in play, setting
 * aside what ended, and ending the best open prefix where nothing did. Children are numbered here, so that no path comes
 * twice.
 *
 * @see methods C.0
 */
export class StepSearch {
  readonly #task: StrategyTask;
  /** Scores what was written; null where nothing is scored on the way. */
  readonly #reward: string | null;
  readonly #numbering: Numbering;
  /** Came to their end by themselves. */
  readonly #completed: Scored[] = [];
  /** Have all their tokens and no end. */
  readonly #exhausted: Scored[] = [];
  /** The first dead end that is an answer: what there is where nothing else is. */
  #deadEnd: Candidate | undefined;

  constructor(task: StrategyTask, reward: string | null = task.stepReward) {
    this.#task = task;
    this.#reward = reward;
    this.#numbering = task.numbering ?? new Numbering();
  }

  /** Grows each prefix by one step, `count` times, scores what lives, each text once, and sets aside what ended. */
  *grow(parents: readonly Branch[], count: Each, sampling: Sampling = this.#task.sampling): Asking<Grown> {
    const written = yield* this.extend(parents, count, sampling, this.#fused);
    return yield* this.#sort(written, alive(this.#task, parents));
  }

  /**
   * Writes each prefix to its end, or until it has `checkpoint` tokens, `count` times; else as `grow`, but that an answer is
   * no step, and may be empty.
   *
   * @param reward  scores what lives; null is nobody
   */
  *complete(prefixes: readonly Prefix[], count: Each, checkpoint?: number, reward: string | null = this.#reward): Asking<Grown> {
    const firstChild = this.#numbering.take(prefixes, count);
    const scoredBy = fusible(this.#task, reward ?? this.#task.rewards[0]); // by which whole answers are scored at last
    const written = yield* sample({ ...this.#task, prefixes, count, firstChild, until: 'end', checkpoint, scoredBy });
    return yield* this.#sort(written, ({ finish }) => finish !== 'error', reward);
  }

  /** Sets aside what ended or has all its tokens. @returns the others, which may go on */
  setAside(children: readonly Scored[]): readonly Scored[] {
    const growing = children.filter((child) => this.#mayGrow(child));
    this.#completed.push(...children.filter(finished));
    this.#exhausted.push(...children.filter((child) => !finished(child) && !growing.includes(child)));
    return growing;
  }

  /**
   * Samples the next step of each prefix, `count` times, as they come: nothing set aside, and no score asked for.
   *
   * @param scoredBy  the reward that will be, where one will
   */
  *extend(
    parents: readonly Branch[],
    count: Each,
    sampling: Sampling = this.#task.sampling,
    scoredBy?: string,
  ): Asking<readonly Candidate[]> {
    const firstChild = this.#numbering.take(parents, count);
    return yield* sample({ ...this.#task, sampling, prefixes: parents, count, firstChild, until: 'step', scoredBy });
  }

  /**
   * Writes up to `steps` greedy steps after each of these different prefixes, one sample a depth for all of them. Nothing is
   * scored or set aside.
   *
   * @returns for each prefix what it was after each step; a failure, a dead end or an end leaves it shorter
   */
  *rollForward(prefixes: readonly Branch[], steps: number): Asking<readonly (readonly Candidate[])[]> {
    const rollouts: Candidate[][] = prefixes.map(() => []);
    let tips = prefixes.map((prefix, place) => ({ prefix, rollout: rollouts[place]! }));
    for (let depth = 0; depth < steps && tips.length > 0; depth++) {
      const parents = tips.map(({ prefix }) => prefix);
      const written = yield* this.extend(parents, 1, this.#greedy);
      const next = new Map(written.filter(alive(this.#task, parents)).map((step) => [step.parent, step]));
      tips = tips.flatMap(({ prefix, rollout }) => {
        const step = next.get(prefix.id);
        if (step) rollout.push(step);
        return step && this.#mayGrow(step) ? [{ prefix: step, rollout }] : [];
      });
    }
    return rollouts;
  }

  /** The same candidates with their scores, by the reward of the search or by the one given; without where there is none. */
  *score(candidates: readonly Candidate[], reward: string | null = this.#reward): Asking<Scored[]> {
    const all = unscored(candidates);
    return reward === null ? all : yield* scoredBy(reward, this.#task, all);
  }

  /**
   * Asks another policy about what is to be written or was, `count` times: its replies are no answers, have numbers of their
   * own, and do not end at the stop strings of answers.
   */
  *consult({ prompt, policy, role }: Consultation, count: number): Asking<readonly Candidate[]> {
    const firstChild = this.#numbering.take([root], count);
    const sampling = { ...this.#task.sampling, stop: [] };
    return yield* sample({ prompt, policy, role, sampling, prefixes: [root], count, firstChild, until: 'end' });
  }

  /**
   * What a search returns: what ended, and what has all its tokens. Where nothing ended, the first of the open ones is
   * written to its end, greedily, with the finishing reserve; the prompt itself where none is open, and then also an empty
   * answer is one: there is no other. Where no answer can be had any more, it is the first of those that came before.
   *
   * @param open  the prefixes that may go on, best first
   */
  *gather(open: readonly Scored[]): Asking<Gathered> {
    if (this.#completed.length > 0) return { pool: [...this.#completed, ...this.#exhausted] };
    const best = [open[0] ?? root];
    const firstChild = this.#numbering.take(best, 1);
    const ending = { prefixes: best, count: 1, firstChild, until: 'end', finishing: true, scoredBy: this.#fused } as const;
    const ends = yield* sample({ ...this.#task, ...ending, sampling: this.#greedy });
    const lives = ends.filter(alive(this.#task, best));
    const begun = [...this.#exhausted, ...open];
    const answers = lives.length + begun.length > 0 ? lives : ends.filter(({ finish }) => finish !== 'error');
    const before = answers.length + begun.length === 0 && this.#deadEnd ? [this.#deadEnd] : [];
    return { pool: [...(yield* this.score([...answers, ...before])), ...begun] };
  }

  *#sort(
    written: readonly Candidate[],
    lives: (candidate: Candidate) => boolean,
    reward: string | null = this.#reward,
  ): Asking<Grown> {
    const lost = written.filter((candidate) => !lives(candidate));
    this.#deadEnd ??= lost.find(finished);
    const children = yield* this.score(written.filter(lives), reward);
    return { children, growing: this.setAside(children), lost };
  }

  get #greedy(): Sampling {
    return { ...this.#task.sampling, temperature: 0 };
  }

  get #fused(): string | undefined {
    return fusible(this.#task, this.#reward);
  }

  #mayGrow(child: Candidate): boolean {
    return !finished(child) && tokensLeft(child, this.#task.sampling) > 0;
  }
}

/** Tells who goes on after a round, and who does not. */
export function* tellRound(round: number, growing: readonly Scored[], kept: readonly Scored[]): Asking<void> {
  for (const { id } of growing.filter((candidate) => !kept.includes(candidate)))
    yield* note({ type: 'prune', id, reason: 'not_kept' });
  yield* note({ type: 'round', round, kept: kept.map(({ id }) => id) });
}

/** The first of each text. */
export function distinct<Text extends { readonly text: string }>(candidates: readonly Text[]): Text[] {
  const seen = new Set<string>();
  return candidates.filter(({ text }) => !seen.has(text) && seen.add(text));
}

/** A failed one is dropped, and so is a dead end: an empty step, unless the answer stands before it (methods C.0). */
const alive =
  ({ answerSpan }: StrategyTask, parents: readonly Branch[]) =>
  (candidate: Candidate): boolean => {
    if (candidate.finish === 'error') return false;
    if (candidate.written.trim() !== '') return true;
    const parent = parents.find(({ id }) => id === candidate.parent);
    return (
      finished(candidate) && (answerSpan(candidate.text) !== undefined || (parent !== undefined && endsStep(parent, candidate)))
    );
  };

/** It wrote nothing, and yet its step is not empty: the parent's was cut in the middle, or began the stop string. */
const endsStep = ({ finish, text }: Branch, candidate: Candidate): boolean =>
  candidate.text.trim() !== '' && (candidate.text.length < text.length || (finish !== undefined && finish !== 'step'));
