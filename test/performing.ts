/** The interpreter's hands over answers in memory: a score is one reading, so that its result is in the log. */
import type { Operation, ReadOperation, Result, SampleOperation, ScoreOperation } from '../src/operation.ts';
import { read } from '../src/operation.ts';
import type { Perform } from '../src/runtime/run.ts';

export type Asked = Exclude<Operation, { kind: 'note' }>;

/** What samples and reads by one function: samples one after the other. */
export const asking = (
  ask: (operation: SampleOperation | ReadOperation) => Result | Promise<Result>,
): Pick<Perform, 'sample' | 'read'> => ({
  read: async (operation) => ask(operation),
  sample: async (operations) => {
    const results: Result[] = [];
    for (const operation of operations) results.push(await ask(operation));
    return results;
  },
});

/** `answer` is asked for samples and scores. */
export const performing = (
  answer: (operation: SampleOperation | ScoreOperation) => Result | Promise<Result>,
  tell: Perform['tell'] = () => {},
): Perform => ({
  ...asking(async (operation) => {
    if (operation.kind === 'sample') return answer(operation);
    return { kind: 'read', result: { ok: true, response: (await answer(carried(operation))) as never } };
  }),
  *scoring(operation) {
    const request = operation as never; // carried through the log like any request
    const { reward } = operation;
    const result = yield* read<'score'>({ reading: 'score', backend: 'local', reward, request });
    if (!result.ok) return operation.candidates.map(() => ({ ok: false, reason: result.reason }));
    return (result.response as unknown as Extract<Result, { kind: 'score' }>).scores;
  },
  atOnce: () => true,
  tell,
});

const carried = ({ request }: ReadOperation): ScoreOperation => request as unknown as ScoreOperation;
