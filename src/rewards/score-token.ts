import { z } from 'zod';
import type { Prompt } from '../../schemas/backend.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import { judgeOptions, type RubricItem } from '../../schemas/rewards/judging.ts';
import { withoutReasoning } from '../answers/reasoning.ts';
import type { Asking, Detail, Score } from '../operation.ts';
import { root, sample, together } from '../operation.ts';
import { judgePrompt, nextTurn, type ToJudge, tokenPrompt } from '../prompts/judge.ts';
import { REASONS_ONLY, tokenQuestion } from '../prompts/judge-instructions.ts';
import type { ConfigOf, RewardTask } from './define.ts';
import { defineReward, PROBABILITY } from './define.ts';
import { toJudge } from './judge-ask.ts';
import { refuseUnfitJudge } from './judge-needs.ts';
import { answerLogprobs, drawsToken } from './judge-next-token.ts';
import { weightedMean } from './rubric.ts';
import { expectation } from './score-token-expectation.ts';

const options = z.strictObject(judgeOptions);
type Task = RewardTask<ConfigOf<'score_token'>, z.output<typeof options>>;

/** A judge's expected score, by the probabilities of the tokens that say it (methods B.10). */
export const scoreToken = defineReward({
  kind: 'score_token',
  title: "A judge's expected score, from the probabilities of the tokens that say it.",
  options,
  dependsOn: 'text',
  scale: ({ config }) => (config.output === 'raw' ? { output: 'unknown', range: rangeOf(config.tokens) } : PROBABILITY),
  readings: ({ config }, _, candidates) => candidates * questionsOf(config).length,
  cost: 'n readings by the judge, one for each item of a rubric; n x reasoning_tokens tokens where it gives its reasons first',
  sampledTokens: ({ config, lookup }, candidates) => {
    const draws = config.policy === null || drawsToken(config.policy, lookup);
    return candidates * (config.reasoning_tokens + (draws ? questionsOf(config).length : 0));
  },
  refuse(named, subject, param) {
    refuseUnfitJudge(named, subject, param);
    const { backend: place } = named.lookup.policies[named.config.policy ?? subject.policy]!;
    const backend = named.lookup.backends[place];
    if (backend?.kind !== 'openai' || backend.accepts.includes('logprobs')) return;
    const message = `The reward ${quoted(named.name)} reads log-probabilities, and the server of its judge tells none. Add "logprobs" to "accepts" of its backend.`;
    throw new WinnowError('capability_missing', message, { param });
  },
  *score(task) {
    return yield* together(task.candidates.map(({ text }) => scoreOf(task, text)));
  },
});

function rangeOf(tokens: Readonly<Record<string, number>>): [number, number] {
  const values = Object.values(tokens);
  return [Math.min(...values), Math.max(...values)];
}

/** The items of the rubric, or the one question that stands for all. */
const questionsOf = ({ rubric }: ConfigOf<'score_token'>): readonly (RubricItem | null)[] => rubric ?? [null];

function* scoreOf(task: Task, text: string): Asking<Score> {
  const { config } = task;
  const asked = toJudge(task, [text]);
  const reasons = config.reasoning_tokens === 0 ? null : yield* reasoned(task, asked);
  if (reasons && !reasons.ok) return reasons;
  const items = questionsOf(config);
  const parts = yield* together(items.map((item) => answerTo(task, questionPrompt(asked, reasons, itemQuestion(config, item)))));
  const named = items.map((item) => item?.name ?? '');
  const failed = parts.find((part) => !part.ok);
  if (failed && !failed.ok) return config.rubric ? { ...failed, detail: { parts: byName(named, parts) } } : failed;
  if (!config.rubric) return parts[0]!;
  const values = parts.map((part) => (part.ok ? part.value : null));
  const weights = config.rubric.map(({ weight }) => weight);
  return { ok: true, value: weightedMean(values, weights)!, detail: { parts: byName(named, parts) } };
}

const byName = (names: readonly string[], parts: readonly Score[]): Detail =>
  Object.fromEntries(
    parts.map((part, place) => [
      names[place]!,
      { ...(part.ok ? { value: part.value } : { reason: part.reason }), ...part.detail },
    ]),
  );

function itemQuestion({ tokens, rubric }: ConfigOf<'score_token'>, item: RubricItem | null): string {
  const ordered = Object.keys(tokens).sort((a, b) => tokens[a]! - tokens[b]!);
  const about = item
    ? `Judge the candidate by this alone: ${item.name}${item.description === '' ? '' : `, that is: ${item.description}`}.`
    : '';
  const ask = rubric ? 'How good is it in this respect' : 'How good is the candidate as an answer to the task';
  return `${about} ${tokenQuestion(ordered, `${ask}, from ${ordered[0]} (worst) to ${ordered.at(-1)} (best)?`)}`.trim();
}

interface Reasons {
  readonly ok: true;
  readonly prompt: Prompt;
  readonly text: string;
}

/** What the judge says before it is asked for the token. */
function* reasoned({ name, config, subject }: Task, asked: ToJudge): Asking<Reasons | Extract<Score, { ok: false }>> {
  const prompt = judgePrompt(asked, REASONS_ONLY);
  const [said] = yield* sample({
    role: 'judge',
    reward: name,
    policy: config.policy ?? subject.policy,
    prompt,
    prefixes: [root],
    count: 1,
    until: 'end',
    sampling: { temperature: 0, top_p: 1, top_k: 0, min_p: 0, max_tokens: config.reasoning_tokens, stop: [] },
  });
  if (!said) return { ok: false, reason: 'budget' };
  if (said.finish === 'error') return { ok: false, reason: said.reason ?? 'backend_error' };
  const text = withoutReasoning(said.text);
  return text === null ? { ok: false, reason: 'unclosed_reasoning' } : { ok: true, prompt, text };
}

const questionPrompt = (asked: ToJudge, reasons: Reasons | null, question: string): Prompt =>
  reasons ? nextTurn(reasons.prompt, reasons.text, question) : tokenPrompt(asked, question);

function* answerTo({ config, subject, lookup, name }: Task, prompt: Prompt): Asking<Score> {
  const answers = Object.keys(config.tokens);
  const policy = config.policy ?? subject.policy;
  const told = yield* answerLogprobs({ policy, lookup, reward: name, prompt, prefix: config.prefix, answers });
  if (!told.ok) return told;
  const said = expectation(told.logprobs, Object.values(config.tokens), config.min_mass);
  if (!said.ok) return { ok: false, reason: said.reason, detail: { mass: said.mass } };
  const [least, most] = rangeOf(config.tokens);
  const unit = config.output === 'raw' ? 1 : most - least;
  const detail = {
    mass: said.mass,
    spread: said.spread / unit,
    probabilities: Object.fromEntries(answers.map((answer, place) => [answer, said.probabilities[place]])),
  };
  return { ok: true, value: config.output === 'raw' ? said.value : (said.value - least) / unit, detail };
}
