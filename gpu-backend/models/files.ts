import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { z } from 'zod';
import { OnnxGraph } from '../ort/onnx-graph.ts';
import { checkExternalFiles, type ExternalFile, externalFiles } from './external-data.ts';

/** The files of one model's folder. An error names the file and what was expected of it. */
export class ModelFiles {
  readonly folder: string;
  /** Files beside each graph that was read. */
  readonly #external = new Map<string, readonly string[]>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Path of a file of this folder; a name that leads out of the folder is refused. */
  path(name: string): string {
    const path = resolve(this.folder, name);
    if (relative(this.folder, path).startsWith('..'))
      throw new Error(`${name} lies outside of the model's folder ${this.folder}.`);
    return path;
  }

  async has(name: string): Promise<boolean> {
    return access(this.path(name)).then(
      () => true,
      () => false,
    );
  }

  async text(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8').catch((cause) => {
      throw new Error(`${join(this.folder, name)} cannot be read: ${cause.code ?? cause}.`, { cause });
    });
  }

  /**
   * The operators of an ONNX file.
   *
   * @throws Error also where weights that it keeps in other files are missing, cut, or outside of this folder
   */
  async graph(name: string): Promise<OnnxGraph> {
    const file = join(this.folder, name);
    const bytes = await readFile(this.path(name)).catch((cause) => {
      throw new Error(`${file} cannot be read: ${cause.code ?? cause}.`, { cause });
    });
    const [graph, external] = onnx(bytes, file);
    const paths = await checkExternalFiles(external, this.path(name), this.folder);
    this.#external.set(
      name,
      paths.map((path) => relative(this.folder, path)),
    );
    return graph;
  }

  /** A JSON file, checked. */
  async json<Schema extends z.ZodType>(name: string, schema: Schema): Promise<z.infer<Schema>> {
    let value: unknown;
    try {
      value = JSON.parse(await this.text(name));
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw new Error(`${join(this.folder, name)} is not JSON: ${cause.message}`, { cause });
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new Error(`${join(this.folder, name)}: ${issue!.path.join('.') || 'the whole'}: ${issue!.message}`);
  }

  /**
   * Changes when the weights or the tokenizer do: 12 hex digits of SHA-256 over the files of `names` that exist, and over
   * those that graphs among them keep their weights in.
   */
  async fingerprint(names: readonly string[]): Promise<string> {
    const hash = createHash('sha256');
    for (const name of names.flatMap((each) => [each, ...(this.#external.get(each) ?? [])])) {
      if (!(await this.has(name))) continue;
      hash.update(`${name}\0`);
      for await (const chunk of createReadStream(this.path(name))) hash.update(chunk);
    }
    return hash.digest('hex').slice(0, 12);
  }
}

function onnx(bytes: Uint8Array, file: string): [OnnxGraph, readonly ExternalFile[]] {
  try {
    return [new OnnxGraph(bytes), externalFiles(bytes)];
  } catch (cause) {
    throw new Error(`${file} is not an ONNX model: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
