/** What a candidate finally says (methods G.1, G.2). */
import type { Finish } from '../../schemas/candidate.ts';
import type { AnswerConfig, AnswerMethod } from '../../schemas/config.ts';
import { canonicalKey } from './canonical.ts';
import { choice } from './choice.ts';
import { codeKey, lastCodeBlock } from './code-block.ts';
import { type Extraction, failed, type Read, type Reason, type Span } from './extraction.ts';
import { lastJson } from './json.ts';
import { lastNumber } from './last-number.ts';
import { METHODS } from './methods.ts';
import { withoutReasoning } from './reasoning.ts';

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

/** Where in a text the answer stands that is read out of it; nowhere where there is none, or no way to read one. */
export function answerSpan(text: string, config: AnswerConfig | null): Span | undefined {
  const found = config === null ? undefined : extract(text, 'stop', config);
  return found?.ok ? found.span : undefined;
}

const EXTRACTORS: Readonly<Record<AnswerConfig['type'], Extractor>> = {
  text: (text, complete, config) => captured(text, complete, config, ['tag', 'boxed', 'phrase']),
  number(text, complete, config) {
    const extraction = captured(text, complete, config, ['tag', 'boxed', 'phrase', 'last_number']);
    return extraction.ok ? numeric(extraction) : extraction;
  },
  choice,
  json: (text, _complete, { pointer }) => lastJson(text, pointer),
  code,
};

/** What the first method to succeed captured; where none does, the first reason that says more than `no_match`. */
function captured(text: string, complete: boolean, config: AnswerConfig, usual: readonly AnswerMethod[]): Extraction {
  let reason: Reason = 'no_match';
  for (const method of config.methods ?? usual) {
    const { find, marked } = METHODS[method];
    if (!(marked || complete)) continue;
    const found = find(text, config);
    const key = found.ok ? canonicalKey(found.raw, config.type === 'number') : found;
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
