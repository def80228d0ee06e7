import type { z } from 'zod';
import type { Config } from '../../schemas/config.ts';
import type { selectAnswer } from '../../schemas/select.ts';
import { selectRequest } from '../../schemas/select.ts';
import { extract } from '../answers/extract.ts';
import type { Extraction } from '../answers/extraction.ts';
import { selectionReport } from '../requests/answer.ts';
import { capLimits, refuseCount } from '../requests/limits.ts';
import { toldAnswer } from '../requests/pick.ts';
import { readPrompt } from '../requests/prompt.ts';
import { readRule, refuseTooMany } from '../requests/selection.ts';
import { accountOf, survivedWarning, usage } from '../requests/spending.ts';
import { readSubject } from '../requests/subject.ts';
import type { ChosenRule } from '../requests/task.ts';
import type { Subject } from '../rewards/define.ts';
import type { Contender } from '../selection/order.ts';
import { ruleSchema } from '../selection/registry.ts';
import { readBody } from './body.ts';
import type { AppContext, Services } from './environment.ts';
import { departure } from './environment.ts';
import { driveAlone } from './run-task.ts';

export const selectBody = selectRequest(ruleSchema);
type Body = z.infer<typeof selectBody>;

/** POST /v1/select: a rule over candidates and scores that the caller brings; only a rule that asks runs a model. */
export const select = (services: Services) => async (context: AppContext) => {
  const { config } = services;
  const body = await readBody(context, selectBody, config.caps.max_body_bytes);
  refuseCount(body.candidates, config.caps, 'candidates');
  const { subject, recipe } = readSubject(body, config);
  const rule = ruleOf({ ...body, selection: body.selection ?? recipe?.selection }, config, subject);
  refuseTooMany(body.candidates.length, rule, 'candidates');
  const read = body.candidates.map(({ text }) => extract(text, 'stop', extractorOf(subject)));
  const contenders = contendersOf(body, rule.reward, read);
  const { choice, spent } = await driveRule(context, services, { rule, contenders, subject });
  const chosen = read[choice.index]!;
  const reads = subject.answer !== null || chosen.ok || choice.clusters !== undefined;
  const reply: z.infer<typeof selectAnswer> = {
    object: 'winnow.selection',
    choice: {
      index: choice.index,
      text: body.candidates[choice.index]!.text,
      ...(reads ? toldAnswer(chosen) : { answer: null }),
    },
    ranking: [...choice.ranking],
    ...(choice.clusters ? { clusters: choice.clusters.map((entry) => ({ ...entry, members: [...entry.members] })) } : {}),
    ...(reads ? { unread: unreadOf(read) } : {}),
    selection: selectionReport(rule.name, choice),
    ...spent,
  };
  return context.json(reply);
};

const unreadOf = (read: readonly Extraction[]) =>
  read.flatMap((entry, index) => (entry.ok ? [] : [{ index, answer_reason: entry.reason }]));

/** Without a policy of their own, texts say their answer by a mark or not at all. */
const extractorOf = ({ answer }: Subject) => answer ?? { type: 'text' as const };

function ruleOf(body: Omit<Body, 'selection'> & { readonly selection: unknown }, config: Config, subject: Subject): ChosenRule {
  const prompt = body.messages === undefined && body.prompt === undefined ? undefined : readPrompt(body);
  const { policy, seed } = subject;
  return readRule(body.selection, {
    answer: body.selection === undefined ? subject.answer : extractorOf(subject),
    scored: [...new Set(body.candidates.flatMap(({ scores }) => Object.keys(scores ?? {})))],
    context: () => ({ output: 'unknown', supplied: true, prompt, policy, seed, lookup: config }),
    subject,
    rewardOptions: {},
    lookup: config,
    param: 'selection',
  });
}

const contendersOf = ({ candidates }: Body, reward: string | null, read: readonly Extraction[]): Contender[] =>
  candidates.map(({ scores = {}, tokens, text, logprobs }, index) => {
    const value = reward !== null && Object.hasOwn(scores, reward) ? scores[reward]! : null;
    const entry = read[index]!;
    return {
      index,
      score: reward === null ? null : value === null ? { ok: false, reason: 'missing' } : { ok: true, value },
      answer: entry.ok ? entry.key : null,
      tokens: tokens ?? null,
      text,
      logprobs,
    };
  });

interface Driven {
  readonly rule: ChosenRule;
  readonly contenders: readonly Contender[];
  readonly subject: Subject;
}

/** Drives a rule like a run, within the caps. Most ask nothing, and tell nothing of what was spent. */
async function driveRule(context: AppContext, services: Services, { rule, contenders, subject }: Driven) {
  const { value, state, ledger } = await driveAlone(context, services, rule.select(contenders, rule.context), {
    name: 'select',
    limits: capLimits(services.config.caps),
    signal: departure(context).signal,
    lookup: services.config,
    rewardOptions: {},
    subject,
  });
  if (state.operations === 0) return { choice: value, spent: {} };
  const warnings = survivedWarning(state.failure);
  return { choice: value, spent: { usage: usage(ledger), account: accountOf(ledger), warnings } };
}
