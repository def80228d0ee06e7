/** What a running Winnow answers to each prompt: 16 samples judged by its rule, the one that the rule picks, and greedy. */
import { z } from 'zod';
import { ask } from '../../bin/ask.ts';
import { type RunAnswer, runAnswer } from '../../schemas/run.ts';
import { scoreAnswer } from '../../schemas/score.ts';
import { collect } from '../accuracy/cache.ts';
import type { Instructed } from './prompts.ts';

export const N = 16;
export const SAMPLING = { temperature: 0.8, top_p: 0.95, max_tokens: 160 };
/** Of a run, which other work on the machine may slow. */
export const TIMEOUT_MS = 3_600_000;

/** One candidate: which checks it passed, in order; null where one was undecided. */
const judged = z.object({
  passed: z.array(z.boolean().nullable()).min(1),
  tokens: z.number(),
  finished: z.boolean(),
  text: z.string(),
});
export type Judged = z.infer<typeof judged>;

/** `chosen`: place of the picked one in `samples`. */
const answered = z.object({ id: z.string(), samples: z.array(judged), chosen: z.number(), greedy: judged });
export type Answered = z.infer<typeof answered>;

/** @param path  what was answered is kept there, so that a run that was killed goes on where it was */
export const measure = (
  url: string,
  prompts: readonly Instructed[],
  path: string,
  signal: AbortSignal,
  progress: (done: number, total: number) => void,
): Promise<Answered[]> =>
  collect(prompts, { path, schema: answered, measure: (prompt, stop) => answer(url, prompt, stop), signal, progress });

async function answer(url: string, { id, prompt, checks }: Instructed, signal: AbortSignal): Promise<Answered> {
  const messages = [{ role: 'user', content: prompt }];
  const rewards = [{ name: 'rules', checks }];
  const run = async (n: number, temperature: number): Promise<RunAnswer> => {
    const sampling = { ...SAMPLING, temperature, seed: Number(id.slice(1)) };
    const body = { messages, rewards, n, sampling, return: { candidates: 'all' }, stream: true };
    return runAnswer.parse(resultOf(await post(url, '/v1/best-of-n', body, signal)));
  };
  const [sampled, greedy] = [await run(N, SAMPLING.temperature), await run(1, 0)];
  const all = [...sampled.candidates!, ...greedy.candidates!];
  // once more, all of them: a run does not score the cut ones where others finished, since they cannot win
  const candidates = all.map(({ text }) => text!); // `all` returns texts
  const { data } = scoreAnswer.parse(JSON.parse(await post(url, '/v1/score', { messages, candidates, rewards }, signal)));
  const judged = all.map((candidate, place) => judgedOf(candidate, data[place]!.scores.rules!.detail));
  return {
    id,
    samples: judged.slice(0, N),
    chosen: sampled.candidates!.findIndex(({ index }) => index === sampled.choice.index),
    greedy: judged[N]!,
  };
}

async function post(url: string, path: string, body: object, signal: AbortSignal): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await ask(url + path, { method: 'POST', headers, body: JSON.stringify(body), signal, timeoutMs: TIMEOUT_MS });
  const text = await response.text();
  if (!response.ok) throw new Error(`Winnow answered ${response.status}: ${text.slice(0, 400)}`);
  return text;
}

/** The body of a streamed run. It is streamed because fetch gives up after five minutes without a byte. */
function resultOf(events: string): unknown {
  const [, result] = /^event: result\n(?:id: .*\n)?data: (.*)$/m.exec(events) ?? [];
  if (result === undefined) throw new Error(`The run ended with ${events.slice(-400)}`);
  return JSON.parse(result);
}

const verdicts = z.object({ checks: z.array(z.object({ passed: z.boolean().nullable() })) });

function judgedOf({ tokens, finish_reason, text }: NonNullable<RunAnswer['candidates']>[number], detail: unknown): Judged {
  const { checks } = verdicts.parse(detail);
  return { passed: checks.map(({ passed }) => passed), tokens, finished: finish_reason === 'stop', text: text! };
}
