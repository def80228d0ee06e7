/** A repository on a hub: its commit, its list of files, their bytes. */
import { listFiles, modelInfo } from '@huggingface/hub';
import { CannotStart } from '../settings.ts';
import { type HubFetchOptions, hubFetch, Interrupted } from './hub-fetch.ts';
import type { HubSettings } from './hub-settings.ts';
import { plain } from './plain.ts';
import { type RemoteFile, remoteFile } from './remote-file.ts';

const MOST_FILES = 20_000; // a model repository has tens; a list without end would fill the memory

export interface Repository {
  /** `OWNER/NAME`. */
  readonly name: string;
  /** A branch, a tag or a commit, as asked for. */
  readonly revision: string;
  /** What the revision meant when it was asked: 40 hex digits. Everything below is of this commit. */
  readonly commit: string;
  readonly endpoint: string;
  readonly files: readonly RemoteFile[];
  /** The bytes of a file from `offset` on, as the hub sends them; the answer may begin at 0 all the same (status 200). */
  open(path: string, offset: number, signal: AbortSignal): Promise<Response>;
}

/** @throws CannotStart where the hub cannot be reached, refuses, or answers what cannot be trusted */
export async function openRepository(
  { name, revision }: { readonly name: string; readonly revision: string },
  settings: HubSettings,
  options: Omit<HubFetchOptions, 'what'>,
): Promise<Repository> {
  const { endpoint } = settings;
  const fetch = hubFetch(settings, { ...options, what: `${name} at revision "${plain(revision, 80)}"` });
  const repo = { type: 'model', name } as const;
  try {
    const { sha } = await modelInfo({ name, revision, hubUrl: endpoint, fetch, additionalFields: ['sha'] });
    const commit = commitOf(sha, revision);
    const files: RemoteFile[] = [];
    for await (const entry of listFiles({ repo, revision: commit, recursive: true, hubUrl: endpoint, fetch })) {
      if (entry.type !== 'file') continue;
      files.push(remoteFile(entry));
      if (files.length > MOST_FILES)
        throw new CannotStart(`${name} lists more than ${MOST_FILES} files. Nothing was downloaded.`);
    }
    // The package's own download is not used: it takes no signal and cannot tell an answer that begins at 0 (200) from
    // the rest of the file that was asked for (206).
    const open = (path: string, offset: number, signal: AbortSignal) => {
      const encoded = path.split('/').map(encodeURIComponent).join('/');
      const range = offset > 0 ? { range: `bytes=${offset}-` } : undefined;
      const headers = { 'accept-encoding': 'identity', ...range };
      return fetch(`${endpoint}/${name}/resolve/${commit}/${encoded}`, { headers, signal });
    };
    return { name, revision, commit, endpoint, files, open };
  } catch (error) {
    if (error instanceof CannotStart) throw error;
    if (options.signal.aborted) throw new Interrupted('Interrupted.');
    // what is left is an answer that is not JSON or lacks a field: no hub, or a page in between (a login, a proxy)
    const reason = error instanceof Error ? error.message : String(error);
    throw new CannotStart(
      `${endpoint} does not answer as a hub does: ${plain(reason, 120)}. HF_ENDPOINT or --endpoint names the hub.`,
      {
        cause: error,
      },
    );
  }
}

function commitOf(sha: unknown, revision: string): string {
  if (typeof sha !== 'string' || !/^[0-9a-f]{40}$/.test(sha)) {
    throw new CannotStart('The hub does not say which commit the revision is, so it cannot be pinned. Is HF_ENDPOINT a hub?');
  }
  if (/^[0-9a-f]{40}$/.test(revision) && sha !== revision) {
    throw new CannotStart(`The hub answered commit ${sha} where ${revision} was asked for. Nothing was downloaded.`);
  }
  return sha;
}
