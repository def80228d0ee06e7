import { closeSync, openSync, readSync } from 'node:fs';

/** What a shared library of Linux says of itself. */
export interface SharedLibrary {
  /** Of its build, in hexadecimal; empty where the linker gave none. */
  readonly buildId: string;
  /** Names of the libraries that it needs. */
  readonly needed: readonly string[];
}

const HEADER = 64;
const SECTION = 64;
const DYNAMIC = 6; // SHT_DYNAMIC
const NOTE = 7; // SHT_NOTE
const NEEDED = 1n; // DT_NEEDED
const BUILD_ID = 3; // NT_GNU_BUILD_ID

/** Reads the headers of a 64-bit little-endian ELF file, however large it is. @throws Error where it is none */
export function readElf(path: string): SharedLibrary {
  const file = openSync(path, 'r');
  const read = (offset: number, length: number): Buffer => {
    const bytes = Buffer.alloc(length);
    if (readSync(file, bytes, 0, length, offset) < length) throw new Error(`${path} ends before byte ${offset + length}.`);
    return bytes;
  };
  try {
    const header = read(0, HEADER);
    if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1)
      throw new Error(`${path} is no shared library for a 64-bit Linux.`);
    const table = read(Number(header.readBigUInt64LE(40)), header.readUInt16LE(60) * SECTION);
    const sections = Array.from({ length: table.length / SECTION }, (_, index) => {
      const at = index * SECTION;
      const [offset, size] = [table.readBigUInt64LE(at + 24), table.readBigUInt64LE(at + 32)].map(Number) as [number, number];
      return { type: table.readUInt32LE(at + 4), offset, size, link: table.readUInt32LE(at + 40) };
    });
    const dynamic = sections.find(({ type }) => type === DYNAMIC);
    const strings = dynamic && sections[dynamic.link];
    const notes = sections.filter(({ type }) => type === NOTE).map(({ offset, size }) => read(offset, size));
    return {
      buildId: notes.map(buildIdOf).find((id) => id !== '') ?? '',
      needed: dynamic && strings ? neededOf(read(dynamic.offset, dynamic.size), read(strings.offset, strings.size)) : [],
    };
  } finally {
    closeSync(file);
  }
}

function neededOf(dynamic: Buffer, strings: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at + 16 <= dynamic.length; at += 16) {
    if (dynamic.readBigInt64LE(at) !== NEEDED) continue;
    const start = Number(dynamic.readBigUInt64LE(at + 8));
    names.push(strings.toString('latin1', start, strings.indexOf(0, start)));
  }
  return names;
}

/** A note is: length of its name, length of its content, type; name and content, each filled up to four bytes. */
function buildIdOf(notes: Buffer): string {
  for (let at = 0; at + 12 <= notes.length; ) {
    const name = notes.readUInt32LE(at);
    const size = notes.readUInt32LE(at + 4);
    const start = at + 12 + Math.ceil(name / 4) * 4;
    if (notes.readUInt32LE(at + 8) === BUILD_ID && notes.toString('latin1', at + 12, at + 15) === 'GNU')
      return notes.toString('hex', start, start + size);
    at = start + Math.ceil(size / 4) * 4;
  }
  return '';
}
