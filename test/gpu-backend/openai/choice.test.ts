import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Call, type Generation, type Piece } from '../../../gpu-backend/engine/call.ts';
import { Sequence } from '../../../gpu-backend/engine/sequence.ts';
import type { LanguageModel } from '../../../gpu-backend/models/language-model.ts';
import type { Asked } from '../../../gpu-backend/openai/asked.ts';
import { Choice, type Delta } from '../../../gpu-backend/openai/choice.ts';
import { Detokenizer } from '../../../src/tokens/detokenizer.ts';
import { branch, generation } from '../generation.ts';

/** Tokens are bytes, as those of a byte-level vocabulary may be; 0 ends a text. */
const END = 0;
const bytes = { decode: (ids: number[]) => new TextDecoder().decode(Uint8Array.from(ids.filter((id) => id !== END))) };
const model = { tokenizer: bytes, endTokens: new Set([END]) } as unknown as LanguageModel;
const encode = (text: string): number[] => [...new TextEncoder().encode(text)];

interface Case {
  readonly tokens: readonly number[];
  readonly stop: readonly string[];
  readonly keepStop: boolean;
}

/** Writes the tokens as the engine does, told in pieces and at once. */
function written({ tokens, stop, keepStop }: Case) {
  const sampling = { ...generation().sampling, stop: [...stop] };
  const pieces: Piece[] = [];
  const asked = { sampling, keepStop, tellTokenIds: true, topLogprobs: 0 } as unknown as Asked;
  const given: Generation = generation({ sampling, topLogprobs: 0, onPiece: (_, piece) => pieces.push(piece) });
  const call = new Call(given, 1, () => {});
  const detokenizer = new Detokenizer(bytes, []);
  const start = { call, branch: branch(), id: '0.0', before: [], detokenizer, limit: tokens.length };
  const sequence = new Sequence(start);
  for (const [place, token] of tokens.entries()) {
    const finish = sequence.accept(token, token === END, { token: `${token}`, logprob: -place });
    if (!finish) continue;
    const line = sequence.line(finish);
    const streamed = new Choice(model, asked, []);
    const deltas: Delta[] = pieces.map((piece) => streamed.add(piece));
    const ending = streamed.end(line);
    const whole = new Choice(model, asked, []).end(line);
    return { deltas: [...deltas, ending], ending, whole, line };
  }
  throw new Error('It never ended.');
}

const joined = (deltas: readonly Delta[]) => ({
  text: deltas.map(({ text }) => text).join(''),
  tokenIds: deltas.flatMap(({ tokenIds }) => tokenIds),
  logprobs: deltas.flatMap(({ logprobs }) => logprobs),
});

const letters = fc.constantFrom('a', 'b', 'ab', 'ü', '🎉', 'aé', '\n');
const cases = fc.record({
  tokens: fc
    .tuple(fc.array(letters, { minLength: 1, maxLength: 12 }), fc.boolean(), fc.nat(3))
    .map(([words, ends, cut]) => [...encode(words.join('')).slice(0, -cut || undefined), ...(ends ? [END] : [])])
    .filter((tokens) => tokens.length > 0),
  stop: fc.array(
    fc.array(letters, { minLength: 1, maxLength: 3 }).map((words) => words.join('')),
    { maxLength: 3 },
  ),
  keepStop: fc.boolean(),
});

test('told in pieces or at once, an answer is the same: text, ids, log-probabilities', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { deltas, whole, line } = written(given);
      expect(joined(deltas)).toEqual(joined([whole]));
      expect(whole.tokenIds).toEqual(line.tokens);
    }),
    { numRuns: 2000 },
  );
});

test('the text is the candidate’s, with the stop string where it is kept, and never half a character', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { deltas, whole, line } = written(given);
      expect(whole.text).toBe(line.text + (given.keepStop ? (whole.stopReason ?? '') : ''));
      for (const { text } of deltas) expect(/\p{Surrogate}|\ufffd/u.test(text)).toBe(false);
      if (whole.stopReason !== null) expect(given.stop).toContain(whole.stopReason);
      else if (whole.finishReason === 'stop') expect(line.tokens!.at(-1)).toBe(END);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  { name: 'an end token is not among them', tokens: [...encode('ab'), END], stop: [], shown: 2, reason: null },
  { name: 'nor is what follows a stop string', tokens: encode('abcd'), stop: ['cd'], shown: 2, reason: 'cd' },
  { name: 'a character of four tokens has four', tokens: encode('🎉'), stop: [], shown: 4, reason: null },
  { name: 'one that is never finished has those it has', tokens: encode('a🎉').slice(0, 3), stop: [], shown: 3, reason: null },
  { name: 'the first of several stop strings wins', tokens: encode('abc'), stop: ['bc', 'b'], shown: 1, reason: 'b' },
])('log-probabilities are of the tokens of the text: $name', ({ tokens, stop, shown, reason }) => {
  const { whole } = written({ tokens, stop, keepStop: false });
  expect([whole.logprobs.length, whole.stopReason]).toEqual([shown, reason]);
});

test('offsets say where the text of each token begins', () => {
  const { whole } = written({ tokens: encode('aü🎉b'), stop: [], keepStop: false });
  expect(whole.logprobs.map(({ offset }) => offset)).toEqual([0, 1, 1, 2, 2, 2, 2, 4]);
});
