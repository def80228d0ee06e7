import type { CheckOf } from '../../../schemas/rewards/rule.ts';
import { ofText, type Reader } from './check.ts';
import type { CheckedText } from './checked-text.ts';
import { documentIn } from './json-document.ts';
import { occurrences } from './occurrences.ts';
import { failedBy, PASSED, type Verdict, within } from './verdict.ts';

type Format = CheckOf<'format'>;
type OfForm<Form extends Format['form']> = Extract<Format, { form: Form }>;

/** The layout of a text, by the forms that instructions ask for (as in IFEval). */
export const format: Reader<'format'> = (check) =>
  ofText((candidate) => {
    candidate.meter.spend(1 + candidate.text.length / 8);
    const judge = FORMS[check.form] as (candidate: CheckedText, check: Format) => Verdict; // the form picks its own check
    return judge(candidate, check);
  });

const BULLET = /^\s{0,16}[-*+\u2022]\s+\S/;
const NUMBERED = /^\s{0,16}\d{1,4}[.)]\s+\S/;

const FORMS: { readonly [Form in Format['form']]: (candidate: CheckedText, check: OfForm<Form>) => Verdict } = {
  json({ text }) {
    const document = documentIn(text, 'whole');
    return document.ok ? PASSED : document.verdict;
  },
  bullet_list: ({ lines }, check) => within(lines.filter((line) => BULLET.test(line)).length, check, 'bullets'),
  numbered_list: ({ lines }, check) => within(lines.filter((line) => NUMBERED.test(line)).length, check, 'numbered items'),
  title({ text, lines }, { style }) {
    const angle = style !== 'heading' && /<<[^<>\n]*[^<>\s][^<>\n]*>>/.test(text);
    const heading = style !== 'angle' && lines.some((line) => /^#{1,6} +\S/.test(line));
    return angle || heading ? PASSED : failedBy('no title');
  },
  sections({ lines, text, meter }, check) {
    if (occurrences(text, check.marker, ANYWHERE, meter, 1) === 0) return within(0, check, 'sections');
    const marker = check.marker.toLowerCase();
    const begins = (line: string): boolean => {
      const bare = line.replace(/^[\s#*]{1,16}/, '').toLowerCase();
      return bare.startsWith(marker) && /^\s{0,4}\d/.test(bare.slice(marker.length, marker.length + 8));
    };
    return within(lines.filter(begins).length, check, 'sections');
  },
  highlighted: ({ text }, check) =>
    within(text.match(/\*\*[^*\n]*[^*\s][^*\n]*\*\*|\*(?![\s*])[^*\n]+\*/g)?.length ?? 0, check, 'highlighted parts'),
  no_commas: ({ text }) => (text.includes(',') ? failedBy('it has a comma') : PASSED),
  quoted({ text }) {
    const bare = text.trim();
    const marked = /^["\u201C]/.test(bare) && /["\u201D]$/.test(bare) && bare.length > 2;
    return marked ? PASSED : failedBy('it does not stand between quotation marks');
  },
  postscript({ lines }, { marker }) {
    const begins = (line: string) => line.trimStart().toLowerCase().startsWith(marker.toLowerCase());
    const says = (line: string) => /[\p{L}\p{N}]/u.test(line.trimStart().slice(marker.length));
    const place = lines.findIndex(begins);
    if (place < 0) return failedBy('no postscript');
    return says(lines[place]!) || place + 1 < lines.length ? PASSED : failedBy('the postscript is empty');
  },
  placeholders: ({ text }, check) => within(text.match(/\[[^[\]\n]+\]/g)?.length ?? 0, check, 'placeholders'),
  two_responses({ text }, { separator }) {
    const parts = text.split(separator, 4).map((part) => part.trim());
    const [first = '', second = ''] = parts;
    if (parts.length !== 2 || first === '' || second === '') return failedBy('not two parts around one separator');
    return first === second ? failedBy('both responses are the same') : PASSED;
  },
  paragraph_start({ paragraphs }, { paragraph, word }) {
    const text = paragraphs[paragraph - 1];
    if (text === undefined) return failedBy(`${paragraphs.length} paragraphs`);
    const [first = ''] = /^[^\p{L}\p{N}]{0,16}([\p{L}\p{N}\p{M}'\u2019-]{1,64})/u.exec(text)?.slice(1) ?? [];
    return first.toLowerCase() === word.toLowerCase() ? PASSED : failedBy(`paragraph ${paragraph} begins with "${first}"`);
  },
};

const ANYWHERE = { wholeWords: false, caseSensitive: false };
