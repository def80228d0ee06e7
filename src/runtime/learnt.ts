/** What a run has learnt, between the place where it runs and the one that hears of it. */
import type { Learnt } from '../../schemas/backend-run.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { RunState } from './context.ts';

/** @param told  ids of the answers whose numbers were told before; those of the new ones are added */
export function tellLearnt(state: RunState, told: Set<string>): Learnt {
  const fresh = [...state.indexes].filter(([id]) => !told.has(id));
  for (const [id] of fresh) told.add(id);
  const { failure } = state;
  return {
    operations: state.operations,
    stop: state.stop,
    failure: failure && {
      code: failure.code,
      message: failure.message,
      param: failure.param,
      retry_after: failure.retryAfter,
      may_have_spent: failure.mayHaveSpent,
    },
    generate_ms: state.generateMs,
    score_ms: state.scoreMs,
    calls: state.calls + state.callsFused,
    indexes: Object.fromEntries(fresh),
    planned: state.planned,
    fingerprints: [...state.fingerprints],
    reward_fingerprints: Object.fromEntries([...state.rewardFingerprints].map(([name, known]) => [name, [...known]])),
  };
}

/** Brings a state to where another one was. Its calls were made elsewhere: they are no round trips of ours. */
export function learn(state: RunState, learnt: Learnt): void {
  state.operations = learnt.operations;
  state.stop = learnt.stop;
  state.failure = learnt.failure && failureOf(learnt.failure);
  state.generateMs = learnt.generate_ms;
  state.scoreMs = learnt.score_ms;
  state.callsElsewhere = learnt.calls;
  state.planned = learnt.planned;
  for (const [id, index] of Object.entries(learnt.indexes)) state.indexes.set(id, index);
  for (const fingerprint of learnt.fingerprints) state.fingerprints.add(fingerprint);
  for (const [name, known] of Object.entries(learnt.reward_fingerprints)) state.rewardFingerprints.set(name, new Set(known));
}

const failureOf = ({ code, message, param, retry_after, may_have_spent }: NonNullable<Learnt['failure']>): WinnowError =>
  new WinnowError(code, message, {
    param,
    ...(retry_after === undefined ? {} : { retryAfter: retry_after }),
    mayHaveSpent: may_have_spent,
  });
