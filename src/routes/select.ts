import type { z } from 'zod';
import type { selectAnswer } from '../../schemas/select.ts';
import { selectRequest } from '../../schemas/select.ts';
import { extract } from '../answers/extract.ts';
import { Ledger } from '../budget/ledger.ts';
import { selectionReport } from '../requests/answer.ts';
import { readModel } from '../requests/model-string.ts';
import { readPrompt } from '../requests/prompt.ts';
import { readRule } from '../requests/selection.ts';
import type { ChosenRule } from '../requests/task.ts';
import type { Choice } from '../selection/define.ts';
import type { Contender } from '../selection/order.ts';
import { ruleSchema } from '../selection/registry.ts';
import { readBody } from './body.ts';
import type { AppContext, Services } from './environment.ts';
import { departure, randomId } from './environment.ts';
import { drive } from './run-task.ts';
import { refuseNone } from './score.ts';

export const selectBody = selectRequest(ruleSchema);

/** POST /v1/select: a rule over candidates and scores that the caller brings; only a rule that asks a judge runs a model. */
export const select = (services: Services) => async (context: AppContext) => {
  const { config } = services;
  const body = await readBody(context, selectBody, config.caps.max_body_bytes);
  refuseNone(body.candidates, config.caps.max_documents, 'candidates');
  const { policy } = readModel(body.model, config);
  const { answer } = config.policies[policy]!;
  const extractor = answer ?? { type: 'text' as const }; // without a policy of their own, texts say their answer by a mark or not at all
  const scored = [...new Set(body.candidates.flatMap(({ scores }) => Object.keys(scores ?? {})))];
  const rule = readRule(body.selection, {
    answer: body.selection === undefined ? answer : extractor,
    scored,
    context: () => ({
      output: 'unknown',
      supplied: true,
      prompt: body.messages === undefined && body.prompt === undefined ? undefined : readPrompt(body),
      policy,
      seed: body.seed ?? 0,
      lookup: config,
    }),
    param: 'selection',
  });
  const read = body.candidates.map(({ text }) => extract(text, 'stop', extractor));
  const contenders = body.candidates.map(({ scores, tokens, text, logprobs }, index): Contender => {
    const value = rule.reward === null ? null : (scores?.[rule.reward] ?? null);
    const entry = read[index]!;
    return {
      index,
      score: rule.reward === null ? null : value === null ? { ok: false, reason: 'missing' } : { ok: true, value },
      answer: entry.ok ? entry.key : null,
      tokens: tokens ?? null,
      text,
      logprobs,
    };
  });
  const choice = await driveRule(context, services, rule, contenders);
  const chosen = read[choice.index]!;
  const reply: z.infer<typeof selectAnswer> = {
    object: 'winnow.selection',
    choice: { index: choice.index, text: body.candidates[choice.index]!.text, answer: chosen.ok ? chosen.raw : null },
    ranking: [...choice.ranking],
    ...(choice.clusters ? { clusters: choice.clusters.map((entry) => ({ ...entry, members: [...entry.members] })) } : {}),
    selection: selectionReport(rule.name, choice),
  };
  return context.json(reply);
};

/** Most rules ask nothing. One that asks a judge is driven like a run, within the caps. */
async function driveRule(
  context: AppContext,
  services: Services,
  { select: selecting, context: given, needs }: ChosenRule,
  contenders: readonly Contender[],
): Promise<Choice> {
  const asking = selecting(contenders, given);
  if (!needs.judge) {
    const turn = asking.next();
    if (turn.done) return turn.value;
    throw new Error('A rule that says it asks nobody asked.');
  }
  const { max_n, max_tokens, max_time_ms } = services.config.caps;
  const ledger = new Ledger({ max_candidates: max_n, max_tokens, max_time_ms });
  const { signal } = departure(context);
  const seed = given.seed ?? 0;
  const subject = { policy: given.policy!, answer: null, references: [], seed };
  const audience = { signal, listen: () => {}, tellTexts: false };
  const means = {
    ...audience,
    id: randomId('select'),
    seed,
    lookup: services.config,
    rewardOptions: {},
    subject,
    finishingReserve: 0,
  };
  return (await drive(context, services, asking, ledger, means)).value;
}
