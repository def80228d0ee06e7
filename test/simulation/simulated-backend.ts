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
}

const RIGHT = /^right/;

/** One token a step; a step says by its first word whether it is right, by the rest which one it is. */
export function simulated({ accuracy, steps }: Nature): BackendPort {
  const write = (request: GenerateRequest, { text: before, max_tokens: most }: GeneratePrefix, id: string): CandidateLine => {
    const next = mulberry32(subSeed(request.seed, id, before.length));
    let [text, made] = ['', lines(before).length];
    let right = lines(before).every((line) => RIGHT.test(line));
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
      for (const prefix of request.prefixes)
        for (let child = prefix.first_child; child < prefix.first_child + prefix.count; child++) {
          const line = write(request, prefix, `${prefix.id}.${child}`);
          completion_tokens += line.token_count;
          yield line;
        }
      yield { type: 'done', usage: { prompt_tokens: 1, completion_tokens, processed: 0, cached: 0, unique: 0 } };
    },
    score: async (request) => scored(request),
    models: async () => [],
    ready: async () => true,
  };
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

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
