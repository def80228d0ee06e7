import type { RunAnswer } from '../../schemas/run.ts';

type Check = readonly [says: string, holds: (run: RunAnswer) => boolean];

const tokensOf = ({ candidates = [] }: RunAnswer): number => candidates.reduce((sum, { tokens }) => sum + tokens, 0);

/** What is true of every run (api.md 2 and 4). */
const always: readonly Check[] = [
  ['budget.spent.tokens is usage.completion_tokens', ({ budget, usage }) => budget.spent.tokens === usage.completion_tokens],
  ['the limit of tokens is kept', ({ budget }) => budget.spent.tokens <= budget.limits.max_tokens],
  ['the limit of candidates is kept', ({ budget }) => budget.spent.candidates <= budget.limits.max_candidates],
  [
    'total_tokens is prompt_tokens and completion_tokens',
    ({ usage }) => usage.total_tokens === (usage.prompt_tokens ?? Number.NaN) + (usage.completion_tokens ?? Number.NaN),
  ],
  [
    'the choice is a candidate, and chosen_tokens are its tokens',
    ({ candidates = [], choice, account }) => candidates.find(({ id }) => id === choice.id)?.tokens === account.chosen_tokens,
  ],
  ['complete says that the choice stopped by itself', ({ complete, choice }) => complete === (choice.finish_reason === 'stop')],
  [
    'a cut candidate does not win while a finished one exists',
    ({ complete, candidates = [] }) => complete || candidates.every(({ finish_reason: finish }) => finish !== 'stop'),
  ],
  [
    'every candidate was scored',
    ({ candidates = [] }) => candidates.every(({ scores }) => Object.values(scores).every((score) => score.ok)),
  ],
  [
    'unique positions are no more than those processed or cached',
    ({ account: { policy } }) =>
      (policy.unique ?? Number.NaN) <= (policy.processed ?? Number.NaN) + (policy.cached ?? Number.NaN),
  ],
  ['there is no warning', ({ warnings }) => warnings.length === 0],
];

/** What is true besides where candidates share their prompt alone. */
const ofBestOfN: readonly Check[] = [
  ['the tokens of the candidates add up', (run) => tokensOf(run) === run.usage.completion_tokens],
  [
    'unique positions are prompt and tokens, less the last token of each',
    (run) => run.account.policy.unique === (run.usage.prompt_tokens ?? Number.NaN) + tokensOf(run) - run.candidates!.length,
  ],
];

/** What an answer says that cannot be: empty, unless Winnow counts wrongly. Needs `return.candidates: "all"`. */
export const oddities = (run: RunAnswer): string[] =>
  [...always, ...(run.strategy === 'best_of_n' ? ofBestOfN : [])]
    .filter(([, holds]) => !holds(run))
    .map(([says]) => `${run.strategy}, seed ${run.seed}: it does not hold that ${says}`);
