import type { z } from 'zod';
import type { selectAnswer } from '../../schemas/select.ts';
import { selectRequest } from '../../schemas/select.ts';
import { extract } from '../answers/extract.ts';
import { selectionReport } from '../requests/answer.ts';
import { readModel } from '../requests/model-string.ts';
import { readRule } from '../requests/selection.ts';
import type { Contender } from '../selection/order.ts';
import { ruleSchema } from '../selection/registry.ts';
import { readBody } from './body.ts';
import type { AppContext, Services } from './environment.ts';
import { refuseNone } from './score.ts';

export const selectBody = selectRequest(ruleSchema);

/** POST /v1/select: a rule over candidates and scores that the caller brings; no model runs. */
export const select =
  ({ config }: Services) =>
  async (context: AppContext) => {
    const body = await readBody(context, selectBody, config.caps.max_body_bytes);
    refuseNone(body.candidates, config.caps.max_documents, 'candidates');
    const { answer } = config.policies[readModel(body.model, config).policy]!;
    const extractor = answer ?? { type: 'text' as const }; // without a policy of their own, texts say their answer by a mark or not at all
    const scored = [...new Set(body.candidates.flatMap(({ scores }) => Object.keys(scores ?? {})))];
    const rule = readRule(body.selection, {
      answer: body.selection === undefined ? answer : extractor,
      scored,
      context: () => ({ output: 'unknown', supplied: true }),
      param: 'selection',
    });
    const read = body.candidates.map(({ text }) => extract(text, 'stop', extractor));
    const contenders = body.candidates.map(({ scores, tokens }, index): Contender => {
      const value = rule.reward === null ? null : (scores?.[rule.reward] ?? null);
      const entry = read[index]!;
      return {
        index,
        score: rule.reward === null ? null : value === null ? { ok: false, reason: 'missing' } : { ok: true, value },
        answer: entry.ok ? entry.key : null,
        tokens: tokens ?? null,
      };
    });
    const asking = rule.select(contenders, rule.context).next();
    if (!asking.done) throw new Error(`The rule ${rule.name} asks a model, which /v1/select does not run.`);
    const { value: choice } = asking;
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
