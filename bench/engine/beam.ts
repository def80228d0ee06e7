/** What a search costs: a beam of 4 x 4 steps, and how many positions the policy computed for each distinct one. */
import type { CandidateLine } from '../../schemas/backend.ts';
import { promptOf } from './prompts.ts';
import type { Winnow } from './winnow.ts';

const KEEP = 4;
const BRANCH = 4;
const STEP_TOKENS = 16;

interface Beam {
  readonly id: string;
  readonly text: string;
  readonly tokens: readonly number[];
}

export interface BeamCost {
  readonly processed: number;
  /** The prompt's tokens and those of all candidates, a shared beginning counted once. */
  readonly unique: number;
}

/** Keeps the candidates of the highest log-probability, as the measurement needs some; a step is 16 tokens or a line. */
export async function beamCost(winnow: Winnow, steps: number): Promise<BeamCost> {
  const prompt = { text: promptOf(101) };
  const paths = new Set<string>();
  let beams: readonly Beam[] = [{ id: '0', text: '', tokens: [] }];
  let processed = 0;
  let promptTokens = 0;
  for (let step = 0; step < steps; step++) {
    const count = step === 0 ? KEEP * BRANCH : BRANCH;
    const { candidates, usage } = await winnow.generate(
      {
        prompt,
        prefixes: beams.map(({ id, text, tokens }) => ({
          id,
          text,
          ...(tokens.length > 0 ? { tokens: [...tokens] } : {}),
          count,
          first_child: 0,
          max_tokens: STEP_TOKENS,
        })),
        until: 'step',
        step: { delimiter: '\n', max_tokens: STEP_TOKENS },
        top_logprobs: 0,
      },
      count,
      STEP_TOKENS,
    );
    processed += usage.processed;
    promptTokens = usage.prompt_tokens;
    const grown = candidates.map((candidate) => continued(beams, candidate));
    for (const { tokens } of grown) countPaths(paths, tokens);
    beams = grown
      .map((beam, index) => ({ beam, logprob: (candidates[index]!.logprob ?? 0) / beam.tokens.length }))
      .sort((a, b) => b.logprob - a.logprob)
      .slice(0, KEEP)
      .map(({ beam }) => beam);
  }
  return { processed, unique: promptTokens + paths.size };
}

function continued(beams: readonly Beam[], { id, parent, text, tokens }: CandidateLine): Beam {
  const from = beams.find((beam) => beam.id === parent);
  if (!from || !tokens) throw new Error(`Candidate ${id} has ${from ? 'no tokens' : `the unknown parent ${parent}`}.`);
  return { id, text: from.text + text, tokens: [...from.tokens, ...tokens] };
}

/** Adds each beginning of `tokens` to a set of beginnings. */
export function countPaths(paths: Set<string>, tokens: readonly number[]): void {
  for (let length = 1; length <= tokens.length; length++) paths.add(tokens.slice(0, length).join(' '));
}
