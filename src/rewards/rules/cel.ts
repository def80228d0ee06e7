/** Common Expression Language over a candidate, within bounds (methods B.5). */
import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import { functions, methods } from './cel-functions.ts';
import type { Check, Need, Reader } from './check.ts';
import type { CheckedText } from './checked-text.ts';
import { documentIn } from './json-document.ts';
import { Meter } from './meter.ts';
import { CheckError, failedBy, PASSED, Undecided, undecided } from './verdict.ts';

/** Of the expression as it is written; what running it costs is metered. */
const LIMITS = { maxAstNodes: 1024, maxDepth: 32, maxListElements: 256, maxMapEntries: 64, maxCallArguments: 8 };
/** Elements of a list or characters of a string that running it may make. */
const MAX_LIST = 65_536;
const MAX_STRING = 1_048_576;

/** What an expression may name: its type, what it needs, and its value. */
const VARIABLES: Readonly<
  Record<string, { readonly type: string; readonly need?: Need; readonly value: (candidate: CheckedText) => unknown }>
> = {
  text: { type: 'string', value: ({ text }) => text },
  prompt: { type: 'string', value: ({ prompt }) => prompt },
  words: { type: 'list<string>', value: ({ words }) => words },
  sentences: { type: 'list<string>', value: ({ sentences }) => sentences },
  lines: { type: 'list<string>', value: ({ lines }) => lines },
  paragraphs: { type: 'list<string>', value: ({ paragraphs }) => paragraphs },
  tokens: { type: 'int', need: 'tokens', value: ({ tokens }) => BigInt(tokens) },
  answer: { type: 'string', need: 'answer', value: answerOf },
  reference: { type: 'string', need: 'reference', value: ({ references: [first] }) => first },
  references: { type: 'list<string>', need: 'reference', value: ({ references }) => references },
  json: { type: 'dyn', value: (candidate) => candidate.once('json', () => jsonOf(candidate)) },
};

function answerOf({ answer }: CheckedText): string {
  if (!answer.ok) throw new Undecided(`no answer is read in it: ${answer.reason}`);
  return answer.raw;
}

/** The last object or array of the text, as maps: no name in it is special. Null where there is none. */
function jsonOf({ text, meter }: CheckedText): unknown {
  meter.spend(text.length / 4);
  const document = documentIn(text, 'last');
  if (document.ok) return withMaps(document.value);
  if (document.verdict.passed === null) throw new Undecided(document.verdict.why);
  return null;
}

function withMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMaps);
  if (typeof value !== 'object' || value === null) return value;
  return new Map(Object.entries(value).map(([name, member]) => [name, withMaps(member)]));
}

/** A boolean expression: true passes, false fails, an error leaves it open. */
export const cel: Reader<'cel'> = ({ expression }): Check => {
  const environment = new Environment({ limits: LIMITS, homogeneousAggregateLiterals: false });
  for (const [name, { type }] of Object.entries(VARIABLES)) environment.registerVariable(name, type);
  const running: { meter: Meter } = { meter: new Meter(0) };
  meterEvaluation(environment, running);
  const names = namesIn(parsed(environment, expression));
  // the condition of a conditional must be a boolean, and its parts are evaluated through the meter, the root included
  const program = environment.parse(`(${expression}\n) ? true : false`);
  const { error } = program.check();
  if (error) throw new CheckError('expression', said(error));
  const used = [...names].filter((name) => Object.hasOwn(VARIABLES, name));
  return {
    needs: used.flatMap((name) => VARIABLES[name]!.need ?? []),
    judge(candidate) {
      running.meter = candidate.meter;
      const context = Object.fromEntries(used.map((name) => [name, VARIABLES[name]!.value(candidate)]));
      return evaluated(() => program(context));
    },
  };
};

function evaluated(run: () => unknown) {
  try {
    return run() === true ? PASSED : failedBy('the expression is false');
  } catch (error) {
    // of the expression, of our bounds, of the engine's (stack, length of a string, size of an integer): none of them is a false
    return undecided(error instanceof Error ? said(error) : 'it cannot be evaluated');
  }
}

function parsed(environment: Environment, expression: string): ASTNode {
  try {
    return environment.parse(expression).ast;
  } catch (error) {
    if (error instanceof ParseError) throw new CheckError('expression', said(error));
    throw error;
  }
}

/** The first line: the others draw the place in the source. */
const said = ({ message }: Error): string => message.split('\n', 1)[0]!.slice(0, 200);

/** Every name of a variable; a function that is not offered is refused. */
function namesIn(root: ASTNode): Set<string> {
  const names = new Set<string>();
  const open: unknown[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) open.push(...node);
    else if (isNode(node)) {
      if (node.op === 'id') names.add(node.args);
      if (node.op === 'call') refuseUnknown(node.args[0], functions);
      if (node.op === 'rcall') refuseUnknown(node.args[0], methods);
      open.push(node.args);
    }
  }
  return names;
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value;

function refuseUnknown(name: string, known: Readonly<Record<string, unknown>>): void {
  if (Object.hasOwn(known, name)) return;
  throw new CheckError('expression', `There is no function "${name}". Known: ${Object.keys(known).join(', ')}.`);
}

/** What the library hands a macro: it evaluates a part of the expression. */
interface Evaluator {
  run(node: ASTNode, context: unknown): unknown;
}

/**
 * Has every part of every expression of this environment paid for as it is evaluated. A macro is handed the evaluator
 * through which all parts are run, those of a comprehension once an element; it is called once here, and never again.
 */
function meterEvaluation(environment: Environment, running: { readonly meter: Meter }): void {
  environment.registerFunction('take_evaluator(ast): bool', () => ({
    typeCheck: (checker: { getType(name: string): unknown }) => checker.getType('bool'),
    evaluate(evaluator: Evaluator) {
      const run = evaluator.run.bind(evaluator);
      evaluator.run = (node, context) => {
        const { meter } = running;
        meter.spend(1);
        if (node.op !== 'rcall') return paid(node.op, run(node, context), meter);
        const [name, receiver, given] = node.args;
        const own = methods[name];
        const value = own
          ? own(
              [receiver, ...given].map((part) => evaluator.run(part, context)),
              meter,
            )
          : run(node, context);
        return paid(node.op, value, meter);
      };
      return true;
    },
  }));
  environment.evaluate('take_evaluator(true)');
}

/** Lists that grow step by step pay with their steps; this is what they hand on. */
const FREE: ReadonlySet<string> = new Set(['accuPush', 'accuValue', 'accuInc', '?:', 'comprehension']);

/** What makes or hands on something large pays for it, so that every operation on it has been paid. */
function paid(op: string, value: unknown, meter: Meter): unknown {
  if (typeof value === 'string') {
    if (value.length > MAX_STRING) throw new Undecided(`a string of more than ${MAX_STRING} characters`);
    meter.spend(value.length / 64);
  } else if (Array.isArray(value)) {
    if (value.length > MAX_LIST) throw new Undecided(`a list of more than ${MAX_LIST} elements`);
    if (!FREE.has(op)) meter.spend(value.length);
  } else if (value instanceof Map) meter.spend(value.size);
  return value;
}
