/** What an expression may name: the members of its entry, counts of the text, and the texts themselves. */
import type { ExpressionConfig, texts } from '../../schemas/rewards/expression.ts';
import type { Prefix, Score } from '../operation.ts';
import type { Named, RewardTask } from './define.ts';
import type { Scope, Value } from './expression-evaluate.ts';
import { ANY, type Range } from './expression-range.ts';
import type { Type } from './expression-tree.ts';
import { promptText } from './prompt-text.ts';
import { CheckedText, COUNTS, MAX_TEXT } from './rules/checked-text.ts';
import { documentIn } from './rules/json-document.ts';
import type { Meter } from './rules/meter.ts';
import { Undecided } from './rules/verdict.ts';

type Members = Pick<ExpressionConfig, 'members'>;

const TEXTS: Readonly<Record<(typeof texts)[number], (text: CheckedText) => string>> = {
  text: ({ text }) => text,
  prompt: ({ prompt }) => prompt,
  reference: ({ references: [first = ''] }) => first,
  answer({ answer }) {
    if (!answer.ok) throw new Undecided(`no answer is read in it: ${answer.reason}`);
    return answer.raw;
  },
};

const OF_CANDIDATE: Readonly<Record<string, (text: CheckedText) => number | string>> = { ...COUNTS, ...TEXTS };

/** A member is its score, and with `.steps` the list of its step scores, but those that were left out. */
export function variablesFor({ members }: Members): Map<string, Type> {
  const names = Object.keys(members);
  return new Map<string, Type>([
    ...names.map((name) => [name, 'number'] as const),
    ...names.map((name) => [`${name}.steps`, 'list'] as const),
    ...Object.keys(COUNTS).map((name) => [name, 'number'] as const),
    ...Object.keys(TEXTS).map((name) => [name, 'string'] as const),
  ]);
}

/** The member that a variable is of; undefined where it is of none. */
export function memberOf({ members }: Members, variable: string): string | undefined {
  const name = variable.endsWith('.steps') ? variable.slice(0, -'.steps'.length) : variable;
  return Object.hasOwn(members, name) ? name : undefined;
}

export function rangesOf({ config, about }: Pick<Named<Members, unknown>, 'config' | 'about'>): (variable: string) => Range {
  return (variable) => {
    const member = memberOf(config, variable);
    if (member === undefined) return Object.hasOwn(COUNTS, variable) ? [0, Number.POSITIVE_INFINITY] : ANY;
    const [least, most] = about(config.members[member]!).scale.range;
    return [least ?? ANY[0], most ?? ANY[1]];
  };
}

export function scopeOf(
  candidate: Prefix,
  members: ReadonlyMap<string, Score>,
  { config, prompt, subject }: Pick<RewardTask<Members, unknown>, 'config' | 'prompt' | 'subject'>,
  meter: Meter,
): Scope {
  meter.begin();
  const text = new CheckedText(candidate, { ...subject, prompt: promptText(prompt) }, meter);
  return {
    variable(name) {
      const member = memberOf(config, name);
      if (member !== undefined) return ofMember(members.get(member)!, name.endsWith('.steps'));
      return OF_CANDIDATE[name]!(readable(text));
    },
    json: (pointer) => pointed(readable(text), pointer),
  };
}

function readable(text: CheckedText): CheckedText {
  if (text.text.length > MAX_TEXT) throw new Undecided(`more than ${MAX_TEXT} characters`);
  return text;
}

function ofMember(score: Score, steps: boolean): Value {
  if (!score.ok) throw new Undecided(`its score failed: ${score.reason}`);
  if (!steps) return score.value;
  if (!score.steps) throw new Undecided('it has no step scores');
  return score.steps.filter((step) => step !== null);
}

/** The value at a place in the last JSON of the text; undefined where there is none. */
function pointed(text: CheckedText, pointer: readonly string[]): unknown {
  const document = text.once('json', () => documentIn(text.text, 'last'));
  if (!document.ok) return undefined;
  return pointer.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    document.value,
  );
}

/** A candidate that no one wrote, for a trial before anything is spent: members in the middle of their range, 0 where it has none. */
export function sampleScope({ config, about }: Pick<Named<Members, unknown>, 'config' | 'about'>): Scope {
  const ranges = rangesOf({ config, about });
  return {
    variable(name) {
      if (name.endsWith('.steps')) return [0.5, 0.5];
      if (Object.hasOwn(TEXTS, name)) return 'The answer is 42.';
      if (Object.hasOwn(COUNTS, name)) return 7;
      const [least, most] = ranges(name);
      return Number.isFinite(least) && Number.isFinite(most) ? (least + most) / 2 : 0;
    },
    json: (_, type) => (type === 'list' ? [1] : type === 'string' ? 'text' : 1),
  };
}
