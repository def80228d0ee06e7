/** A policy of known accuracy and rewards of known noise, behind the interface of every backend. */
import type {
  CandidateLine,
  GenerateLine,
  GeneratePrefix,
  GenerateRequest,
  ScoreRequest,
  ScoreResponse,
} from '../../schemas/backend.ts';
import type { BackendPort } from '../../src/backends/port.ts';
import { mulberry32, subSeed } from '../../src/random.ts';

export interface Nature {
  /** Probability that a step is right after right ones. After a wrong one none is. */
  readonly accuracy: number;
  /** Steps of an answer. */
  readonly steps: number;
  /** What a critic that is asked for wrong passages does; nobody asks one where absent. */
  readonly critic?: 'perfect' | 'useless' | 'adversarial';
  /** What an embedder finds alike. */
  readonly embedder?: keyof typeof EMBEDDERS;
}

const RIGHT = /^right/;

/** One token a step; a step says by its first word whether it is right, by the rest which one it is. */
export function simulated({ accuracy, steps, critic = 'perfect', embedder = 'perfect' }: Nature): BackendPort {
  const write = (request: GenerateRequest, { text: before, max_tokens: most }: GeneratePrefix, id: string): CandidateLine => {
    const next = mulberry32(subSeed(request.seed, id, before.length));
    let [text, made] = ['', lines(before).length];
    let right = allRight(before);
    const first = made;
    do {
      right &&= next() < accuracy;
      made += 1;
      text += `${right ? 'right' : 'wrong'} ${request.seed} ${id} ${made}${made < steps ? '\n' : ''}`;
    } while (request.until === 'end' && made < steps && made - first < most);
    const count = made - first;
    return {
      type: 'candidate',
      id,
      parent: '0',
      text,
      step: made,
      step_ends: Array.from({ length: count }, (_, place) => place + 1),
      tokens: Array(count).fill(1),
      token_count: count,
      finish: made === steps ? 'stop' : request.until === 'end' ? 'length' : 'step',
    };
  };
  return {
    async *generate(request): AsyncGenerator<GenerateLine> {
      let completion_tokens = 0;
      const shown = answerShown(request);
      if (shown !== undefined) {
        const [{ id, first_child: child }] = request.prefixes as [GeneratePrefix];
        yield replyOf(`${id}.${child}`, CRITICS[critic](lines(shown)));
        yield { type: 'done', usage: { prompt_tokens: 1, completion_tokens: 1, processed: 0, cached: 0, unique: 0 } };
        return;
      }
      for (const prefix of request.prefixes)
        for (let child = prefix.first_child; child < prefix.first_child + prefix.count; child++) {
          const line = write(request, prefix, `${prefix.id}.${child}`);
          completion_tokens += line.token_count;
          yield line;
        }
      yield { type: 'done', usage: { prompt_tokens: 1, completion_tokens, processed: 0, cached: 0, unique: 0 } };
    },
    score: async (request) => scored(request),
    embed: async ({ texts }) => ({
      vectors: texts.map((text, place) => ({
        ok: true,
        tokens: 1,
        vector: direction(EMBEDDERS[embedder](text, place), texts.length),
      })),
      usage: { calls: 1, texts: texts.length, tokens: texts.length },
    }),
    models: async () => [],
    ready: async () => true,
  };
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const allRight = (text: string): boolean => lines(text).every((line) => RIGHT.test(line));

/** The answer that a critic is to check; undefined where the request is not to a critic. */
function answerShown({ prompt }: GenerateRequest): string | undefined {
  const content = 'messages' in prompt ? (prompt.messages[0]?.content ?? '') : '';
  return /<answer (\w+)>\n([\s\S]*)\n<\/answer \1>$/.exec(content)?.[2];
}

const DONE = 'VERDICT: done';
/** `perfect` quotes the first wrong line, `useless` any of them by the text, `adversarial` the first one of right answers. */
const CRITICS: Readonly<Record<NonNullable<Nature['critic']>, (answer: readonly string[]) => string>> = {
  perfect: (answer) => quote(answer.find((line) => !RIGHT.test(line))),
  useless: (answer) => quote(answer[Math.floor(mulberry32(subSeed(0, answer.join('\n'), 0))() * answer.length)]),
  adversarial: (answer) => quote(answer.every((line) => RIGHT.test(line)) ? answer[0] : undefined),
};
const quote = (line: string | undefined): string => (line === undefined ? DONE : JSON.stringify([line]));

/**
 * By which number a text of a call has its direction: those of one number are alike, the others have nothing in common.
 * `perfect` tells right ones from wrong ones, `useless` nothing, `adversarial` takes wrong ones for new ideas.
 */
const EMBEDDERS = {
  perfect: (text: string) => (allRight(text) ? 0 : 1),
  useless: () => 0,
  adversarial: (text: string, place: number) => (allRight(text) ? 0 : place + 1),
};
const direction = (axis: number, most: number): number[] => Array.from({ length: most + 1 }, (_, at) => Number(at === axis));

const replyOf = (id: string, text: string): CandidateLine => ({
  type: 'candidate',
  id,
  parent: '0',
  text,
  step: 1,
  step_ends: [1],
  tokens: [1],
  token_count: 1,
  finish: 'stop',
});

/**
 * `perfect` counts right steps, `adversarial` wrong ones, `useless` draws by the text. Those of processes say it of each step;
 * where a text is drawn by, it is the one up to the end of the step.
 */
function scored({ model, candidates }: ScoreRequest): ScoreResponse {
  const scores = candidates.map(({ id, text, steps = [] }) => {
    const value = (part: string): number => {
      const right = lines(part).filter((line) => RIGHT.test(line)).length;
      if (model.startsWith('useless')) return mulberry32(subSeed(0, part, 0))();
      return model.startsWith('adversarial') ? lines(part).length - right : right;
    };
    const ofStep = (step: string, place: number) =>
      value(model === 'useless_process' ? steps.slice(0, place + 1).join('') : step);
    const ofSteps = model.endsWith('process') ? { steps: steps.map(ofStep) } : {};
    return { id, ok: true as const, value: value(text), tokens: 1, ...ofSteps };
  });
  return { scores, usage: { calls: 1, candidates: candidates.length, tokens: candidates.length } };
}
