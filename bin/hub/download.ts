/** One file from the hub into its place: resumed where a part is there, checked, and only then under its name. */
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { CannotStart } from '../settings.ts';
import type { Repository } from './hub.ts';
import { HubUnreachable, Interrupted } from './hub-fetch.ts';
import { Part } from './part.ts';
import { bytes } from './plain.ts';
import { OWN_NAMES, type RemoteFile } from './remote-file.ts';

const SILENCE_MS = 60_000; // a connection without a byte for so long is taken for dead
const WAITS_MS = [1000, 2000, 5000, 10_000, 20_000]; // after a broken connection; bytes that came begin the count anew

export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** Told how many bytes of this file are here: more with every piece, fewer where it begins again. */
  readonly onSize: (size: number) => void;
  readonly onWait?: ((why: string, ms: number) => void) | undefined;
  readonly timing?: { readonly silenceMs: number; readonly waitsMs: readonly number[] } | undefined;
}

/** Where a file lies until it is whole. Named by its checksum: what another revision has under its name is another file. */
const partialPath = (folder: string, { checksum }: RemoteFile): string => join(folder, OWN_NAMES.partial, checksum.digest);

/** Bytes of a file that an earlier try left. */
export const partialSize = async (folder: string, file: RemoteFile): Promise<number> =>
  Math.min((await stat(partialPath(folder, file)).catch(() => ({ size: 0 }))).size, file.size);

/**
 * Brings a file into `folder`. Whatever happens, nothing unchecked ever stands under its name.
 *
 * @throws Interrupted; HubUnreachable after the last try; CannotStart for a wrong checksum, a full disk, a refusal
 */
export async function download(
  repository: Repository,
  file: RemoteFile,
  folder: string,
  options: DownloadOptions,
): Promise<void> {
  const partial = partialPath(folder, file);
  const place = join(folder, file.path);
  try {
    await mkdir(dirname(partial), { recursive: true });
    await mkdir(dirname(place), { recursive: true });
    const part = await Part.open(partial, file);
    try {
      await fillChecked(repository, file, part, options);
    } finally {
      await part.close();
    }
    await rename(partial, place);
  } catch (error) {
    if (error instanceof WrongContent) await rm(partial, { force: true });
    throw explained(error, place);
  }
}

/** The hub sent something else than its list says. */
class WrongContent extends CannotStart {}

async function fillChecked(repository: Repository, file: RemoteFile, part: Part, options: DownloadOptions): Promise<void> {
  const resumed = part.size > 0;
  await fill(repository, file, part, options);
  if (await part.isRight()) return;
  if (resumed) {
    await part.restart(); // what an earlier try left may have been damaged
    await fill(repository, file, part, options);
    if (await part.isRight()) return;
  }
  const name = file.checksum.algorithm === 'sha256' ? 'SHA-256' : 'Git SHA-1';
  throw new WrongContent(
    `${file.path} has the wrong ${name}: the hub, or something on the way, sent other bytes than its list says. ` +
      'Nothing of it was kept. Run the same command again; if this stays, use another endpoint.',
  );
}

/** Goes on until the part has every byte, through broken connections. */
async function fill(repository: Repository, file: RemoteFile, part: Part, options: DownloadOptions): Promise<void> {
  const waits = options.timing?.waitsMs ?? WAITS_MS;
  options.onSize(part.size);
  for (let failures = 0; part.size < file.size; failures++) {
    const before = part.size;
    try {
      await fetchRest(repository, file, part, options);
    } catch (error) {
      if (!(error instanceof HubUnreachable)) throw error;
      if (part.size > before) failures = 0;
      const wait = waits[failures];
      if (wait === undefined) throw error;
      options.onWait?.('the connection broke', wait);
      await after(wait, undefined, { signal: options.signal }).catch(() => {
        throw new Interrupted('Interrupted.');
      });
    }
  }
}

/** One request for what is missing. Comes back where the answer ended, whole or not. */
async function fetchRest(repository: Repository, file: RemoteFile, part: Part, options: DownloadOptions): Promise<void> {
  const silent = new AbortController();
  const silenceMs = options.timing?.silenceMs ?? SILENCE_MS;
  const timer = setTimeout(() => silent.abort(), silenceMs);
  try {
    const response = await repository.open(file.path, part.size, silent.signal);
    if (!goesOn(response, part.size, file.size)) await part.restart();
    for await (const chunk of chunks(response, options.signal)) {
      timer.refresh();
      if (part.size + chunk.length > file.size) {
        const most = bytes(file.size);
        throw new WrongContent(`${file.path}: the hub sends more than the ${most} that its list says. Nothing of it was kept.`);
      }
      await part.append(chunk);
      options.onSize(part.size);
    }
  } finally {
    clearTimeout(timer);
    silent.abort(); // closes the connection where it is still open
  }
  if (part.size < file.size) {
    throw new HubUnreachable(
      `${file.path}: the connection ended at ${bytes(part.size)} of ${bytes(file.size)}. Run the same command again: it goes on there.`,
    );
  }
}

/** Whether an answer begins where the part ends; a hub, or a mirror, that knows no ranges answers 200 with everything. */
function goesOn({ status, headers }: Response, offset: number, size: number): boolean {
  if (offset === 0) return status === 200;
  return status === 206 && headers.get('content-range')?.trim().toLowerCase() === `bytes ${offset}-${size - 1}/${size}`;
}

/** A broken body is a broken connection, but for our own disk's errors, which come from elsewhere. */
async function* chunks(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = (response.body ?? new Blob([]).stream()).getReader();
  for (;;) {
    let turn: Awaited<ReturnType<typeof reader.read>>;
    try {
      turn = await reader.read();
    } catch (cause) {
      if (signal.aborted) throw new Interrupted('Interrupted.');
      throw new HubUnreachable('The connection broke. Run the same command again: it goes on where it stopped.', { cause });
    }
    if (turn.done) return;
    yield turn.value as Uint8Array;
  }
}

const DISK: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Make room and run the same command again: it goes on where it stopped',
  EDQUOT: 'your disk quota is used up. Make room and run the same command again: it goes on where it stopped',
  EFBIG: 'the file system takes no file of this size. --to DIR names a folder on another one',
  EACCES: 'it may not be written. --to DIR names another folder',
  EPERM: 'it may not be written. --to DIR names another folder',
  EROFS: 'the file system is read-only. --to DIR names another folder',
  ENOTDIR: 'a file stands where a folder must be',
  EEXIST: 'a file stands where a folder must be',
  EISDIR: 'a folder stands where the file must be',
};

function explained(error: unknown, place: string): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  return DISK[code] ? new CannotStart(`${place}: ${DISK[code]} (${code}).`, { cause: error }) : error;
}
