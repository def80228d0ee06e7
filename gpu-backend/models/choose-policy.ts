import type { LanguageModel } from './language-model.ts';
import { probe } from './probe.ts';

/** One way to run a graph. */
export interface Way {
  /** For the message, where none is right. */
  readonly name: string;
  /** Null where the graph cannot be run so. */
  open(): LanguageModel | null;
}

// Differences as parts of the logits' range. SmolLM2: 1e-6 in float32, 0.023 with int8 and int4 weights (their products
// quantise activations, so a row in other company rounds otherwise), 0.35 where positions or the past are wrong.
const CLEAN = 0.06;
const ROUNDING = 0.01;
const WRONG = 0.2;

/**
 * The first way, so the fastest, that gives the right logits: what a graph can do is tried on a tiny text, since no file
 * says how it counts positions or which of its past it sees. Ways that are not taken are released.
 *
 * @param file  path of the graph, for the message
 */
export async function choosePolicy(ways: readonly Way[], file: string): Promise<LanguageModel> {
  const tried: { name: string; policy: LanguageModel; off: number }[] = [];
  const said: string[] = [];
  for (const { name, open } of ways) {
    const policy = open();
    if (!policy) continue;
    const off = await probe(policy, (buffer) => policy.rows(buffer)).catch(
      (cause: Error) => said.push(`${name}: ${cause.message}`) && Number.POSITIVE_INFINITY,
    );
    tried.push({ name, policy, off });
    if (off <= CLEAN) break;
  }
  const least = Math.min(...tried.map(({ off }) => off));
  const chosen = least <= WRONG ? tried.find(({ off }) => off <= Math.max(CLEAN, 1.5 * least + ROUNDING)) : undefined;
  for (const { policy } of tried) if (policy !== chosen?.policy) policy.release();
  if (chosen) return chosen.policy;
  const differences = [
    ...tried.filter(({ off }) => Number.isFinite(off)).map(({ name, off }) => `${name}: ${off.toFixed(3)}`),
    ...said,
  ];
  throw new Error(
    `${file}: the logits of a text read in parts are not those of the text read as a whole (${differences.join('; ')} of their range), ` +
      'so the graph does not use its past as the names of its inputs say.',
  );
}
