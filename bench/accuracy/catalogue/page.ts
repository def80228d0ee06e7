/** The table of rules and rewards as a page. */
import { sum } from '../../../src/selection/statistics.ts';
import { percent, points, table } from '../cells.ts';
import { meanOf, shareOf } from '../intervals.ts';
import { SEED } from '../samples.ts';
import { CONFIDENCE, N } from './sets.ts';

/** One way to pick, with 1 or 0 a problem. */
export interface Picked {
  readonly rule: string;
  readonly reward: string | null;
  readonly right: readonly number[];
}

export interface SetOfWays {
  readonly title: string;
  readonly problems: number;
  readonly greedy: readonly number[];
  /** Share of the candidates that are right, by problem. */
  readonly sample: readonly number[];
  /** Whether one of them is. */
  readonly oracle: readonly number[];
  readonly picked: readonly Picked[];
}

/** @param about  models that answered, and what the command was asked beside its defaults */
export function page(sets: readonly SetOfWays[], about: { readonly identity: string; readonly asked: string }): string {
  return `# Every rule with every reward

\`npm run bench:catalogue${about.asked}\` starts Winnow with one reward of each kind over the embedded models (\`bench/accuracy/catalogue/config.ts\`),
samples ${N} candidates of each held-out problem over HTTP, has /v1/score score them by every reward and /v1/select pick by every rule.
Percent right by \`bench/checker.ts\`, with 95 % Wilson intervals; differences are of the same problems, with a seeded bootstrap. Models: ${about.identity}.
Rules that need no reward stand below each table. \`softmax\` is one seeded draw at temperature 1.
\`length\` is the number of characters: a reward that was hacked. \`confidence\` is the rule with groups of 16 tokens, by its measures (${CONFIDENCE.join(', ')}).
Differences compare with the better of the two packaged rewards, as these same problems show it: that favours the single one.

${sets.map(setPage).join('\n')}`;
}

function setPage({ title, problems, greedy, sample, oracle, picked }: SetOfWays): string {
  const rules = [...new Set(picked.filter(({ reward }) => reward !== null).map(({ rule }) => rule))];
  const rewards = [...new Set(picked.flatMap(({ reward }) => reward ?? []))];
  const cell = (rule: string, reward: string) => {
    const found = picked.find((one) => one.rule === rule && one.reward === reward);
    return found ? percent(shareOf(found.right)) : '';
  };
  const alone = picked.filter(({ reward }) => reward === null);
  return `## ${title} (${problems})

Greedy ${percent(shareOf(greedy))}; one sample ${percent(meanOf(sample, SEED))}; one of ${N} right (the best that a rule can do) ${percent(shareOf(oracle))}.

${table(
  ['reward', ...rules],
  rewards.map((reward) => [reward, ...rules.map((rule) => cell(rule, reward))]),
)}

${table(
  ['rule alone', 'right'],
  alone.map(({ rule, right }) => [rule, percent(shareOf(right))]),
)}

${differences(picked)}`;
}

/** Combinations against the better of the two rewards that they are made of, and votes against the majority. */
function differences(picked: readonly Picked[]): string {
  const rightOf = (rule: string, reward: string | null) =>
    picked.find((one) => one.rule === rule && one.reward === reward)?.right;
  const rows: string[][] = [];
  const compare = (one: readonly [string, string | null], other: readonly [string, string | null]) => {
    const [a, b] = [rightOf(...one), rightOf(...other)];
    if (!a || !b) return;
    const difference = meanOf(
      a.map((value, place) => value - b[place]!),
      SEED,
    );
    rows.push([`${named(one)} less ${named(other)}`, points(difference)]);
  };
  const solved = (reward: string) => sum(rightOf('argmax', reward) ?? []);
  const best = solved('outcome') >= solved('process') ? 'outcome' : 'process';
  for (const combined of ['ensemble_mean', 'ensemble_min', 'ensemble_lcb', 'ensemble_uwo', 'rank_sum', 'trusted'])
    compare(['argmax', combined], ['argmax', best]);
  for (const rule of ['weighted_vote', 'weighted_vote, rank', 'borda'])
    for (const reward of ['outcome', 'process', 'ensemble_mean', 'self_certainty'])
      compare([rule, reward], ['majority_vote', null]);
  compare(['minimum_bayes_risk', null], ['majority_vote', null]);
  return `${table(['points', 'difference'], rows)}\n`;
}

const named = ([rule, reward]: readonly [string, string | null]): string => (reward === null ? rule : `${rule} by ${reward}`);
