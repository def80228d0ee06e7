import type { GenerateLine, GenerateRequest } from '../../../schemas/backend.ts';
import type { OpenAiConfig } from '../../../schemas/config.ts';
import type { Choice } from './answers.ts';
import type { Reply } from './call.ts';
import { lineOf } from './candidate.ts';
import { countTokens } from './counts.ts';
import type { Job } from './job.ts';
import type { Spent } from './spent.ts';

/** Candidates of a job for which a whole reply has no choice, where several were asked for: they are to be asked for alone. */
export const withoutAnswer = ({ answers, cut }: Reply, { ids }: Job): readonly string[] =>
  cut === undefined && ids.length > 1 ? ids.slice(answers.choices.size) : [];

/** The lines of a reply, one for each candidate of the job; what they spent is booked. */
export function* linesOf(
  reply: Reply,
  job: Job,
  config: OpenAiConfig,
  request: GenerateRequest,
  spent: Spent,
): Generator<GenerateLine> {
  const choices = choicesOf(reply, job, config, request);
  const counts = countTokens(choices, reply.answers, job);
  spent.addReply(job, reply, counts);
  for (const [place, id] of job.ids.entries()) {
    const choice = choices[place];
    if (choice) yield lineOf({ request, config, job, id, choice, counted: counts[place]!, cut: reply.cut });
    else yield noAnswer(id, reply);
  }
}

/** The choices in the order of their numbers, no more than were asked for. */
function choicesOf({ answers, streamed }: Reply, job: Job, config: OpenAiConfig, { prompt }: GenerateRequest): Choice[] {
  const echoes = !streamed && 'messages' in prompt && config.continuation === 'prefill';
  return [...answers.choices]
    .sort(([a], [b]) => a - b)
    .slice(0, job.ids.length)
    .map(([, choice]) => (echoes ? withoutEcho(choice, job) : choice));
}

/** llama.cpp repeats what was continued in an answer that is not streamed, and does not in one that is. */
function withoutEcho(choice: Choice, { before }: Job): Choice {
  if (before === '' || !choice.text.startsWith(before)) return choice;
  const text = choice.text.slice(before.length);
  return { ...choice, text, pieces: [text.length] };
}

const noAnswer = (id: string, { cut }: Reply): GenerateLine => ({
  type: 'error',
  id,
  code: cut === 'deadline' ? 'deadline_exceeded' : 'backend_error',
  message: 'The server of this policy gave fewer answers than were asked for.',
});
