import type { LanguageModel } from '../models/language-model.ts';
import { type Branch, type Call, candidateIds, type Group } from './call.ts';
import { Detokenizer } from './detokenizer.ts';
import { Sequence } from './sequence.ts';

/**
 * The work of a call: one group of sequences for each distinct beginning, in the order of their tokens, so that reading
 * them one after the other, each from where it differs from the one before, reads no position twice. `full` are sequences
 * with no room for a token.
 */
export function groupsOf(call: Call, model: LanguageModel): { groups: Group[]; full: Sequence[] } {
  const { prompt, branches } = call.generation;
  const groups: Group[] = [];
  const full: Sequence[] = [];
  for (const branch of branches.toSorted((a, b) => compareTokens(a.tokens, b.tokens))) {
    const last = groups.at(-1);
    const tokens = [...prompt, ...branch.tokens];
    const same = last !== undefined && compareTokens(last.tokens, tokens) === 0;
    const group = same
      ? last
      : { call, tokens, sequences: [], detokenizer: new Detokenizer(model.tokenizer, tokens), logits: null };
    const sequences = sequencesOf(branch, group, model.context);
    if (sequences[0]?.full) full.push(...sequences);
    else {
      group.sequences.push(...sequences);
      if (!same) groups.push(group);
    }
  }
  return { groups, full };
}

function sequencesOf(branch: Branch, { call, tokens, detokenizer }: Group, context: number): Sequence[] {
  const { until, step } = call.generation;
  const most = until === 'step' ? Math.min(branch.maxTokens, step.max_tokens) : branch.maxTokens;
  const limit = Math.min(most, context - tokens.length);
  return candidateIds(branch).map((id) => new Sequence({ call, branch, id, detokenizer: detokenizer.fork(), limit }));
}

function compareTokens(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let place = 0; place < length; place++) if (a[place] !== b[place]) return a[place]! - b[place]!;
  return a.length - b.length;
}
