/** Drives a reward that is made of others: its members answer from a table, as the interpreter would have them answer. */
import { backendConfig, policyConfig, type RewardConfig, rewardConfig } from '../../schemas/config.ts';
import type { Asking, Candidate, Operation, Prefix, Result, SampleOperation, Score } from '../../src/operation.ts';
import type { About, Subject } from '../../src/rewards/define.ts';
import { kindOf, namedReward } from '../../src/rewards/registry.ts';
import { candidate, sampled } from '../drive.ts';

/** Of a member: what it says of each text, a reason where it fails. */
export interface Says {
  readonly output?: 'logit' | 'probability';
  readonly by: Readonly<Record<string, number | string | Score>> | ((text: string) => number | string | Score);
}

export interface Given {
  /** The entry that is tried. */
  readonly entry: object;
  readonly members: Readonly<Record<string, Says>>;
  /** Entries of the config beside it and its members. */
  readonly others?: Readonly<Record<string, object>>;
  readonly options?: object;
  readonly candidates: readonly (string | Prefix)[];
  readonly references?: readonly string[];
  /** What policies write, one text a candidate; a member may say how each ended. */
  readonly writes?: readonly (string | Partial<Candidate>)[];
}

export interface Driven {
  readonly scores: readonly Score[];
  /** Which texts each member was asked for, in order. */
  readonly asked: readonly { readonly reward: string; readonly texts: readonly string[] }[];
  /** What was sampled. */
  readonly drawn: readonly SampleOperation[];
  /** Rewards that were asked together. */
  readonly atOnce: readonly (readonly string[])[];
}

const NAME = 'it';

const BACKENDS = {
  local: backendConfig.parse({ kind: 'gpu_backend', url: 'http://127.0.0.1:1' }),
  edge: backendConfig.parse({ kind: 'edge_onnx' }),
};
const policy = (backend: string, sampling: object) =>
  policyConfig.parse({ backend, model: 'm', step: { delimiter: '\n' }, sampling, typical_tokens: 8 });
const POLICIES = {
  writer: policy('local', { max_tokens: 40, temperature: 0.7, stop: 'END' }),
  base: policy('local', { max_tokens: 60 }),
  inside: policy('edge', { max_tokens: 10 }),
};

function lookupOf({ entry, members, others = {} }: Given) {
  const models = Object.entries(members).map(([name, { output = 'probability' }]) => [
    name,
    { kind: 'classifier', backend: 'local', model: name, output },
  ]);
  const entries = { ...Object.fromEntries(models), ...others, [NAME]: entry };
  const rewards = Object.fromEntries(Object.entries(entries).map(([name, one]) => [name, rewardConfig.parse(one)]));
  return { backends: BACKENDS, policies: POLICIES, rewards: rewards as Record<string, RewardConfig> };
}

const subjectOf = ({ references = [] }: Given): Subject => ({ policy: 'writer', answer: null, references, seed: 1 });

function named(given: Given) {
  const lookup = lookupOf(given);
  const options = kindOf(lookup.rewards[NAME]!).options.parse(given.options ?? {});
  return namedReward(NAME, { [NAME]: options }, lookup);
}

/** What is known of the entry itself. */
export function about(given: Given): About {
  return named(given).about(NAME);
}

/** Why a config with this entry does not start. */
export const faults = (given: Given): readonly string[] => kindOf(named(given).config).faults(named(given));

export const refuse = (given: Given): void => kindOf(named(given).config).refuse(named(given), subjectOf(given), 'rewards[0]');

export function composed(given: Given): Driven {
  const asked: { reward: string; texts: string[] }[] = [];
  const atOnce: string[][] = [];
  const drawn: SampleOperation[] = [];
  const lookup = lookupOf(given);
  const task = { prompt: { text: 'question' }, subject: subjectOf(given) };
  const candidates = given.candidates.map((one, place) => (typeof one === 'string' ? candidate(`0.${place}`, one) : one));
  return { scores: drive(kindOf(lookup.rewards[NAME]!).score({ ...named(given), ...task, candidates })), asked, drawn, atOnce };

  function drive<T>(asking: Asking<T>): T {
    let turn = asking.next();
    while (!turn.done) turn = asking.next(answer(turn.value));
    return turn.value;
  }

  function answer(operation: Operation): Result {
    if (operation.kind === 'together') {
      atOnce.push(operation.operations.map((one) => (one.kind === 'score' ? one.reward : one.kind)));
      return { kind: 'together', results: operation.operations.map(answer) };
    }
    if (operation.kind === 'sample') {
      drawn.push(operation);
      return sampled(
        ...(given.writes ?? []).map((one, place) => {
          const more = typeof one === 'string' ? { text: one } : one;
          return candidate(`0.${place}`, more.text ?? '', more);
        }),
      );
    }
    if (operation.kind !== 'score') throw new Error(`It asked for ${operation.kind}.`);
    const { reward, prompt, candidates: those } = operation;
    const says = given.members[reward];
    if (!says)
      return {
        kind: 'score',
        scores: drive(
          kindOf(lookup.rewards[reward]!).score({ ...namedReward(reward, {}, lookup), ...task, prompt, candidates: those }),
        ),
      };
    asked.push({ reward, texts: those.map(({ text }) => text) });
    return {
      kind: 'score',
      scores: those.map(({ text }) => read(typeof says.by === 'function' ? says.by(text) : says.by[text])),
    };
  }
}

function read(said: number | string | Score | undefined): Score {
  if (typeof said === 'number') return { ok: true, value: said };
  return typeof said === 'object' ? said : { ok: false, reason: said ?? 'missing' };
}

/** Candidates `0`, `1`, ... and members that say these rows of them. */
export function rows(
  table: Readonly<Record<string, readonly (number | string)[]>>,
  output: 'logit' | 'probability' = 'probability',
): Pick<Given, 'members' | 'candidates'> {
  const [first = []] = Object.values(table);
  const members = Object.entries(table).map(([name, row]) => [name, { output, by: Object.fromEntries(row.entries()) }]);
  return { members: Object.fromEntries(members), candidates: first.map((_, place) => String(place)) };
}

/** The value, or the reason of a failure. */
export const told = (score: Score | undefined): number | string => (score?.ok ? score.value : (score?.reason ?? 'missing'));
