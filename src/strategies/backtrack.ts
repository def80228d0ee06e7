import { z } from 'zod';
import type { Asking, Scored } from '../operation.ts';
import { note, root, together } from '../operation.ts';
import type { StrategyTask } from './define.ts';
import { define, finished } from './define.ts';
import { bestFirst } from './rank.ts';
import type { Branch, Grown } from './step-search.ts';
import { StepSearch, stepwise } from './step-search.ts';
import { stepValue } from './step-value.ts';

/**
 * Backtracking: paths are written on step by step, each for itself. A step whose value is below `floor`, or more than `drop`
 * below that of the step before it, is discarded and drawn again, a little warmer each time; after `retries` of them the
 * step before it is discarded too. Never the first one: there, and when `max_waste` is used up, a path goes on with the best
 * step that it has seen. Ends when all paths have, or when a round comes back empty.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.13, C.15
 */
export const backtrack = define({
  name: 'backtrack',
  title: 'Write paths on, and take back steps that a process reward finds wrong.',
  family: 'search',
  rounds: 'many',
  options: z.strictObject({
    paths: z.int().min(1).max(256).default(4).describe('Paths that are written side by side.'),
    floor: z.number().min(0).max(1).default(0.3).describe('A step below it is taken back (methods C.13).'),
    drop: z.number().min(0).max(1).default(0.3).describe('So is one that is so much below the step before it (methods C.13).'),
    retries: z.int().min(0).max(16).default(2).describe('Further draws of a step, each 0.1 warmer (methods C.13).'),
    max_waste: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('Tokens of discarded steps at most, of what all paths may have: paths x max_tokens (methods C.13).'),
    step_reward: z.string().optional().describe("Reward that finds wrong steps; the policy's process_reward where absent."),
  }),
  needs: stepwise,
  divides: true,
  width: (budget) => ({ paths: Math.ceil(budget / 2) }), // about half may be taken back
  cost: 'at most paths answers, max_waste of that again and what is being written when it is used up, one score call a round and warmth, and one a reward',
  bound: ({ paths, max_waste: maxWaste }, maxTokens, rewards) => {
    const written = paths * maxTokens; // each path has its tokens once where nothing is taken back
    const waste = Math.ceil(maxWaste * written);
    // the draw that uses it up, what the others were drawing then, and a step that is drawn again for the one before it
    const over = waste > 0 ? (paths + 1) * maxTokens : 0;
    return {
      candidates: paths + waste + 1, // a wrong end may be one token of waste; one more where all ends were dead
      tokens: written + waste + over + maxTokens,
      scoreCalls: written + waste + 1 + rewards, // a step of one token each, no two paths as warm at once
    };
  },
  *run(task, { paths: count, ...rules }) {
    const search = new StepSearch(task);
    const waste = { left: rules.max_waste * count * task.sampling.max_tokens };
    const paths = Array.from({ length: count }, () => new Path(task, rules, waste));
    let writing = paths;
    for (let round = 0; writing.length > 0; round++) {
      const grown = yield* writeOn(writing, task, search);
      if (grown.every(({ children, lost }) => children.length + lost.length === 0)) break;
      for (const [place, path] of writing.entries()) {
        const discarded = path.follow(grown[place]!);
        for (const id of discarded) yield* note({ type: 'prune', id, reason: 'taken_back' });
      }
      writing = paths.filter(({ open }) => open);
      yield* note({ type: 'round', round, kept: [...new Set(writing.map(({ tip }) => tip.id))] });
    }
    return yield* search.gather(
      bestFirst(
        paths.flatMap((path) => path.end),
        task.stepReward!,
      ),
    );
  },
});

/** One step for each path; paths of one warmth in one sample. @returns by path what came of it */
function* writeOn(paths: readonly Path[], task: StrategyTask, search: StepSearch): Asking<Grown[]> {
  const warmths = [...new Set(paths.map(({ warmer }) => warmer))];
  const groups = warmths.map((warmer) => paths.filter((path) => path.warmer === warmer));
  const grown = yield* together(
    groups.map((group, place) => {
      const temperature = Math.min(HOTTEST, task.sampling.temperature + warmths[place]!);
      const tips = [...new Map(group.map(({ tip }) => [tip.id, tip])).values()]; // at first all paths have the prompt
      const counts = tips.map(({ id }) => group.filter(({ tip }) => tip.id === id).length);
      return search.grow(tips, counts, { ...task.sampling, temperature });
    }),
  );
  const shares = grown.map((one) => ({ growing: one.growing, children: [...one.children], lost: [...one.lost] }));
  return paths.map(({ tip, warmer }) => {
    const share = shares[warmths.indexOf(warmer)]!;
    return { growing: share.growing, children: takeChild(share.children, tip.id), lost: takeChild(share.lost, tip.id) };
  });
}

const HOTTEST = 2; // of what any policy takes
const WARMER = 0.1;

/** The first child of that parent, which is then another path's no more. */
function takeChild<Child extends { readonly parent: string }>(children: Child[], parent: string): Child[] {
  const place = children.findIndex((child) => child.parent === parent);
  return place < 0 ? [] : children.splice(place, 1);
}

interface Rules {
  readonly floor: number;
  readonly drop: number;
  readonly retries: number;
}

/** A step on the way: what it grew from, how often it was drawn again, and the best that was discarded. */
interface Position {
  readonly before: Branch;
  tries: number;
  seen: Scored[];
}

/** One path: its steps, and what was tried at each place. */
class Path {
  readonly #task: StrategyTask;
  readonly #rules: Rules;
  /** Of all paths together. */
  readonly #waste: { left: number };
  readonly #positions: Position[] = [{ before: root, tries: 0, seen: [] }];
  open = true;

  constructor(task: StrategyTask, rules: Rules, waste: { left: number }) {
    this.#task = task;
    this.#rules = rules;
    this.#waste = waste;
  }

  /** What is written on next. */
  get tip(): Branch {
    return this.#positions.at(-1)!.before;
  }

  get warmer(): number {
    return Math.round(10 * WARMER * this.#positions.at(-1)!.tries) / 10;
  }

  /** The prefix that it has come to; none where that is the prompt, or has ended. */
  get end(): Scored[] {
    const { tip } = this;
    return 'scores' in tip && tip.finish !== 'stop' ? [tip as Scored] : [];
  }

  /** Takes in what came of its next step. @returns ids of what is discarded */
  follow({ children: [child], growing, lost: [lost] }: Grown): string[] {
    const tokens = (child ?? lost)?.tokenCount;
    if (tokens === undefined) {
      this.open = false; // it was not started: nothing is left to write with
      return [];
    }
    if (child && !this.#wrong(child)) return this.#goOn(child, growing);
    return this.#takeBack(child, tokens - this.tip.tokenCount, growing);
  }

  /** An unknown value is not a wrong one. */
  #wrong(child: Scored): boolean {
    const value = stepValue(child, this.#task);
    if (value === undefined) return false;
    const { tip } = this;
    const before = 'scores' in tip ? stepValue(tip as Scored, this.#task) : undefined;
    return value < this.#rules.floor || (before !== undefined && before - value > this.#rules.drop);
  }

  #goOn(child: Scored, growing: readonly Scored[]): string[] {
    this.open = growing.includes(child);
    if (this.open) this.#positions.push({ before: child, tries: 0, seen: [] });
    return [];
  }

  #takeBack(child: Scored | undefined, tokens: number, growing: readonly Scored[]): string[] {
    const position = this.#positions.at(-1)!;
    const mayGoOn = child && growing.includes(child);
    if (mayGoOn) position.seen.push(child);
    position.tries += 1;
    this.#waste.left -= tokens;
    const discarded = child && !finished(child) ? [child.id] : [];
    if (this.#waste.left > 0 && position.tries <= this.#rules.retries) return discarded;
    if (this.#waste.left > 0 && this.#positions.length > 2) return [...discarded, ...this.#pop()];
    const [best] = bestFirst(position.seen, this.#task.stepReward!);
    if (!best) {
      this.open = false;
      return discarded;
    }
    this.#positions.push({ before: best, tries: 0, seen: [] });
    return discarded.filter((id) => id !== best.id);
  }

  /** Discards the step before, too, and draws that one again. */
  #pop(): string[] {
    const { before } = this.#positions.pop()!;
    const position = this.#positions.at(-1)!;
    position.tries = 0;
    position.seen.push(before as Scored); // above the first place every prefix is a candidate
    this.#waste.left -= before.tokenCount - position.before.tokenCount;
    return [before.id];
  }
}
