/** Expression trees of others, read once: types, arity, names and size are settled before anything is evaluated (methods B.14). */
import { type Operator, operations } from '../../schemas/rewards/expression.ts';

const MAX_DEPTH = 16;
const MAX_NODES = 256;
const MAX_STRING = 65_536;
const MAX_POWER = 8;

export type Type = 'number' | 'string' | 'list';
interface Place {
  /** Where it stands, as in `args[0].args[1]`; empty at the root. */
  readonly at: string;
  readonly type: Type;
}
export type Tree =
  | (Place & { readonly kind: 'number'; readonly value: number })
  | (Place & { readonly kind: 'string'; readonly value: string })
  | (Place & { readonly kind: 'variable'; readonly name: string })
  | (Place & { readonly kind: 'json'; readonly pointer: readonly string[] })
  | (Place & { readonly kind: 'operation'; readonly op: Exclude<Operator, 'json'>; readonly args: readonly Tree[] });

/** A tree that cannot be evaluated for any candidate. */
export class TreeError extends Error {
  override readonly name = 'TreeError';

  constructor(at: string, message: string) {
    super(`${at === '' ? 'the root' : at}: ${message}`);
  }
}

/** What each operation takes: types of its arguments in order, the last of them again where it takes `more`. */
const TAKES: Readonly<Record<Exclude<Operator, 'json'>, { readonly args: readonly Type[]; readonly more?: true }>> = {
  add: { args: ['number', 'number'], more: true },
  sub: { args: ['number', 'number'] },
  mul: { args: ['number', 'number'], more: true },
  div: { args: ['number', 'number'] },
  min: { args: ['number'], more: true },
  max: { args: ['number'], more: true },
  abs: { args: ['number'] },
  neg: { args: ['number'] },
  pow: { args: ['number', 'number'] },
  sqrt: { args: ['number'] },
  log1p: { args: ['number'] },
  exp: { args: ['number'] },
  sigmoid: { args: ['number'] },
  tanh: { args: ['number'] },
  clamp: { args: ['number', 'number', 'number'] },
  lt: { args: ['number', 'number'] },
  le: { args: ['number', 'number'] },
  gt: { args: ['number', 'number'] },
  ge: { args: ['number', 'number'] },
  eq: { args: ['number', 'number'] },
  and: { args: ['number', 'number'], more: true },
  or: { args: ['number', 'number'], more: true },
  not: { args: ['number'] },
  if: { args: ['number', 'number', 'number'] },
  mean: { args: ['list'] },
  sum: { args: ['list'] },
  count: { args: ['list'] },
  len: { args: ['string'] },
  contains: { args: ['string', 'string'] },
};

/** Types of the variables that a tree may name; null takes every name for a number: which there are is told later. */
export type Variables = ReadonlyMap<string, Type> | null;

/** @throws TreeError that names the node at fault */
export function readTree(given: unknown, variables: Variables): Tree {
  let nodes = 0;
  const read = (node: unknown, at: string, depth: number, type: Type): Tree => {
    if (depth > MAX_DEPTH) throw new TreeError(at, `deeper than ${MAX_DEPTH} levels`);
    if (++nodes > MAX_NODES) throw new TreeError(at, `more than ${MAX_NODES} nodes`);
    const tree = readNode(node, at, type, variables, (arg, place, wanted) =>
      read(arg, at === '' ? `args[${place}]` : `${at}.args[${place}]`, depth + 1, wanted),
    );
    if (tree.type !== type) throw new TreeError(at, `a ${type} is wanted, and it is a ${tree.type}`);
    return tree;
  };
  return read(given, '', 1, 'number');
}

type ReadArgument = (node: unknown, place: number, type: Type) => Tree;

function readNode(node: unknown, at: string, type: Type, variables: Variables, read: ReadArgument): Tree {
  if (typeof node === 'number') {
    if (!Number.isFinite(node)) throw new TreeError(at, 'a number is finite');
    return { kind: 'number', at, type: 'number', value: node };
  }
  if (typeof node !== 'object' || node === null || Array.isArray(node)) throw unknownNode(at);
  const members = Object.keys(node).sort().join();
  if (members === 'str') return { kind: 'string', at, type: 'string', value: literal((node as { str: unknown }).str, at) };
  if (members === 'var') return readVariable((node as { var: unknown }).var, at, type, variables);
  if (members === 'args,op') return readOperation(node as { op: unknown; args: unknown }, at, type, variables, read);
  throw unknownNode(at);
}

const unknownNode = (at: string): TreeError =>
  new TreeError(at, 'a node is a number, {"str": "..."}, {"var": "..."} or {"op": "...", "args": [...]}');

function literal(value: unknown, at: string): string {
  if (typeof value === 'string' && value.length <= MAX_STRING) return value;
  throw new TreeError(at, `a string has at most ${MAX_STRING} characters`);
}

function readVariable(name: unknown, at: string, wanted: Type, variables: Variables): Tree {
  if (typeof name !== 'string' || name.length > 128) throw new TreeError(at, 'a variable is a name');
  const type = variables === null ? wanted : variables.get(name);
  if (type !== undefined) return { kind: 'variable', at, type, name };
  throw new TreeError(at, `there is no variable ${JSON.stringify(name)}. Known: ${[...variables!.keys()].join(', ')}`);
}

function readOperation(
  { op, args }: { op: unknown; args: unknown },
  at: string,
  type: Type,
  variables: Variables,
  read: ReadArgument,
): Tree {
  if (!operations.includes(op as Operator)) throw new TreeError(at, `there is no operation ${JSON.stringify(op)?.slice(0, 80)}`);
  if (!Array.isArray(args)) throw new TreeError(at, 'args is a list');
  if (op === 'json') return readPointer(args, at, type, read);
  const name = op as Exclude<Operator, 'json'>; // it is one of them, and not that one
  const { more } = TAKES[name];
  const takes = name === 'eq' && args.some((arg) => isString(arg, variables)) ? STRINGS : TAKES[name].args;
  if (args.length < takes.length || (args.length > takes.length && !more))
    throw new TreeError(at, `${name} takes ${takes.length}${more ? ' or more' : ''} arguments, not ${args.length}`);
  const trees = args.map((arg, place) => read(arg, place, takes[place] ?? takes.at(-1)!));
  const [, power] = trees;
  if (name === 'pow' && !(power?.kind === 'number' && Number.isInteger(power.value) && Math.abs(power.value) <= MAX_POWER))
    throw new TreeError(at, `the power is a whole number from ${-MAX_POWER} to ${MAX_POWER}, as it stands`);
  if (name === 'contains' && trees[1]!.kind !== 'string') throw new TreeError(at, 'what is looked for is a {"str": "..."}');
  return { kind: 'operation', at, type: 'number', op: name, args: trees };
}

/** `eq` compares strings where either side is one. */
const STRINGS: readonly Type[] = ['string', 'string'];
function isString(node: unknown, variables: Variables): boolean {
  if (typeof node !== 'object' || node === null) return false;
  return 'str' in node || ('var' in node && typeof node.var === 'string' && variables?.get(node.var) === 'string');
}

function readPointer(args: readonly unknown[], at: string, type: Type, read: ReadArgument): Tree {
  const path = args.length === 1 ? read(args[0], 0, 'string') : null;
  if (path?.kind !== 'string' || !/^(\/([^~/]|~[01])*)*$/.test(path.value))
    throw new TreeError(at, 'json takes one RFC 6901 pointer, as {"str": "/final/answer"}');
  const pointer = path.value
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const special = pointer.find((name) => ['__proto__', 'constructor', 'prototype'].includes(name));
  if (special !== undefined) throw new TreeError(at, `a pointer does not lead through ${special}`);
  return { kind: 'json', at, type, pointer };
}

/** Variables that a tree names, each once. */
export function variablesOf(tree: Tree): Set<string> {
  if (tree.kind === 'variable') return new Set([tree.name]);
  return new Set(tree.kind === 'operation' ? tree.args.flatMap((arg) => [...variablesOf(arg)]) : []);
}
