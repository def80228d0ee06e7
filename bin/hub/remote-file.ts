/** A file of a repository on a hub, as far as it may be trusted: its name leads nowhere else and its content can be checked. */
import { z } from 'zod';
import { quoted } from '../../schemas/errors.ts';
import { CannotStart } from '../settings.ts';

/** `sha256` of the content for large files (Git LFS); for the others Git's own blob id, a SHA-1 over a header and the content. */
export interface Checksum {
  readonly algorithm: 'sha256' | 'git_sha1';
  readonly digest: string;
}

export interface RemoteFile {
  /** From the repository's root, parts joined by `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly checksum: Checksum;
}

const size = z.int().min(0);
const entry = z.looseObject({
  path: z.string(),
  size,
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.looseObject({ oid: z.string().regex(/^[0-9a-f]{64}$/), size }).optional(),
});

/**
 * Reads one entry of a hub's list.
 *
 * @throws CannotStart where a field is not what the hub's protocol says
 */
export function remoteFile(given: unknown): RemoteFile {
  const parsed = entry.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CannotStart(
      `The hub's list of files cannot be used: ${issue!.path.join('.') || 'an entry'}: ${issue!.message}. Without a size and a checksum nothing is downloaded.`,
    );
  }
  const { path, oid, lfs, size } = parsed.data;
  return lfs
    ? { path, size: lfs.size, checksum: { algorithm: 'sha256', digest: lfs.oid } }
    : { path, size, checksum: { algorithm: 'git_sha1', digest: oid } };
}

/** Names in a model's folder that are Winnow's own: what was pulled, what is half there, who is at it. */
export const OWN_NAMES = { record: '.winnow.json', partial: '.winnow-partial', lock: '.winnow.lock' } as const;

const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)([.]|$)/i; // devices, whatever the folder, on Windows

/**
 * Refuses a name that would be written outside of the folder, over a file of ours, or elsewhere than it says on some system.
 *
 * @throws CannotStart that shows the name
 */
export function refuseUnsafe(path: string): void {
  const parts = path.split('/');
  const own: readonly string[] = Object.values(OWN_NAMES);
  const unsafe =
    path.length > 512 ||
    /[\\:*?"<>|\p{Cc}\p{Cf}]/u.test(path) ||
    own.includes(parts[0]!.toLowerCase()) ||
    parts.some((part) => part === '' || /^[.]{1,2}$/.test(part) || /[. ]$/.test(part) || RESERVED.test(part));
  if (!unsafe) return;
  throw new CannotStart(
    `The repository has a file named ${quoted(path)}, which is not a plain path inside of the model's folder. Nothing was downloaded.`,
  );
}
