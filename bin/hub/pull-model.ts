/** A repository's model into a folder: what is missing of it, in order, checked, and written down. */
import { access, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CannotStart } from '../settings.ts';
import type { Choice } from './choose.ts';
import { type DownloadOptions, download, partialSize } from './download.ts';
import type { Repository } from './hub.ts';
import { isFile } from './part.ts';
import { bytes } from './plain.ts';
import type { Progress } from './progress.ts';
import { leftOver, type PulledRecord, readRecord, recordOf, removeLeftOver, writeRecord } from './pulled-folder.ts';
import { OWN_NAMES, type RemoteFile } from './remote-file.ts';

export interface PullPlan {
  /** What has to come. */
  readonly missing: readonly RemoteFile[];
  /** Bytes that have to come: the parts that are here already are not counted. */
  readonly toFetch: number;
  /** Names of an earlier pull that will go. */
  readonly removed: readonly string[];
  readonly earlier: PulledRecord | undefined;
}

/**
 * Compares a folder with what it shall hold. Files that are right already, whoever put them there, are kept.
 *
 * @throws CannotStart where a file would be replaced that no pull wrote, or the disk is too full
 */
export async function planPull(folder: string, { files }: Choice): Promise<PullPlan> {
  const earlier = await readRecord(folder);
  const missing: RemoteFile[] = [];
  let toFetch = 0;
  for (const file of files) {
    const place = join(folder, file.path);
    if (await isFile(place, file)) continue;
    if (!Object.hasOwn(earlier?.files ?? {}, file.path) && (await exists(place))) {
      throw new CannotStart(
        `${place} is there, is not the hub's file, and no pull wrote it, so it is not replaced. Move it away, or choose another folder by --to DIR.`,
      );
    }
    missing.push(file);
    toFetch += file.size - (await partialSize(folder, file));
  }
  await checkSpace(folder, toFetch);
  return { missing, toFetch, removed: leftOver(earlier, files), earlier };
}

/** Carries a plan out. Interrupted at any point, the same pull goes on from there. */
export async function pullModel(
  repository: Repository,
  choice: Choice,
  folder: string,
  plan: PullPlan,
  progress: Progress,
  options: Pick<DownloadOptions, 'signal' | 'timing'>,
): Promise<PulledRecord> {
  const record = recordOf(repository, choice);
  // until the end, files of both belong to us: a pull of a third revision may replace them
  await writeRecord(folder, { ...record, complete: false, files: { ...plan.earlier?.files, ...record.files } });
  let whole = choice.size - plan.missing.reduce((sum, { size }) => sum + size, 0);
  const onWait = (why: string, ms: number) => progress.say(`${why}: going on in ${Math.ceil(ms / 1000)} s`);
  for (const file of plan.missing) {
    progress.file(file.path);
    await download(repository, file, folder, { ...options, onWait, onSize: (size) => progress.update(whole + size) });
    whole += file.size;
    progress.update(whole);
  }
  await removeLeftOver(folder, plan.removed);
  await writeRecord(folder, record);
  await rm(join(folder, OWN_NAMES.partial), { recursive: true, force: true }); // parts of revisions that nobody waits for
  return record;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function checkSpace(folder: string, wanted: number): Promise<void> {
  let place = folder;
  while (!(await exists(place)) && dirname(place) !== place) place = dirname(place);
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  if (wanted <= free) return;
  throw new CannotStart(
    `${bytes(wanted)} have to come and ${bytes(free)} are free at ${place}. Make room, choose a smaller --variant, or another folder by --to DIR.`,
  );
}
