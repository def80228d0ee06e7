import type { PlacedLogprob } from './choice.ts';
import type { EchoedLogprob } from './echo.ts';

/** Log-probabilities in the shape of chat. */
export const chatLogprobs = (tokens: readonly PlacedLogprob[]) => ({
  content: tokens.map(({ token, logprob, top = [] }) => ({
    ...withBytes({ token, logprob }),
    top_logprobs: top.map(withBytes),
  })),
  refusal: null,
});

/** Log-probabilities in the shape of completions: those of the echoed prompt, whose text has the length `before`, and the new ones. */
export function completionLogprobs(echoed: readonly EchoedLogprob[], tokens: readonly PlacedLogprob[], before: number) {
  const all = [...echoed, ...tokens.map((token) => ({ ...token, offset: before + token.offset }))];
  return {
    tokens: all.map(({ token }) => token),
    token_logprobs: all.map(({ logprob }) => logprob),
    top_logprobs: all.map(alternatives),
    text_offset: all.map(({ offset }) => offset),
  };
}

/** Of two tokens that read alike (parts of characters do) the more probable one is told; the written one is always there. */
function alternatives({ token, logprob, top = [] }: EchoedLogprob): Record<string, number> | null {
  if (logprob === null) return null;
  return Object.fromEntries([...top.toReversed(), { token, logprob }].map((entry) => [entry.token, entry.logprob]));
}

const encoder = new TextEncoder();
const UNREADABLE = '\ufffd';

/** Bytes are null where the token is a part of a character: its own are then not in its name. */
const withBytes = ({ token, logprob }: { readonly token: string; readonly logprob: number }) => ({
  token,
  logprob,
  bytes: token.includes(UNREADABLE) ? null : [...encoder.encode(token)],
});
