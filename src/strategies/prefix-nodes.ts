/** What responses with common beginnings say of these: the arithmetic of prefix-tree values (methods C.10, C.15). */
import { mean } from '../selection/statistics.ts';

/** A response as its units in order, tokens or steps, and what it came to, from 0 to 1. */
export interface Response {
  readonly units: readonly (string | number)[];
  readonly outcome: number;
}

/**
 * A beginning that some responses share. A chain of beginnings that the same responses share is one node, and the shortest
 * of them stands for it.
 */
export interface PrefixNode {
  /** Units of the beginning; 0 is the prompt. */
  readonly length: number;
  readonly parent: PrefixNode | null;
  /** Places of the responses through it, ascending. */
  readonly responses: readonly number[];
  /** V: the mean outcome of these. */
  readonly value: number;
  /** V~: the same, drawn to the parent's as `kappa` responses of that would. */
  readonly shrunk: number;
  /** One of the responses has no more than this beginning. */
  readonly complete: boolean;
}

/** All nodes, parents before their children, the prompt first; of siblings first the one of the earlier response. */
export function prefixNodes(responses: readonly Response[], kappa: number): PrefixNode[] {
  if (responses.length === 0) return [];
  const nodes: PrefixNode[] = [];
  const waiting: Beginning[] = [{ length: 0, parent: null, through: [...responses.keys()] }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const node = nodeOf(next, responses, kappa);
    nodes.push(node);
    const end = endOf(next, responses);
    const open = next.through.filter((place) => responses[place]!.units.length > end);
    const branches = [...Map.groupBy(open, (place) => responses[place]!.units[end]!).values()];
    waiting.push(...branches.map((through) => ({ length: end + 1, parent: node, through })).reverse());
  }
  return nodes;
}

interface Beginning {
  readonly length: number;
  readonly parent: PrefixNode | null;
  readonly through: readonly number[];
}

function nodeOf({ length, parent, through }: Beginning, responses: readonly Response[], kappa: number): PrefixNode {
  const value = mean(through.map((place) => responses[place]!.outcome));
  const shrunk = parent === null ? value : (value * through.length + kappa * parent.shrunk) / (through.length + kappa);
  const complete = through.some((place) => responses[place]!.units.length === length);
  return { length, parent, responses: through, value, shrunk, complete };
}

/** Units that all of these share. */
function endOf({ length, through }: Beginning, responses: readonly Response[]): number {
  const [first, ...others] = through.map((place) => responses[place]!.units);
  let end = length;
  while (end < first!.length && others.every((units) => units[end] === first![end])) end++;
  return end;
}

/**
 * Where the next responses are written on: the beginning of which least is known where it matters, by
 * V~ (1 - V~) / sqrt(n). A complete response is no beginning. Of equal ones the one of the greater V~ (more of what goes on
 * from there is right), then the first; undefined where there is none.
 */
export function leastKnown(nodes: readonly PrefixNode[]): PrefixNode | undefined {
  const open = nodes.filter(({ complete }) => !complete);
  const doubts = open.map(({ shrunk, responses }) => (shrunk * (1 - shrunk)) / Math.sqrt(responses.length));
  const most = Math.max(...doubts);
  const equal = open.filter((_, place) => doubts[place]! >= most - ROUNDING);
  const greatest = Math.max(...equal.map(({ shrunk }) => shrunk));
  return equal.find(({ shrunk }) => shrunk >= greatest - ROUNDING);
}

const ROUNDING = 1e-12; // 0.75 x 0.25 by another way

/**
 * What each unit of a response changed: V of the beginning that ends with it less V of the one before, where responses part,
 * and 0 elsewhere; the end of the response is a parting too. They sum to its outcome less V of the prompt.
 *
 * @param place  of the response among those that the nodes were made of
 */
export function differences(nodes: readonly PrefixNode[], place: number, { units, outcome }: Response): number[] {
  const changes = units.map(() => 0);
  const way = nodes.filter(({ responses }) => responses.includes(place));
  for (const { length, value, parent } of way) if (parent) changes[length - 1]! += value - parent.value;
  if (units.length > 0) changes[units.length - 1]! += outcome - way.at(-1)!.value;
  return changes;
}
