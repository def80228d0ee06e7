/**
 * Texts that a judge reads and that may be written to take over its verdict (methods B.13): each stands in a fence that it
 * cannot close, and nothing in it is a token of control or reads like a verdict.
 */
import { mulberry32, subSeed } from '../random.ts';

export interface Part {
  /** One word of letters, digits and `_`. */
  readonly title: string;
  readonly text: string;
}

export interface Fenced {
  /** The word in every fence of this prompt: 8 letters that stand in none of the texts. */
  readonly mark: string;
  /** The parts in order, each in its fence. */
  readonly sections: string;
}

/**
 * Puts the parts in fences of one word, which is drawn from the seed and from the texts themselves: who writes a text cannot
 * know the word that will stand around it, not even with the seed.
 */
export function fenced(seed: number, parts: readonly Part[]): Fenced {
  const texts = parts.map(({ text }) => defused(text));
  const drawn = texts.reduce(hash, seed >>> 0);
  let mark = markOf(drawn, 0);
  for (let attempt = 1; texts.some((text) => text.includes(mark)); attempt++) mark = markOf(drawn, attempt);
  const sections = parts.map(({ title }, place) => `<${title} ${mark}>\n${texts[place]}\n</${title} ${mark}>`).join('\n\n');
  return { mark, sections };
}

/** Letters alone: a small judge takes a number for a score. */
function markOf(drawn: number, attempt: number): string {
  const draw = mulberry32(subSeed(drawn, 'fence', attempt));
  return Array.from({ length: 8 }, () => 'abcdef'[Math.floor(6 * draw())]).join('');
}

/** 32-bit FNV-1a over code units: half a character is no reason to throw. */
function hash(value: number, text: string): number {
  let mixed = value ^ 0x811c9dc5;
  for (let place = 0; place < text.length; place++) mixed = Math.imul(mixed ^ text.charCodeAt(place), 0x01000193);
  return mixed >>> 0;
}

/** Tags that a verdict, its reasons or a fence are written in, however they are spaced. */
const TAG =
  /<(?=\s{0,8}\/?\s{0,8}(?:answer|item_?\d|type|solution|rubric|justify|eval|think|task|candidate|reference)(?:[\w\s>/-]|$))/gi;
/** Tokens of control, as templates of many kinds write them: ChatML and its kin, DeepSeek, Llama, Mistral, Gemma, T5. */
const CONTROL = [
  /<(?=[|\uff5c][^<>\n]{0,64}[|\uff5c]>)/g,
  /<(?=\/?(?:s|bos|eos|pad|unk|cls|sep|mask|eot|filename|reponame)>)/gi,
  /<(?=\/?[a-z]{1,32}(?:_[a-z]{1,32}){1,4}>)/gi, // <start_of_turn>, <file_sep>, <tool_call>: names that no mark-up has
  /<(?=<\/?SYS>>)/g,
  /<(?=extra_id_\d{1,3}>|unused\d{1,3}>|reserved_\w{1,32}>)/g,
  /\[(?=\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|CLS|SEP|MASK|PAD|UNK)\])/g,
];
/** `[[A]]`, `[[tie]]`, `[[10]]`: a list in a list of a program is longer or has a comma. */
const BRACKETED = /\[\[([ \t]{0,4}[+-]?[\p{L}\p{N}/]{1,6}[ \t]{0,4})\]\]/gu;

/** The same text for a reader, with brackets that no parser and no tokenizer takes for its own. Its length stays. */
export const defused = (text: string): string => withoutControl(text).replace(TAG, '‹').replace(BRACKETED, '⟦[$1]⟧');

/** The same text without what a chat template would read as the end of a turn or the beginning of another. */
export const withoutControl = (text: string): string =>
  CONTROL.reduce((rest, pattern) => rest.replace(pattern, (found) => (found === '<' ? '‹' : '⟦')), text);
