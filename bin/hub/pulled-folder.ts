/** A folder that `npx winnow pull` fills: what in it is Winnow's to replace, and that one process at a time does. */
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CannotStart } from '../settings.ts';
import type { Choice } from './choose.ts';
import type { Repository } from './hub.ts';
import { OWN_NAMES, type RemoteFile, refuseUnsafe } from './remote-file.ts';

const fileRecord = z.union([
  z.strictObject({ size: z.int().min(0), sha256: z.string() }),
  z.strictObject({ size: z.int().min(0), git_sha1: z.string() }),
]);
const pulledRecord = z.looseObject({
  repository: z.string(),
  endpoint: z.string(),
  revision: z.string().describe('As it was asked for.'),
  commit: z.string().describe('What it meant then; the files are of this commit.'),
  variant: z.string(),
  folder: z.string().describe('Where in here the model is; empty: here.'),
  complete: z.boolean().describe('False while, and after, a pull that did not reach its end.'),
  files: z.record(z.string(), fileRecord),
});
export type PulledRecord = z.infer<typeof pulledRecord>;

/** What .winnow.json says; undefined where there is none, or none that can be read. */
export async function readRecord(folder: string): Promise<PulledRecord | undefined> {
  try {
    return pulledRecord.parse(JSON.parse(await readFile(join(folder, OWN_NAMES.record), 'utf8')));
  } catch {
    return undefined; // a folder copied by hand or a file cut short: then nothing in it is known to be ours
  }
}

/** Writes .winnow.json whole or not at all. */
export async function writeRecord(folder: string, record: PulledRecord): Promise<void> {
  const path = join(folder, OWN_NAMES.record);
  await writeFile(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

export const recordOf = (repository: Repository, { variant, folder, files }: Choice): PulledRecord => ({
  repository: repository.name,
  endpoint: repository.endpoint,
  revision: repository.revision,
  commit: repository.commit,
  variant,
  folder,
  complete: true,
  files: Object.fromEntries(files.map((file) => [file.path, fileRecordOf(file)])),
});

const fileRecordOf = ({ size, checksum: { algorithm, digest } }: RemoteFile): PulledRecord['files'][string] =>
  algorithm === 'sha256' ? { size, sha256: digest } : { size, git_sha1: digest };

/** Names of an earlier pull that this one does not bring: another variant's weights, which a loader would find too. */
export function leftOver(earlier: PulledRecord | undefined, files: readonly RemoteFile[]): string[] {
  const kept = new Set(files.map(({ path }) => path));
  return Object.keys(earlier?.files ?? {}).filter((path) => !kept.has(path) && safe(path));
}

/** Removes them, and the folders that became empty. Only what .winnow.json names and what leads nowhere else. */
export async function removeLeftOver(folder: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await rm(join(folder, path), { force: true });
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
      const empty = (await readdir(join(folder, parent)).catch(() => ['?'])).length === 0;
      if (!empty) break;
      await rmdir(join(folder, parent));
    }
  }
}

function safe(path: string): boolean {
  try {
    refuseUnsafe(path);
    return true;
  } catch {
    return false; // somebody wrote it into the record
  }
}

/**
 * Takes the folder for this process, making it where it is not there.
 *
 * @returns what gives it back
 * @throws CannotStart where another process has it, or it cannot be made
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new CannotStart(`The folder ${folder} cannot be made (${error.code}). --to DIR names another.`);
  });
  const path = join(folder, OWN_NAMES.lock);
  const mine = `${process.pid} ${hostname()}`;
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(mine);
      await file.close();
      return () => unlink(path).catch(() => undefined);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') throw new CannotStart(`${folder} cannot be written (${code}). --to DIR names another folder.`);
    }
    if (!(await abandoned(path))) break;
    await rm(path, { force: true });
  }
  throw new CannotStart(`Another \`npx winnow pull\` writes into ${folder}. Wait for it; if there is none, delete ${path}.`);
}

const JUST_MADE_MS = 5000; // a lock is empty for the moment between its making and its writing

/** Whether the process that made a lock is gone: on this machine only, elsewhere nobody can tell. */
async function abandoned(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [pid, host] = text.split(' ');
  if (!text) return (await stat(path).catch(() => ({ mtimeMs: 0 }))).mtimeMs < Date.now() - JUST_MADE_MS;
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0); // sends nothing
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
