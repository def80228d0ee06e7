/**
 * Wall time of a 4 x 4 beam search over 6 steps of 8 tokens, scored by the process reward, against one plain sampling of as
 * many tokens, both through the HTTP API of a running Winnow; the search in either place.
 *
 *     node bench/search/wall.ts [--repeats 15]
 *     node bench/search/wall.ts --language-model [--repeats 15]
 *
 * With `--language-model` SmolLM2 (bench/models/smollm2.sh makes it) writes steps of 32 tokens and is the process reward as
 * well, read at "+" and "-"; once as a reward that keeps what it has read, once as one that reads each text whole.
 *
 * A puzzle of five numbers at a temperature of 2: hardly an answer ends before it has all of its tokens, and few steps are
 * written twice. Each run has a seed of its own: with that of another, what it reads would be known. Ratios are of medians.
 */
import { command, onInterrupt } from '../../bin/command.ts';
import { type RunAnswer, runAnswer } from '../../schemas/run.ts';
import { median } from '../../src/selection/statistics.ts';
import { table } from '../accuracy/cells.ts';
import { readProblems } from '../accuracy/problems.ts';
import { known } from '../accuracy/samples.ts';
import { connect, type Winnow } from '../accuracy/winnow.ts';
import { readCount, readOptions } from '../options.ts';
import { withLanguageModel } from './language-model.ts';

const STEPS = 6;
const ROWS = 16;
const PLAIN = 'plain sampling';
const LONGEST_MS = 300_000; // what fetch waits for an answer: a search whose reward reads each text whole takes minutes

const EMBEDDED: Measured = {
  model: 'puzzles',
  tokens: 8,
  step: { tokens: 8 },
  warmUps: 2,
  searches: {
    'beam search next to the models': { reward: 'process', execution: 'backend' },
    'beam search in the Worker': { reward: 'process', execution: 'edge' },
  },
};
const LANGUAGE_MODEL: Measured = {
  model: 'smollm2',
  tokens: 32,
  // a prefix whose steps are counted in tokens is handed back as one step, so what the reward reads of it changes each round
  step: { delimiter: '\n', max_tokens: 32 },
  warmUps: 1,
  searches: {
    'beam search, the reward keeps what it has read': { reward: 'kept', execution: 'backend' },
    'beam search, the reward reads each text whole': { reward: 'whole', execution: 'backend' },
  },
};

await command(async () => {
  const values = readOptions({
    repeats: { type: 'string', default: '15' },
    'language-model': { type: 'boolean', default: false },
  });
  const repeats = readCount('--repeats', values.repeats);
  const signal = onInterrupt();
  if (!values['language-model']) {
    await measure({ winnow: await connect(process.env, signal), signal, repeats, ...EMBEDDED });
    return;
  }
  await withLanguageModel(async (config) => {
    const winnow = await connect({ ...process.env, WINNOW_CONFIG: config }, signal, LONGEST_MS);
    await measure({ winnow, signal, repeats, ...LANGUAGE_MODEL });
  });
});

interface Measured {
  /** The policy. */
  readonly model: string;
  /** Of a step; at this temperature one by a delimiter ends at its most tokens. */
  readonly tokens: number;
  readonly step: { readonly tokens: number } | { readonly delimiter: string; readonly max_tokens: number };
  /** Runs of each before those that count. */
  readonly warmUps: number;
  /** What a search is, and the rest of its request. */
  readonly searches: Readonly<Record<string, { readonly reward: string; readonly execution: 'backend' | 'edge' }>>;
}

interface Measuring extends Measured {
  readonly winnow: Winnow;
  readonly signal: AbortSignal;
  readonly repeats: number;
}

/** Ends Winnow as well. */
async function measure(measuring: Measuring): Promise<void> {
  try {
    console.log(shown(await timesOf(contestantsOf(measuring), measuring)));
  } finally {
    await measuring.winnow.stop();
  }
}

type Contestants = Readonly<Record<string, (seed: number) => Promise<RunAnswer>>>;

/** Plain sampling, and each search. */
function contestantsOf({ winnow, signal, model, tokens, step, searches }: Measuring): Contestants {
  const problem = readProblems('puzzles').at(-1); // of five numbers
  const post = (path: string, body: object) => (seed: number) => {
    const sampling = { temperature: 2, max_tokens: STEPS * tokens, seed };
    return winnow.post(path, { model, prompt: problem!.prompt, rewards: [], ...body, sampling }, runAnswer, signal);
  };
  const beam = (reward: string) => ({
    step,
    options: { keep: 4, branch: 4, max_steps: STEPS, min_completed: 256, step_reward: reward },
    selection: { rule: 'argmax', reward },
  });
  return {
    [PLAIN]: post('/v1/best-of-n', { n: ROWS, selection: 'argmax' }),
    ...Object.fromEntries(
      Object.entries(searches).map(([name, { reward, execution }]) => [name, post('/v1/search', { ...beam(reward), execution })]),
    ),
  };
}

/** What each run took. */
interface Times {
  readonly ms: number[];
  readonly tokens: number[];
}

/** Runs all of them in turn, so that what else runs on the machine slows all alike. */
async function timesOf(contestants: Contestants, { warmUps, repeats }: Measuring): Promise<Map<string, Times>> {
  const taken = new Map(Object.keys(contestants).map((name): [string, Times] => [name, { ms: [], tokens: [] }]));
  for (let repeat = -warmUps; repeat < repeats; repeat++)
    for (const [place, [name, run]] of Object.entries(contestants).entries()) {
      const began = performance.now();
      const { usage } = await run(1000 * (1 + place) + repeat);
      if (repeat < 0) continue; // the first ones warm up
      taken.get(name)!.ms.push(performance.now() - began);
      taken.get(name)!.tokens.push(known(usage.completion_tokens));
    }
  return taken;
}

function shown(taken: ReadonlyMap<string, Times>): string {
  const perToken = ({ ms, tokens }: Times) => median(ms.map((time, place) => time / tokens[place]!));
  const base = perToken(taken.get(PLAIN)!);
  return table(
    ['', 'tokens', 'ms', 'time a token, of plain sampling'],
    [...taken].map(([name, own]) => [
      name,
      median(own.tokens).toFixed(0),
      median(own.ms).toFixed(0),
      (perToken(own) / base).toFixed(2),
    ]),
  );
}
