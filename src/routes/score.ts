import type { Prompt } from '../../schemas/backend.ts';
import type { Lookup } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { ScoreAnswer } from '../../schemas/score.ts';
import { scoreBody } from '../../schemas/score.ts';
import type { StepRule } from '../../schemas/step.ts';
import { Ledger } from '../budget/ledger.ts';
import type { Score } from '../operation.ts';
import { scoresOf } from '../requests/answer.ts';
import { withCombined } from '../requests/combined.ts';
import { judgeTokens } from '../requests/judge-tokens.ts';
import { readModel } from '../requests/model-string.ts';
import { extraction, toldAnswer } from '../requests/pick.ts';
import { readPrompt, readReferences } from '../requests/prompt.ts';
import { readRewards, refuseUnableRewards } from '../requests/rewards.ts';
import { brought, nothingScored, rewardAccount, rewardUsage, scoreAll } from '../requests/scoring.ts';
import type { Subject } from '../rewards/define.ts';
import type { RewardOptions } from '../rewards/registry.ts';
import { readBody } from './body.ts';
import type { AppContext, Services } from './environment.ts';
import { departure, randomId } from './environment.ts';
import { drive } from './run-task.ts';

/** POST /v1/score: scores of given candidates, per step where the reward is a process reward. */
export const scoreRoute = (services: Services) => async (context: AppContext) => {
  const { config } = services;
  const body = await readBody(context, scoreBody, config.caps.max_body_bytes);
  const prompt = readPrompt(body);
  const { policy: policyName } = readModel(body.model, config);
  const policy = config.policies[policyName]!;
  const rewards = readRewards(body.rewards ?? policy.rewards, config, 'rewards');
  if (rewards.names.length === 0)
    throw new WinnowError('missing_required_parameter', 'No reward was named, and the policy has none.', { param: 'rewards' });
  refuseNone(body.candidates, config.caps.max_documents, 'candidates');
  const { names, lookup } = withCombined(rewards, config, { oneByOne: null, param: 'rewards' });
  const subject = { policy: policyName, answer: policy.answer, references: readReferences(body.reference), seed: body.seed ?? 0 };
  const { scores, ledger } = await scoreTexts(context, services, {
    prompt,
    texts: body.candidates,
    names,
    options: rewards.options,
    lookup,
    subject,
    param: 'rewards',
    step: policy.step,
  });
  const answer: ScoreAnswer = {
    object: 'winnow.scores',
    data: scores.map((byReward, index) => ({
      index,
      scores: scoresOf({ scores: byReward }),
      ...(policy.answer === null ? {} : toldAnswer(extraction({ text: body.candidates[index]!, finish: 'stop' }, policy.answer))),
    })),
    usage: rewardUsage(ledger),
    account: rewardAccount(ledger),
    warnings: [],
  };
  return context.json(answer);
};

export interface TextsToScore {
  readonly prompt: Prompt;
  readonly texts: readonly string[];
  readonly names: readonly string[];
  readonly options: RewardOptions;
  readonly lookup: Lookup;
  readonly subject: Subject;
  /** Where the rewards stand in the body. */
  readonly param: string;
  /** Where the texts' steps end. */
  readonly step: StepRule;
}

/** Scores texts through the interpreter, within the request's time. Throws the backend's failure where nothing was scored. */
export async function scoreTexts(
  context: AppContext,
  services: Services,
  { prompt, texts, names, options, lookup, subject, param, step }: TextsToScore,
): Promise<{ scores: Record<string, Score>[]; ledger: Ledger }> {
  const { max_n, max_tokens, max_time_ms } = services.config.caps;
  const ledger = new Ledger({ max_candidates: max_n, max_tokens, max_time_ms });
  const { signal } = departure(context);
  const audience = { signal, listen: () => {}, tellTexts: false };
  refuseUnableRewards(names, { options, lookup, subject, param });
  judgeTokens(names, texts.length, { options, lookup, param }); // the caps bound them; more texts than one compares are refused
  const means = {
    ...audience,
    id: randomId('score'),
    seed: subject.seed,
    lookup,
    rewardOptions: options,
    subject,
    finishingReserve: 0,
  };
  const { value, state } = await drive(context, services, scoreAll(prompt, brought(texts, step), names), ledger, means);
  if (state.failure && nothingScored(value)) throw state.failure;
  return { scores: value, ledger };
}

/** None to choose from, or more than the cap. */
export function refuseNone(texts: readonly unknown[], cap: number, param: string): void {
  if (texts.length === 0) throw new WinnowError('no_candidates_supplied', `${param} is empty. Give at least one.`, { param });
  if (texts.length > cap)
    throw new WinnowError('invalid_value', `${param} has ${texts.length} entries; the cap caps.max_documents is ${cap}.`, {
      param,
    });
}
