import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { Reading } from '../operation.ts';
import type { Named, Subject } from './define.ts';

const WHAT: Readonly<Record<Reading, string>> = {
  score: 'a reward model of it',
  logprobs: 'log-probabilities of given texts',
  embed: 'embeddings',
  tensors: 'tensors through a graph',
  equivalence: 'computer algebra',
};

/** Whether a backend of the config reads so; one that nobody has named reads nothing. */
export function reads({ lookup }: Pick<Named<unknown, unknown>, 'lookup'>, backend: string, reading: Reading): boolean {
  const kind = Object.hasOwn(lookup.backends, backend) ? lookup.backends[backend]!.kind : undefined;
  return kind === 'gpu_backend' || (kind === 'edge_onnx' && reading === 'score');
}

/** @throws WinnowError `capability_missing` where the backend of a reward cannot read so */
export function refuseUnread(
  named: Pick<Named<unknown, unknown>, 'name' | 'lookup'>,
  backend: string,
  reading: Reading,
  param: string,
): void {
  if (reads(named, backend, reading)) return;
  const kind = Object.hasOwn(named.lookup.backends, backend) ? named.lookup.backends[backend]!.kind : 'unknown';
  const message = `The reward ${quoted(named.name)} needs ${WHAT[reading]}, and the backend ${quoted(backend)}, of kind ${kind}, has none. Put its model on a backend of kind gpu_backend.`;
  throw new WinnowError('capability_missing', message, { param });
}

/** @throws WinnowError `capability_missing` where a reward compares with right answers and the request brings none */
export function refuseWithoutReference({ name }: Named<unknown, unknown>, subject: Subject, param: string): void {
  if (subject.references.length > 0) return;
  const message = `The reward ${quoted(name)} compares with a right answer, and the request has no \`reference\`. Give one.`;
  throw new WinnowError('capability_missing', message, { param });
}
