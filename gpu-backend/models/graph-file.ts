import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFiles } from './files.ts';

const WHOLE = ['onnx/model.onnx', 'onnx/decoder_model_merged.onnx', 'model.onnx', 'decoder_model_merged.onnx'];
// Of several formats the one that loses least: int8 weights cost 0.5 % of perplexity, 4-bit rounding 44 % (design 7).
const FORMATS = ['fp32', 'fp16', 'int8', 'quantized', 'uint8', 'q4f16', 'q4', 'bnb4'];
// Halves of a pair that a merged file or a newer export holds as one.
const HALVES = /decoder_with_past_model|decoder_model(_(?!merged)\w+)?[.]onnx$/;

/**
 * The graph of a folder in the layout of Optimum and transformers.js, relative to it.
 *
 * @param asked  `winnow.file` of config.json
 * @throws Error that lists what there is
 */
export async function graphFile(files: ModelFiles, asked: string | undefined): Promise<string> {
  if (asked !== undefined) {
    if (await files.has(asked)) return asked;
    throw new Error(`${files.folder}: config.json names ${JSON.stringify(asked)} as winnow.file, and there is no such file.`);
  }
  const all = [...(await graphs(files.folder, 'onnx')), ...(await graphs(files.folder, ''))];
  const whole = WHOLE.find((name) => all.includes(name));
  if (whole) return whole;
  const rank = (name: string) => FORMATS.findIndex((format) => name.endsWith(`_${format}.onnx`));
  const [best] = all.filter((name) => rank(name) >= 0 && !HALVES.test(name)).sort((a, b) => rank(a) - rank(b));
  if (best) return best;
  const others = all.filter((name) => !HALVES.test(name));
  if (others.length === 1) return others[0]!;
  if (others.length > 1)
    throw new Error(`${files.folder} has several graphs (${others.join(', ')}); say which by winnow.file in config.json.`);
  const halves =
    all.length > 0 ? ` (${all.join(', ')} are halves of a decoder: export it again, or get decoder_model_merged.onnx)` : '';
  throw new Error(`${files.folder} has no graph: ${WHOLE.join(', ')} or genai_config.json is needed${halves}.`);
}

async function graphs(folder: string, under: string): Promise<string[]> {
  const names = await readdir(join(folder, under)).catch(() => []);
  return names
    .filter((name) => name.endsWith('.onnx'))
    .sort()
    .map((name) => (under ? `${under}/${name}` : name));
}
