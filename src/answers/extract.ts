/** What a candidate finally says (methods G.1, G.2). */
import type { z } from 'zod';
import type { Finish } from '../../schemas/candidate.ts';
import type { AnswerConfig, answerMethod } from '../../schemas/config.ts';
import { lastBoxed } from './boxed.ts';
import { canonicalKey } from './canonical.ts';
import { choice } from './choice.ts';
import { codeKey, lastCodeBlock } from './code-block.ts';
import { type Extraction, type Found, failed, type Read, type Reason } from './extraction.ts';
import { lastJson } from './json.ts';
import { lastNumber } from './last-number.ts';
import { lastPhrase } from './phrase.ts';
import { withoutReasoning } from './reasoning.ts';
import { lastTag } from './tag.ts';

type AnswerMethod = z.infer<typeof answerMethod>;
type Extractor = (text: string, complete: boolean, config: AnswerConfig) => Extraction;

/**
 * Reads the answer out of a candidate's text, think blocks left out. A text that was cut (`finish` other than `stop`) is
 * only believed where it marks its answer: a tag, a box, a JSON value.
 *
 * @returns the answer with its key, or why there is none. A failure has no vote and is in no cluster.
 */
export function extract(text: string, finish: Finish, config: AnswerConfig): Extraction {
  const said = withoutReasoning(text);
  if (said === null) return failed('truncated');
  const complete = finish === 'stop';
  const extraction = EXTRACTORS[config.type](said, complete, config);
  return !complete && !extraction.ok && extraction.reason === 'no_match' ? failed('truncated') : extraction;
}

const EXTRACTORS: Readonly<Record<AnswerConfig['type'], Extractor>> = {
  text: (text, complete, { methods = ['tag', 'boxed', 'phrase'] }) => captured(text, complete, methods, false),
  number(text, complete, { methods = ['tag', 'boxed', 'phrase', 'last_number'] }) {
    const extraction = captured(text, complete, methods, true);
    return extraction.ok ? numeric(extraction) : extraction;
  },
  choice,
  json: (text, _complete, { pointer }) => lastJson(text, pointer),
  code,
};

const FINDERS: Readonly<Record<AnswerMethod, (text: string) => Found>> = {
  tag: lastTag,
  boxed: lastBoxed,
  phrase: lastPhrase,
  last_number: lastNumber,
};
/** What only means something at the end of a complete text. */
const NEEDS_END: readonly AnswerMethod[] = ['phrase', 'last_number'];

/** What the first method to succeed captured; where none does, the first reason that says more than `no_match`. */
function captured(text: string, complete: boolean, methods: readonly AnswerMethod[], numbers: boolean): Extraction {
  let reason: Reason = 'no_match';
  for (const method of methods) {
    if (!complete && NEEDS_END.includes(method)) continue;
    const found = FINDERS[method](text);
    const key = found.ok ? canonicalKey(found.raw, numbers) : found;
    if (found.ok && key.ok) return { ...found, key: key.key, method };
    if (reason === 'no_match' && !key.ok) reason = key.reason;
  }
  return failed(reason);
}

/** The captured text as a number, else the last number in it. Not the last of the whole text: that is no answer to rely on. */
function numeric(capture: Read): Extraction {
  if (isNumber(capture.key)) return capture;
  const number = lastNumber(capture.raw);
  const key = number.ok ? canonicalKey(number.raw) : number;
  if (!number.ok || !key.ok || !isNumber(key.key)) return failed('no_match');
  const [start] = capture.span;
  return { ...capture, raw: number.raw, key: key.key, span: [start + number.span[0], start + number.span[1]] };
}

const isNumber = (key: string): boolean => key.startsWith('q:') || key.startsWith('p:');

function code(text: string, complete: boolean, { language }: AnswerConfig): Extraction {
  const found = complete ? lastCodeBlock(text, language) : failed('no_match');
  return found.ok ? { ...found, key: codeKey(found.raw), method: 'code' } : found;
}
