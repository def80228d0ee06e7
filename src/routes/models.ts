import { z } from 'zod';
import type { Config } from '../../schemas/config.ts';
import { rewardConfig } from '../../schemas/config.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { modelEntry, rewardList, strategyList } from '../../schemas/models.ts';
import { kindOf, namedReward, scaleOf } from '../rewards/registry.ts';
import { rules } from '../selection/registry.ts';
import { strategies } from '../strategies/registry.ts';
import type { AppContext, Services } from './environment.ts';

type ModelEntry = z.infer<typeof modelEntry>;

const optionsOf = (schema: z.ZodType): Record<string, unknown> => z.toJSONSchema(schema, { io: 'input' });

const entry = (id: string, winnow: ModelEntry['winnow']): ModelEntry => ({
  id,
  object: 'model',
  created: 0,
  owned_by: 'winnow',
  winnow,
});

/** Policies, recipes and rewards of the config. */
const entries = ({ policies, recipes, rewards }: Config): ModelEntry[] => [
  ...Object.keys(policies).map((name) => entry(name, { kind: 'policy' })),
  ...Object.entries(recipes).map(([name, { model, strategy }]) => entry(name, { kind: 'recipe', model, strategy })),
  ...Object.entries(rewards).map(([name, { kind }]) => entry(name, { kind: 'reward', reward: kind })),
];

/** GET /v1/models. */
export const listModels =
  ({ config }: Services) =>
  (context: AppContext) =>
    context.json({ object: 'list', data: entries(config) });

/** GET /v1/models/:id. A name may hold slashes. */
export const oneModel =
  ({ config }: Services) =>
  (context: AppContext) => {
    const id = context.req.param('id') ?? '';
    const found = entries(config).find((candidate) => candidate.id === id);
    if (found) return context.json(found);
    const known = entries(config).map((candidate) => candidate.id);
    throw new WinnowError('model_not_found', `No policy, recipe or reward is named ${quoted(id)}. Known: ${known.join(', ')}.`, {
      param: 'model',
    });
  };

/** Each kind of reward with the schema of its entry in the config. */
const kinds = () =>
  rewardConfig.options.map((schema) => {
    const { kind, title, cost, options } = kindOf({ kind: schema.shape.kind.value });
    return { kind, title, cost, config: optionsOf(schema), options: optionsOf(options) };
  });

/** GET /v1/rewards: each reward of the config, with the schema of what a request may say of it, and all kinds. */
export const listRewards =
  ({ config }: Services) =>
  (context: AppContext) => {
    const data = Object.entries(config.rewards).map(([name, reward]) => {
      const { title, options, cost, members } = kindOf(reward);
      const { output, range } = scaleOf(namedReward(name, {}, config));
      const reduction = reward.kind === 'process' ? reward.reduction : null;
      return {
        name,
        kind: reward.kind,
        title,
        output,
        range: [...range],
        cost,
        members: [...members(reward)],
        reduction,
        options: optionsOf(options),
      };
    });
    return context.json({ object: 'list', data, kinds: kinds() } satisfies z.infer<typeof rewardList>);
  };

/** GET /v1/strategies: each strategy and each selection rule, with the schema of its options. */
export const listStrategies = () => (context: AppContext) => {
  const list: z.infer<typeof strategyList> = {
    object: 'list',
    data: strategies.map(({ name, title, family, rounds, needs, cost, options }) => ({
      name,
      title,
      family,
      rounds,
      needs: [
        ...(needs.stepReward ? ['process_reward'] : []),
        ...(needs.critic ? ['critic'] : []),
        ...(needs.planner ? ['planner'] : []),
        ...(needs.reward ? ['reward'] : []),
        ...(needs.continuation ? ['continuation'] : []),
        ...(needs.steps ? ['steps'] : []),
      ],
      cost,
      options: optionsOf(options),
    })),
    selection: rules.map(({ name, title, needs, cost, options }) => ({
      name,
      title,
      needs: [
        ...(needs.answers ? ['answer'] : []),
        ...(needs.scores ? ['reward'] : []),
        ...(needs.judge ? ['judge'] : []),
        ...(needs.logprobs ? ['logprobs'] : []),
      ],
      cost,
      options: optionsOf(options),
    })),
  };
  return context.json(list);
};
