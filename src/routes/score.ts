import { WinnowError } from '../../schemas/errors.ts';
import type { ScoreAnswer } from '../../schemas/score.ts';
import { scoreBody } from '../../schemas/score.ts';
import { scoresOf } from '../requests/answer.ts';
import { withCombined } from '../requests/combined.ts';
import { refuseCount } from '../requests/limits.ts';
import { extraction, toldAnswer } from '../requests/pick.ts';
import { readPrompt } from '../requests/prompt.ts';
import { readRewards } from '../requests/rewards.ts';
import { accountOf, rewardUsage, survivedWarning } from '../requests/spending.ts';
import { readSubject } from '../requests/subject.ts';
import { readBody } from './body.ts';
import type { AppContext, Services } from './environment.ts';
import { scoreTexts } from './score-texts.ts';

/** POST /v1/score: scores of given candidates, per step where the reward is a process reward. */
export const scoreRoute = (services: Services) => async (context: AppContext) => {
  const { caps } = services.config;
  const body = await readBody(context, scoreBody, caps.max_body_bytes);
  const prompt = readPrompt(body);
  const { policy, recipe, subject, config } = readSubject(body, services.config);
  const rewards = readRewards(body.rewards ?? recipe?.rewards ?? policy.rewards, config, 'rewards');
  if (rewards.names.length === 0)
    throw new WinnowError('missing_required_parameter', 'No reward was named, and the policy has none.', { param: 'rewards' });
  refuseCount(body.candidates, caps, 'candidates');
  const { names, lookup } = withCombined(rewards, config, { oneByOne: null, param: 'rewards' });
  const { scores, ledger, failure } = await scoreTexts(context, services, {
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
    account: accountOf(ledger),
    warnings: survivedWarning(failure),
  };
  return context.json(answer);
};
