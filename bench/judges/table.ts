/** What the judges of a bench said, counted. */
import type { ScoreAnswer } from '../../schemas/score.ts';

type Scores = ScoreAnswer['data'][number]['scores'];

export interface Judged {
  readonly question: string;
  readonly better: Scores;
  readonly worse: Scores;
}

interface Counts {
  /** Verdicts that were asked for, those that could not be read at first, and those that never could. */
  readonly verdicts: number;
  readonly unreadAtFirst: number;
  readonly unread: number;
  /** Pairs judged in both orders, and those of them whose winner changed with its place; 0 where orders are not compared. */
  readonly compared: number;
  readonly disagreed: number;
  readonly right: number;
  readonly tied: number;
  readonly wrong: number;
  readonly unscored: number;
}

type Detail = Readonly<Record<string, unknown>>;

export function count(id: string, judged: readonly Judged[]): Counts {
  const entries = judged.map(({ better, worse }) => [better[id]!, worse[id]!] as const);
  const asked = entries.flatMap(([better, worse]) => {
    const { orders } = (better.detail ?? {}) as { orders?: Detail[] };
    return orders ?? [better.detail ?? {}, worse.detail ?? {}]; // a pair's detail is that of both orders
  });
  const unread = asked.map(({ valid, samples, mass, invalid }) =>
    typeof samples === 'number' ? samples - Number(valid) : invalid === undefined && Number(mass) >= 0.1 ? 0 : 1,
  );
  const retried = asked.map(({ retried }) => Number(retried ?? 0));
  const swapped = entries.map(([{ detail }]) => detail?.swap_disagreement);
  const outcome = (test: (better: number, worse: number) => boolean) =>
    entries.filter(([one, other]) => one.ok && other.ok && test(one.value, other.value)).length;
  return {
    verdicts: asked.length,
    unreadAtFirst: Math.max(sum(retried), sum(unread)),
    unread: sum(unread),
    compared: swapped.filter((one) => typeof one === 'boolean').length,
    disagreed: swapped.filter((one) => one === true).length,
    right: outcome((one, other) => one > other),
    tied: outcome((one, other) => one === other),
    wrong: outcome((one, other) => one < other),
    unscored: entries.filter(([one, other]) => !one.ok || !other.ok).length,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function table(rewards: readonly { readonly name: string; readonly id: string }[], judged: readonly Judged[]): string {
  const head = [
    'judge',
    'unread at first',
    'unread after the second try',
    'winner changes with its place',
    'right',
    'tie',
    'wrong',
    'no score',
  ];
  const part = (some: number, all: number) => (all === 0 ? '-' : `${some} of ${all} (${((100 * some) / all).toFixed(0)} %)`);
  const rows = rewards.map(({ name, id }) => {
    const { verdicts, unreadAtFirst, unread, compared, disagreed, right, tied, wrong, unscored } = count(id, judged);
    const reads = [part(unreadAtFirst, verdicts), part(unread, verdicts), part(disagreed, compared)];
    return [name, ...reads, ...[right, tied, wrong, unscored].map(String)];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
