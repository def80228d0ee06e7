import type { Handle, OrtLibrary } from '../library.ts';

/** An execution provider of ONNX Runtime, as far as it differs from others. */
export interface Provider {
  /** What ONNX Runtime calls its memory: the beginning of the name. */
  readonly memory: string;
  /** Whether calls of several threads may overlap. */
  readonly overlaps: boolean;
  /** Whether a part of its memory can be bound by its address. */
  readonly addressable: boolean;
  /** Looks for what it needs before the first session. @throws Error where that is missing */
  prepare?(library: OrtLibrary, folders: readonly string[]): void;
  append(library: OrtLibrary, session: Handle, options: Readonly<Record<string, string>>): void;
  /** What a message of the runtime's means: what is missing, and where it comes from. */
  explain(message: string, library: OrtLibrary): string;
}

/** Appends a provider that the runtime knows by this name. */
export function appendNamed(library: OrtLibrary, session: Handle, name: string, options: Readonly<Record<string, string>>): void {
  const keys = Object.keys(options);
  library.call('SessionOptionsAppendExecutionProvider', session, name, keys, Object.values(options), keys.length);
}

/** In a build that has the provider not inside. */
export const notInside = (message: string): boolean =>
  /not (enabled|supported) in this build|Unknown provider name/i.test(message);
