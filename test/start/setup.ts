/** Starts one Winnow for all tests of the running system: `inject('winnow').url`. */
import type { TestProject } from 'vitest/node';
import { forTests, startWinnow } from '../../bin/running.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the Worker and its backend answer, without a slash at the end. It has no keys, and the repository's own config. */
    winnow: { readonly url: string; readonly backendUrl: string };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, backendUrl = '', stop } = await startWinnow(forTests());
  project.provide('winnow', { url, backendUrl });
  return stop;
}
