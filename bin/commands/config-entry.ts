/** The entries of winnow.config.json by which a folder is served: the model, and the policy or reward that it is. */
import type { ModelFolder } from '../hub/model-folder.ts';
import type { ConfigEntries } from './config-file.ts';

const LONGEST_ANSWER = 512; // tokens; a user who needs more sets sampling.max_tokens
const UNKNOWN_CONTEXT = 2048;

/** A name that the config allows, made from a repository's: letters, digits and . _ - only. */
export const configName = (repository: string): string =>
  repository
    .slice(repository.lastIndexOf('/') + 1)
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 128);

/**
 * @param path     the folder, as the config names it
 * @param backend  a backend of the config that loads models; null where it has none yet
 */
export function configEntries(name: string, path: string, folder: ModelFolder, backend: string | null): ConfigEntries {
  const at = { backend: backend ?? 'local', model: name };
  const backends = backend === null ? { backends: { local: { kind: 'gpu_backend', url: 'http://127.0.0.1:8788' } } } : {};
  const models = { models: { [name]: { path } } };
  switch (folder.kind) {
    case 'policy':
      return { ...backends, policies: { [name]: { ...at, ...policy(folder) } }, ...models };
    case 'outcome':
      return { ...backends, rewards: { [name]: { kind: 'classifier', ...at, output: 'logit' } }, ...models };
    case 'process':
      return { ...backends, rewards: { [name]: { kind: 'process', ...at, output: 'probability', reduction: 'min' } }, ...models };
    case 'embedding':
    case 'tensors':
    case null:
      return models;
  }
}

/** Half of the context at most is the answer's, so that a prompt of the same length fits. */
function policy({ context, chatTemplate, sampling }: ModelFolder) {
  const longest = Math.min(LONGEST_ANSWER, Math.floor((context ?? UNKNOWN_CONTEXT) / 2));
  return {
    instruct: chatTemplate,
    sampling: { ...sampling, max_tokens: longest },
    typical_tokens: Math.max(1, Math.floor(longest / 2)),
  };
}
