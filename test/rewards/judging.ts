/** A reward kind that asks a judge, driven over judges that are functions: what they are asked and what comes of it. */
import type { Prompt } from '../../schemas/backend.ts';
import type { TokenLogprob } from '../../schemas/candidate.ts';
import { config as configSchema, type RewardConfig, rewardConfig } from '../../schemas/config.ts';
import type {
  Asking,
  Candidate,
  Prefix,
  ReadOperation,
  ReadResult,
  SampleOperation,
  Score,
  ScoreOperation,
} from '../../src/operation.ts';
import { eachAt } from '../../src/operation.ts';
import { kindOf, namedReward } from '../../src/rewards/registry.ts';
import { Log } from '../../src/runtime/log.ts';
import { run } from '../../src/runtime/run.ts';
import { candidate } from '../drive.ts';
import { asking } from '../performing.ts';

/** What a judge writes: its text, or how it failed. The number is that of the verdict. */
export type Says = (prompt: string, number: number, operation: SampleOperation) => string | Partial<Candidate>;

export interface Judged {
  readonly scores: readonly Score[];
  readonly asked: readonly SampleOperation[];
  readonly reads: readonly ReadOperation[];
  /** Which texts other rewards were asked for. */
  readonly scored: readonly { readonly reward: string; readonly texts: readonly string[] }[];
}

export const textOf = (prompt: Prompt): string => {
  if ('text' in prompt) return prompt.text;
  return prompt.messages.map(({ role, content }) => `${role}: ${content}`).join('\n---\n');
};

export const lookup = configSchema.parse({
  default_policy: 'writer',
  backends: {
    local: { kind: 'gpu_backend', url: 'http://127.0.0.1:1' },
    other: { kind: 'openai', url: 'http://127.0.0.1:2/v1' },
    begins: { kind: 'openai', url: 'http://127.0.0.1:3/v1', continuation: 'prefill' },
    silent: { kind: 'openai', url: 'http://127.0.0.1:4/v1', accepts: ['seed'] },
    raw: { kind: 'openai', url: 'http://127.0.0.1:5/v1', api: 'completions' },
  },
  policies: Object.fromEntries(
    [
      ['writer', 'local', true],
      ['plain', 'local', false],
      ['other', 'other', true],
      ['begins', 'begins', true],
      ['silent', 'silent', true],
      ['raw', 'raw', true],
    ].map(([name, backend, instruct]) => [
      name,
      { backend, model: `model of ${name}`, instruct, sampling: { max_tokens: 100 }, typical_tokens: 50 },
    ]),
  ),
});

export const subject = { policy: 'writer', answer: null, references: [] as string[], seed: 7 };
export const question: Prompt = { messages: [{ role: 'user', content: 'What is 2 + 2?' }] };

interface Given {
  readonly options?: object;
  readonly references?: readonly string[];
  readonly seed?: number;
  readonly says?: Says;
  readonly tells?: (operation: ReadOperation) => ReadResult;
  /** Samples that the budget leaves to each `sample`; all where absent. */
  readonly left?: number;
  /** Other rewards of the config, and what they say of a text: null where they fail. */
  readonly rewards?: Readonly<Record<string, object>>;
  readonly scores?: Readonly<Record<string, (text: string) => number | null>>;
}

export const entryOf = (entry: object): RewardConfig => rewardConfig.parse(entry);

/** Has the candidates scored by an entry of the config. */
export async function judgedBy(entry: object, candidates: readonly string[], given: Given = {}): Promise<Judged> {
  const { options = {}, references = [], seed = 7, says = () => '', tells, left = Number.POSITIVE_INFINITY } = given;
  const config = entryOf(entry);
  const others = Object.entries(given.rewards ?? {}).map(([name, one]) => [name, entryOf(one)]);
  const kind = kindOf(config);
  const named = namedReward(
    'judge',
    { judge: kind.options.parse(options) },
    {
      ...lookup,
      rewards: { ...Object.fromEntries(others), judge: config },
    },
  );
  const scored: { reward: string; texts: string[] }[] = [];
  const prefixes = candidates.map((text, place): Prefix => ({ id: `0.${place}`, text, steps: [text], tokenCount: 1 }));
  const asked: SampleOperation[] = [];
  const reads: ReadOperation[] = [];
  const task = { ...named, prompt: question, candidates: prefixes, subject: { ...subject, references, seed } };
  const perform = {
    ...asking(async (operation: SampleOperation | ReadOperation) => {
      if (operation.kind === 'read') {
        reads.push(operation);
        return { kind: 'read' as const, result: tells?.(operation) ?? ({ ok: false, reason: 'missing' } as const) };
      }
      asked.push(operation);
      const count = Math.min(eachAt(operation.count, 0), left);
      const written = Array.from({ length: count }, (_, child) => {
        const number = eachAt(operation.firstChild, 0) + child;
        const said = says(textOf(operation.prompt), number, operation);
        return candidate(
          `0.${number}`,
          typeof said === 'string' ? said : (said.text ?? ''),
          typeof said === 'string' ? {} : said,
        );
      });
      return { kind: 'sample' as const, candidates: written };
    }),
    scoring: function* ({ reward, candidates: those }: ScoreOperation): Asking<readonly Score[]> {
      scored.push({ reward, texts: those.map(({ text }) => text) });
      return those.map(({ text }): Score => {
        const value = given.scores![reward]!(text);
        return value === null ? { ok: false, reason: 'missing' } : { ok: true, value };
      });
    },
    atOnce: () => true,
    tell: () => {},
  };
  return { scores: await run(kind.score(task), perform, new Log()), asked, reads, scored };
}

/** The candidate's text as the judge is shown it, out of its fence; the first or the second of a pair. */
export function shown(prompt: string, title = 'candidate'): string {
  const found = new RegExp(`<${title} ([0-9a-f]{8})>\\n([\\s\\S]*)\\n</${title} \\1>`).exec(prompt);
  if (!found) throw new Error(`There is no ${title} in: ${prompt}`);
  return found[2]!;
}

/** A token as a server tells it, with alternatives by their probabilities. */
export function drawn(probabilities: Readonly<Record<string, number>>): TokenLogprob[] {
  const top = Object.entries(probabilities).map(([token, probability]) => ({ token, logprob: Math.log(probability) }));
  top.sort((a, b) => b.logprob - a.logprob);
  return [{ ...top[0]!, top }];
}

export const numberOf = (score: Score | undefined): number => {
  if (!score?.ok) throw new Error(`No score: ${JSON.stringify(score)}`);
  return score.value;
};

/** What our own backend tells of the answers after a beginning; `space` and `spaced`: of a space alone, and after it. */
export function told(
  logprobs: readonly number[],
  space = Number.NEGATIVE_INFINITY,
  spaced: readonly number[] = logprobs,
): ReadResult {
  const results = [logprobs, spaced].map((logs, place) => ({
    id: String(place),
    ok: true as const,
    logprob: 0,
    tokens: [],
    logprobs: [],
    answers: [...logs, space].map((logprob) => ({ token: 0, logprob, share: 0 })),
  }));
  const usage = { prompt_tokens: 0, completion_tokens: 0, processed: 0, cached: 0, unique: 0 };
  return { ok: true, response: { results, usage } };
}
