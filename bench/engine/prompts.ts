/** Prompts of exactly 64 tokens by SmolLM2's tokenizer, each with another beginning, so that no cache knows one already. */

export const PROMPT_TOKENS = 64;

/** Each is one token, at the beginning of a text and behind a space. */
const FIRST = ['Winter', 'Summer', 'Spring', 'Night', 'Music', 'Water', 'Fire', 'Stone', 'Paper', 'Silver', 'Golden', 'Green'];
const SECOND = ['River', 'Ocean', 'Forest', 'School', 'Market', 'Church', 'City', 'History', 'Science', 'Nature', 'Energy'];

const REST =
  ' have one thing in common: whoever wants to know them has to wait. The old man who kept the lighthouse said so every year, when the first visitors came up the stairs, out of breath, to look at the lamp. He poured them tea, he pointed to the horizon, and then he said';

/** The prompt of this number; the first 132 differ in their first two words, consecutive ones in the first. */
export function promptOf(number: number): string {
  const first = FIRST[number % FIRST.length]!;
  const second = SECOND[number % SECOND.length]!; // 12 and 11 share no factor: 132 pairs
  return `${first} and ${second}${REST}`;
}

export const DIFFERENT_PROMPTS = FIRST.length * SECOND.length;
