/** Ways to find an answer in a text (methods G.2), by their names in the config. */
import type { AnswerConfig, AnswerMethod } from '../../schemas/config.ts';
import { lastBoxed } from './boxed.ts';
import { lastCodeBlock } from './code-block.ts';
import type { Found } from './extraction.ts';
import { lastJson } from './json.ts';
import { lastNumber } from './last-number.ts';
import { lastMatch } from './pattern.ts';
import { lastPhrase } from './phrase.ts';
import { lastTag } from './tag.ts';

interface Way {
  readonly find: (text: string, config: AnswerConfig) => Found;
  /** Believed in a text that was cut, too: it marks its answer (methods G.9). */
  readonly marked: boolean;
}

export const METHODS: Readonly<Record<AnswerMethod, Way>> = {
  tag: { find: lastTag, marked: true },
  boxed: { find: lastBoxed, marked: true },
  phrase: { find: lastPhrase, marked: false },
  last_number: { find: lastNumber, marked: false },
  json_pointer: { find: (text, { pointer }) => lastJson(text, pointer), marked: true },
  code_block: { find: (text, { language }) => lastCodeBlock(text, language), marked: false },
  // the config's schema admits the method together with its pattern only
  regex: { find: (text, { pattern }) => lastMatch(text, pattern!), marked: false },
};
