/** An answer of a judge that is begun for it: what follows has the form that was asked for. */
import type { Lookup } from '../../schemas/config.ts';
import type { Prefix } from '../operation.ts';
import { root } from '../operation.ts';

/** Whether the server of this policy goes on with a turn that was begun. */
export function canContinue(policy: string, { policies, backends }: Lookup): boolean {
  const backend = backends[policies[policy]?.backend ?? ''];
  return backend?.kind === 'gpu_backend' || (backend?.kind === 'openai' && backend.continuation !== 'none');
}

/** Its tokens are not the judge's own, so they count as none. */
export const begunWith = (text: string): Prefix => (text === '' ? root : { id: '0', text, steps: [text], tokenCount: 0 });
