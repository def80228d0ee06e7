import type { PlacedLogprob } from './choice.ts';

/** Log-probabilities in the shape of chat. */
export const chatLogprobs = (tokens: readonly PlacedLogprob[]) => ({
  content: tokens.map(({ token, logprob, top = [] }) => ({
    ...withBytes({ token, logprob }),
    top_logprobs: top.map(withBytes),
  })),
  refusal: null,
});

/** Log-probabilities in the shape of completions; `before` is the length of what is answered before the new text. */
export const completionLogprobs = (tokens: readonly PlacedLogprob[], before: number) => ({
  tokens: tokens.map(({ token }) => token),
  token_logprobs: tokens.map(({ logprob }) => logprob),
  // of two tokens that read alike (parts of characters do) the more probable one is told; the written one is always there
  top_logprobs: tokens.map(({ token, logprob, top = [] }) =>
    Object.fromEntries([...top.toReversed(), { token, logprob }].map((entry) => [entry.token, entry.logprob])),
  ),
  text_offset: tokens.map(({ offset }) => before + offset),
});

const encoder = new TextEncoder();
const UNREADABLE = '\ufffd';

/** Bytes are null where the token is a part of a character: its own are then not in its name. */
const withBytes = ({ token, logprob }: { readonly token: string; readonly logprob: number }) => ({
  token,
  logprob,
  bytes: token.includes(UNREADABLE) ? null : [...encoder.encode(token)],
});
