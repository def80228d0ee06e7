/** The beginning of a file that is on its way: it grows at its end, and knows its checksum without being read again. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { RemoteFile } from './remote-file.ts';

export class Part {
  readonly #handle: FileHandle;
  readonly #file: RemoteFile;
  #hash: Hash;
  #size = 0;

  private constructor(handle: FileHandle, file: RemoteFile) {
    this.#handle = handle;
    this.#file = file;
    this.#hash = beginning(file);
  }

  /** Opens it, reading what is there already; more than the whole file can have is thrown away. */
  static async open(path: string, file: RemoteFile): Promise<Part> {
    const handle = await open(path, 'a');
    const part = new Part(handle, file);
    const { size } = await handle.stat();
    if (size > file.size) await handle.truncate(0);
    else if (size > 0) for await (const chunk of createReadStream(path)) part.#count(chunk);
    return part;
  }

  /** Bytes that are here. */
  get size(): number {
    return this.#size;
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.length; ) from += (await this.#handle.write(chunk, from)).bytesWritten;
    this.#count(chunk);
  }

  /** Forgets everything. */
  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = beginning(this.#file);
    this.#size = 0;
  }

  /** Whether this is the whole file, with the checksum that the hub's list gives; on disk then, not only on its way there. */
  async isRight(): Promise<boolean> {
    if (this.#size !== this.#file.size) return false;
    await this.#handle.sync();
    return this.#hash.copy().digest('hex') === this.#file.checksum.digest;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #count(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#size += chunk.length;
  }
}

/** Whether the file at `path` has the size and the checksum of `file`; false where there is none. */
export async function isFile(path: string, file: RemoteFile): Promise<boolean> {
  const hash = beginning(file);
  let size = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      size += chunk.length;
      if (size > file.size) return false;
      hash.update(chunk);
    }
  } catch {
    return false; // not there, or not a file that can be read
  }
  return size === file.size && hash.digest('hex') === file.checksum.digest;
}

/** Git's id of a file is the SHA-1 over its size and its content. */
function beginning({ checksum, size }: RemoteFile): Hash {
  return checksum.algorithm === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}
