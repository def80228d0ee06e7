import type { GeneratePrefix, GenerateRequest } from '../../../schemas/backend.ts';
import type { OpenAiConfig } from '../../../schemas/config.ts';
import type { KnownSteps } from '../../answers/step-count.ts';
import { subSeed } from '../../random.ts';

/** One request to the server: one text to go on with, and the candidates that it is to become. */
export interface Job {
  /** Ids of the candidates, the first choice first. */
  readonly ids: readonly string[];
  readonly parent: string;
  /** Text after the prompt that is continued. */
  readonly before: string;
  /** How that text divides into steps; found in it where absent. */
  readonly steps?: KnownSteps | undefined;
  readonly resumed: boolean;
  /** New tokens that each may have. */
  readonly maxTokens: number;
  readonly seed: number;
}

/**
 * The requests that a generation takes, in planned order: with `n` one for each prefix, in parts of `max_n` at most, else
 * one for each candidate. Every one has its own seed: equal ones would give equal answers.
 */
export function jobsOf({ prefixes, seed }: GenerateRequest, { max_n: most }: OpenAiConfig, several: boolean): Job[] {
  return prefixes.flatMap((prefix) => {
    const ids = idsOf(prefix);
    const size = several ? most : 1;
    const parts = Array.from({ length: Math.ceil(ids.length / size) }, (_, part) => ids.slice(part * size, (part + 1) * size));
    return parts.map((part) => jobOf(prefix, part, seed));
  });
}

const idsOf = ({ id, count, first_child: first, resume }: GeneratePrefix): string[] =>
  resume ? [id] : Array.from({ length: count }, (_, child) => `${id}.${first + child}`);

function jobOf(prefix: GeneratePrefix, ids: readonly string[], seed: number): Job {
  return {
    ids,
    parent: prefix.resume ? prefix.id.slice(0, prefix.id.lastIndexOf('.')) : prefix.id,
    before: prefix.text,
    steps: prefix.steps,
    resumed: prefix.resume === true,
    maxTokens: prefix.max_tokens,
    seed: seedOf(seed, ids[0]!, prefix.text.length),
  };
}

/** 31 bits: servers differ in the sign, and llama.cpp takes 2^32 - 1 for "any". A resumed candidate does not draw the same again. */
export const seedOf = (seed: number, id: string, written: number): number => subSeed(seed, id, written) >>> 1;

/** The same candidates one by one, for a server that answered fewer of them. */
export const apart = (job: Job, ids: readonly string[], seed: number): Job[] =>
  ids.map((id) => ({ ...job, ids: [id], seed: seedOf(seed, id, job.before.length) }));
