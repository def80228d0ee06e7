import type { z } from 'zod';
import { WinnowError } from '../../schemas/errors.ts';
import type { cohereAnswer, jinaAnswer } from '../../schemas/rerank.ts';
import { rerankRequest } from '../../schemas/rerank.ts';
import type { Usage } from '../../schemas/usage.ts';
import { named } from '../config/resolve.ts';
import { refuseCount } from '../requests/limits.ts';
import type { Ranked } from '../requests/relevance.ts';
import { rank } from '../requests/relevance.ts';
import { rewardUsage } from '../requests/spending.ts';
import { namedReward, scaleOf } from '../rewards/registry.ts';
import { readBody } from './body.ts';
import type { AppContext, Services } from './environment.ts';
import { randomId } from './environment.ts';
import { scoreTexts } from './score-texts.ts';

type Body = z.infer<typeof rerankRequest>;

/** POST /v1/rerank: Jina's object, a superset of what a Cohere v1 client reads. */
export const rerankV1 = (services: Services) => async (context: AppContext) => {
  const { body, ranked, usage } = await rerank(context, services);
  const answer: z.infer<typeof jinaAnswer> = {
    id: randomId('rerank'),
    object: 'list',
    model: body.model,
    usage: { total_tokens: usage.total_tokens, prompt_tokens: usage.prompt_tokens },
    results: ranked.results,
    ...(ranked.warnings.length > 0 ? { meta: { warnings: ranked.warnings } } : {}),
  };
  return context.json(answer);
};

/** POST /v2/rerank: Cohere's object. */
export const rerankV2 = (services: Services) => async (context: AppContext) => {
  const { ranked, usage } = await rerank(context, services);
  const answer: z.infer<typeof cohereAnswer> = {
    id: randomId('rerank'),
    results: ranked.results,
    meta: {
      api_version: { version: '2' },
      billed_units: { search_units: 1 },
      tokens: { input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens },
      ...(ranked.warnings.length > 0 ? { warnings: ranked.warnings } : {}),
    },
  };
  return context.json(answer);
};

async function rerank(context: AppContext, services: Services): Promise<{ body: Body; ranked: Ranked; usage: Usage }> {
  const { config } = services;
  const body = await readBody(context, rerankRequest, config.caps.max_body_bytes);
  const texts = documents(body);
  refuseCount(texts, config.caps, 'documents');
  named(config.rewards, body.model, 'reward', 'model');
  const scale = scaleOf(namedReward(body.model, {}, config));
  const { step, answer } = config.policies[config.default_policy]!;
  const prompt = { messages: [{ role: 'user' as const, content: body.query }] };
  const { scores, ledger } = await scoreTexts(context, services, {
    prompt,
    texts,
    names: [body.model],
    options: {},
    lookup: config,
    subject: { policy: config.default_policy, answer, references: [], seed: 0 },
    param: 'model',
    step,
  });
  const ranked = rank(
    scores.map((byReward) => byReward[body.model]!),
    texts,
    { scale, topN: body.top_n ?? texts.length, raw: body.raw_scores ?? false, repeat: body.return_documents ?? false },
  );
  return { body, ranked, usage: rewardUsage(ledger) };
}

/** The texts under whichever of their three names they came; exactly one. */
function documents({ documents, texts, candidates }: Body): string[] {
  const given = [documents, texts, candidates].filter((list) => list !== undefined);
  const [list, ...more] = given;
  if (!list)
    throw new WinnowError('missing_required_parameter', 'documents is missing. Give the texts to rank.', { param: 'documents' });
  if (more.length > 0)
    throw new WinnowError('invalid_value', 'documents, texts and candidates are one thing. Give one of them.', {
      param: 'documents',
    });
  return list.map((document) => (typeof document === 'string' ? document : document.text));
}
