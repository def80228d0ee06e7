/** Expected correctness of a majority vote among k of n labelled samples, ties broken fairly (methods A.3). */
import { cluster } from '../answers/cluster.ts';
import { mulberry32 } from '../random.ts';
import { choose } from './estimators.ts';
import { meanOverSubsets } from './subsets.ts';

/** Samples of one answer. */
export interface Votes {
  readonly size: number;
  /** Mean gold of its samples. */
  readonly gold: number;
}

/** The samples of one problem as a vote sees them. `silent`: those without an answer, which have no vote. */
export interface Ballot {
  readonly clusters: readonly Votes[];
  readonly silent: Votes;
}

/** @param answers  canonical keys; null where none was read */
export function ballotOf(answers: readonly (string | null)[], gold: readonly number[]): Ballot {
  const mean = (members: readonly number[]): number =>
    members.length === 0 ? 0 : members.reduce((sum, place) => sum + gold[place]!, 0) / members.length;
  const silent = Array.from(answers.keys()).filter((place) => answers[place] === null);
  return {
    clusters: cluster(answers).map(({ members }) => ({ size: members.length, gold: mean(members) })),
    silent: { size: silent.length, gold: mean(silent) },
  };
}

const MOST_STEPS = 1_000_000; // of the exact count, some milliseconds; above it subsets are drawn
const DRAWN = 256;

/**
 * Expected gold of the answer that wins among k drawn samples; where several lead, each is as likely. Exact, but above a
 * bound of work (n x k^2 for each size of cluster) the mean of 256 subsets drawn from `seed`. Where none of the k has an answer,
 * one of them is taken.
 */
export function expectedMajority(ballot: Ballot, k: number, seed: number): number {
  const n = ballot.silent.size + ballot.clusters.reduce((sum, { size }) => sum + size, 0);
  if (k === n) return winner(ballot);
  const sizes = new Set(ballot.clusters.filter(({ gold }) => gold !== 0).map(({ size }) => size)).size;
  return sizes * n * k * k > MOST_STEPS ? drawn(ballot, n, k, seed) : exact(ballot, n, k);
}

/** Gold of the answer that leads the whole ballot. */
function winner({ clusters, silent }: Ballot): number {
  const most = clusters.reduce((top, { size }) => Math.max(top, size), 0);
  if (most === 0) return silent.gold;
  const leaders = clusters.filter(({ size }) => size === most);
  return leaders.reduce((sum, { gold }) => sum + gold, 0) / leaders.length;
}

function drawn({ clusters, silent }: Ballot, n: number, k: number, seed: number): number {
  const voteOf = [...clusters.flatMap(({ size }, place) => Array.from({ length: size }, () => place)), ...silentVotes(silent)];
  return meanOverSubsets({ n, k, limit: DRAWN, random: mulberry32(seed) }, (subset) => {
    const sizes = new Int32Array(clusters.length);
    let quiet = 0;
    for (const place of subset) {
      if (voteOf[place] === SILENT) quiet++;
      else sizes[voteOf[place]!]!++;
    }
    return winner({
      clusters: clusters.map(({ gold }, place) => ({ size: sizes[place]!, gold })),
      silent: { ...silent, size: quiet },
    });
  });
}

const SILENT = -1;
const silentVotes = ({ size }: Votes): number[] => Array.from({ length: size }, () => SILENT);

/** Clusters of one size win as often, so that each size is counted once. */
function exact({ clusters, silent }: Ballot, n: number, k: number): number {
  let sum = (choose(silent.size, k) / choose(n, k)) * silent.gold;
  const gold = new Map<number, number>();
  for (const one of clusters) if (one.gold !== 0) gold.set(one.size, (gold.get(one.size) ?? 0) + one.gold);
  const sizes = clusters.map(({ size }) => size);
  for (const [size, total] of gold) sum += total * winning(size, sizes.toSpliced(sizes.indexOf(size), 1), n, k);
  return sum;
}

/**
 * That a cluster wins, by counting k-subsets: those in which it has m samples, t others have m too, and none has more, are
 * worth 1 / (t + 1). Clusters smaller than m cannot lead, so they and the silent ones are one pool.
 */
function winning(size: number, others: readonly number[], n: number, k: number): number {
  let sum = 0;
  for (let m = 1; m <= Math.min(size, k); m++) {
    const rivals = others.filter((other) => other >= m);
    const pool = n - size - rivals.reduce((total, rival) => total + rival, 0);
    sum += (choose(size, m) / choose(n, k)) * shared(rivals, pool, m, k - m);
  }
  return sum;
}

/** Ways to draw `left` from rivals, each m at most, and from the pool; each way is worth 1 / (1 + rivals with exactly m). */
function shared(rivals: readonly number[], pool: number, m: number, left: number): number {
  const most = Math.min(rivals.length, Math.floor(left / m));
  const width = most + 1;
  let ways = new Float64Array((left + 1) * width);
  ways[0] = 1;
  for (const rival of rivals) {
    const next = new Float64Array(ways.length);
    for (let taken = 0; taken <= left; taken++) {
      for (let tied = 0; tied <= most; tied++) {
        const before = ways[taken * width + tied]!;
        if (before === 0) continue;
        for (let more = 0; more <= Math.min(m, rival, left - taken); more++)
          next[(taken + more) * width + tied + (more === m ? 1 : 0)]! += before * choose(rival, more);
      }
    }
    ways = next;
  }
  let sum = 0;
  for (let taken = 0; taken <= left; taken++)
    for (let tied = 0; tied <= most; tied++) sum += (ways[taken * width + tied]! * choose(pool, left - taken)) / (tied + 1);
  return sum;
}
