/** The models of one repository: the same weights in several precisions, or for several devices. */
import type { RemoteFile } from './remote-file.ts';

/** One model of a repository, with all that its graph needs beside it. */
export interface Variant {
  readonly layout: 'onnxruntime-genai' | 'optimum';
  /** By which `--variant` names it. */
  readonly name: string;
  /** What becomes the model's folder: '' is the repository's root. */
  readonly folder: string;
  /** The graph (or two: without and with a past) and its external data. */
  readonly weights: readonly RemoteFile[];
  /** Bytes of `weights`. */
  readonly size: number;
  readonly precision: string;
  /** Whether its answers are those of the full precision, as far as that was measured (see `LOSSLESS`). */
  readonly lossless: boolean;
  /** `cpu`, or the kind of device that it was exported for. */
  readonly device: string;
}

const CONFIG = 'genai_config.json';

/**
 * What loses nothing that matters. Measured on SmolLM2-135M (perplexity; float32 26.81): int8 weights by onnxruntime-genai's
 * exporter 26.95, 4-bit weights 38.7, dynamic int8 (Optimum's and transformers.js' `int8`, `uint8`, `quantized`) 43.1.
 */
const LOSSLESS = {
  'onnxruntime-genai': ['fp32', 'fp16', 'bf16', 'int8'],
  optimum: ['fp32', 'fp16', 'bf16'],
} as const;

const WORDS: Readonly<Record<string, string>> = { float32: 'fp32', float16: 'fp16', bfloat16: 'bf16', q8: 'int8', uint4: 'int4' };
const PRECISION = /(?:^|[-_./])(fp32|float32|fp16|float16|bf16|bfloat16|int8|uint8|int4|uint4|q8|q4f16|q4|bnb4)(?=$|[-_./])/i;
const DEVICE =
  /(?:^|[-_./])(cpu|cuda|gpu|directml|dml|webgpu|web|qnn|npu|tensorrt|trtrtx|migraphx|openvino|vitisai)(?=$|[-_./])/i;

/** Every model of a repository; empty where it has none that Winnow could serve. */
export function variantsOf(files: readonly RemoteFile[]): Variant[] {
  const genai = files.filter(({ path }) => nameOf(path) === CONFIG).flatMap(({ path }) => genaiVariant(files, folderOf(path)));
  return genai.length > 0 ? genai : optimumVariants(files);
}

/** A folder that onnxruntime-genai's exporter wrote is a model by itself: external data may have any name in it. */
function genaiVariant(files: readonly RemoteFile[], folder: string): Variant[] {
  const inside = files.filter(({ path }) => folderOf(path) === folder);
  if (!inside.some(({ path }) => path.endsWith('.onnx'))) return [];
  const weights = inside.filter(
    ({ path }) => /[.]onnx(?![a-z])|[.](data|bin|pb)$/i.test(path) && !/pytorch_model|training_args/.test(path),
  );
  const precision = read(PRECISION, folder) ?? 'unknown';
  const device = read(DEVICE, folder) ?? 'cpu';
  return [variant({ layout: 'onnxruntime-genai', name: folder || 'default', folder, weights, precision, device })];
}

const STEMS = ['model', 'decoder_model_merged', 'decoder_model'] as const;
// the longest first: `decoder_model_merged` is no variant `merged` of `decoder_model`
const GRAPH = /^(?:onnx[/])?(decoder_model_merged|decoder_with_past_model|decoder_model|model)(?:_(\w+))?[.]onnx$/;

/** `onnx/model_q4.onnx` and its like, as Optimum and transformers.js lay them out. */
function optimumVariants(files: readonly RemoteFile[]): Variant[] {
  // an encoder beside the decoder makes it a model of two parts, which no folder of Winnow's holds
  if (files.some(({ path }) => /^(onnx[/])?encoder_model[\w]*[.]onnx$/.test(path))) return [];
  const graphs = files.flatMap((file) => {
    const [, stem, suffix = 'fp32'] = GRAPH.exec(file.path) ?? [];
    return stem ? [{ file, stem, suffix }] : [];
  });
  const folder = graphs.some(({ file }) => file.path.startsWith('onnx/')) ? 'onnx' : '';
  const here = graphs.filter(({ file }) => folderOf(file.path) === folder);
  const stem = STEMS.find((name) => here.some((graph) => graph.stem === name));
  return here
    .filter((graph) => graph.stem === stem)
    .map(({ file, suffix }) => {
      const past =
        stem === 'decoder_model' ? here.filter((g) => g.stem === 'decoder_with_past_model' && g.suffix === suffix) : [];
      const weights = [file, ...past.map((graph) => graph.file)].flatMap((graph) => [graph, ...externalData(files, graph.path)]);
      const precision = read(PRECISION, suffix) ?? (suffix === 'quantized' ? 'int8' : suffix);
      return variant({ layout: 'optimum', name: suffix, folder: '', weights, precision, device: 'cpu' });
    });
}

/** `model.onnx_data`, `model.onnx_data_1`, `model.onnx.data`: what stands beside a graph under its name. */
export const externalData = (files: readonly RemoteFile[], graph: string): RemoteFile[] =>
  files.filter(({ path }) => path.startsWith(`${graph}_`) || path.startsWith(`${graph}.`));

function variant(parts: Omit<Variant, 'size' | 'lossless'>): Variant {
  const lossless = (LOSSLESS[parts.layout] as readonly string[]).includes(parts.precision);
  return { ...parts, lossless, size: parts.weights.reduce((sum, { size }) => sum + size, 0) };
}

function read(pattern: RegExp, text: string): string | undefined {
  const word = pattern.exec(text)?.[1]?.toLowerCase();
  return word && (WORDS[word] ?? word);
}

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
export const folderOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));
