/** Words, sentences, lines and paragraphs of a text. Each takes time linear in its length, whatever the text. */

/** Scripts without spaces between words: each character counts as a word, as word processors count them. */
const ONE_BY_ONE = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}`;
const LETTER = String.raw`(?![${ONE_BY_ONE}])[\p{L}\p{N}\p{M}]`;
const WORD = new RegExp(String.raw`[${ONE_BY_ONE}]|(?:${LETTER})+(?:['\u2019-](?:${LETTER})+)*`, 'gu');

/** Runs of letters, marks and digits; apostrophes and hyphens between them belong to the word. */
export const wordsOf = (text: string): string[] => text.match(WORD) ?? [];

/** Lines that hold more than white space. */
export const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

/** Blocks of lines between blank lines, or between lines that are `separator`. */
export function paragraphsOf(text: string, separator = ''): string[] {
  const paragraphs: string[] = [];
  let lines: string[] = [];
  const close = (): void => {
    const paragraph = lines.join('\n').trim();
    if (paragraph !== '') paragraphs.push(paragraph);
    lines = [];
  };
  for (const line of text.split('\n')) {
    if (line.trim() === separator) close();
    else lines.push(line);
  }
  close();
  return paragraphs;
}

/** The end of a sentence may be here: what follows in the text decides. */
const STOP = /[.!?\u2026]+["'\u201D\u2019)\]*_]*(?=\s|$)|[\u3002\uFF01\uFF1F]+["\u201D\u2019\u300D)\]]*/gu;
/** An item of a list begins a sentence, whatever ended the line before. */
const ITEM = /^\s*(?:[-*+\u2022]|\d{1,3}[.)])\s/;
const TITLES = new Set(['mr', 'mrs', 'ms', 'dr', 'prof', 'st', 'sr', 'jr', 'gen', 'rev', 'e.g', 'i.e', 'cf', 'no', 'vol', 'fig']);
const ABBREVIATIONS = new Set(['etc', 'vs', 'inc', 'ltd', 'co', 'a.m', 'p.m', 'u.s', 'approx', 'dept']);

/** Parts that end with . ! ? or their like before white space, with a blank line, before an item of a list, or with the text. */
export const sentencesOf = (text: string): string[] => paragraphsOf(text).flatMap(blocksOf).flatMap(sentencesOfBlock);

function blocksOf(paragraph: string): string[] {
  const blocks: string[] = [];
  for (const line of paragraph.split('\n')) {
    if (blocks.length === 0 || ITEM.test(line)) blocks.push(line.replace(ITEM, ''));
    else blocks[blocks.length - 1] += ` ${line}`;
  }
  return blocks;
}

function sentencesOfBlock(block: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  const close = (end: number): void => {
    const sentence = block.slice(start, end).trim();
    if (/[\p{L}\p{N}]/u.test(sentence)) sentences.push(sentence);
    start = end;
  };
  for (const stop of block.matchAll(STOP)) {
    const end = stop.index + stop[0].length;
    if (!isAbbreviation(block, start, stop.index, end, stop[0])) close(end);
  }
  close(block.length);
  return sentences;
}

/** A full stop that belongs to a word: after a title always, after other abbreviations where the text goes on in lower case. */
function isAbbreviation(block: string, start: number, at: number, end: number, stop: string): boolean {
  if (stop !== '.') return false;
  const [word = ''] = /[^\s(["]{0,16}$/.exec(block.slice(Math.max(start, at - 16), at)) ?? [];
  const lower = word.toLowerCase();
  if (TITLES.has(lower) || /^[A-Z]$/.test(word)) return !/^\s*$/.test(block.slice(end, end + 64));
  return ABBREVIATIONS.has(lower) && /^\s+\p{Ll}/u.test(block.slice(end, end + 64));
}
