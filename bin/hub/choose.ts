/** Which files of a repository make one model's folder. */
import { matchesGlob } from 'node:path';
import { CannotStart } from '../settings.ts';
import { bytes, plain } from './plain.ts';
import { type RemoteFile, refuseUnsafe } from './remote-file.ts';
import { externalData, folderOf, nameOf, type Variant, variantsOf } from './variants.ts';

export interface Wanted {
  readonly variant?: string | undefined;
  /** Patterns of files, in place of a variant. */
  readonly globs?: readonly string[] | undefined;
}

export interface Choice {
  readonly variant: string;
  /** Where in the repository the model's folder is: '' is its root. */
  readonly folder: string;
  readonly files: readonly RemoteFile[];
  /** Bytes of `files`. */
  readonly size: number;
  /** What there is to choose from, the chosen one included. */
  readonly variants: readonly Variant[];
  /** Why this one, as a sentence; and what the folder will lack. */
  readonly notes: readonly string[];
}

/** @throws CannotStart where nothing fits, with what there is */
export function choose(repository: string, all: readonly RemoteFile[], { variant: wanted, globs = [] }: Wanted): Choice {
  const variants = variantsOf(all);
  if (globs.length > 0) return byPattern(repository, all, globs, variants);
  if (variants.length === 0) throw new CannotStart(`${repository} ${whatItHas(all)}`);
  const chosen = wanted === undefined ? standard(variants) : named(repository, variants, wanted);
  const files = [...new Set([...chosen.weights, ...besides(all, chosen)])];
  const why = wanted === undefined && variants.length > 1 ? [reason(chosen)] : [];
  return complete({ variant: chosen.name, folder: chosen.folder, files, variants, notes: why });
}

/** The smallest whose answers are those of the full precision; where all lose, the largest; for the CPU where there is one. */
function standard(variants: readonly Variant[]): Variant {
  const onCpu = variants.filter(({ device }) => device === 'cpu');
  const fitting = onCpu.length > 0 ? onCpu : variants;
  const lossless = fitting.filter((variant) => variant.lossless);
  return lossless.length > 0
    ? lossless.reduce((best, one) => (one.size < best.size ? one : best))
    : fitting.reduce((best, one) => (one.size > best.size ? one : best));
}

const reason = ({ lossless, name }: Variant): string =>
  lossless
    ? `Variant ${plain(name)}: the smallest that loses nothing that matters. Another: --variant NAME.`
    : `Variant ${plain(name)}: every variant here loses some quality, so the largest. Another: --variant NAME.`;

/** By its name, the last part of it, or its precision where that fits one. */
function named(repository: string, variants: readonly Variant[], wanted: string): Variant {
  const tests: ((variant: Variant) => boolean)[] = [
    ({ name }) => name === wanted,
    ({ name }) => nameOf(name) === wanted,
    ({ precision, device }) => precision === wanted && device === 'cpu',
    ({ precision }) => precision === wanted,
  ];
  const fits = tests.map((test) => variants.filter(test)).find((found) => found.length > 0) ?? [];
  if (fits.length === 1) return fits[0]!;
  const problem = fits.length === 0 ? `has no variant "${plain(wanted, 80)}"` : `has several variants "${plain(wanted, 80)}"`;
  throw new CannotStart(`${repository} ${problem}. Choose one by its name:\n${variantLines(fits.length > 0 ? fits : variants)}`);
}

/** One line a variant: name, size, what is known of its quality. */
export function variantLines(variants: readonly Variant[]): string {
  const width = Math.max(...variants.map(({ name }) => plain(name).length));
  const line = ({ name, size, lossless, precision, device }: Variant) => {
    const quality = lossless
      ? 'as good as the full precision'
      : precision === 'unknown'
        ? 'quality unknown'
        : 'smaller, loses quality';
    return `  ${plain(name).padEnd(width)}  ${bytes(size).padStart(7)}  ${quality}${device === 'cpu' ? '' : `, for ${device}`}`;
  };
  return variants.slice(0, 40).map(line).join('\n');
}

const NAMES = new Set([
  ...['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'],
  ...['added_tokens.json', 'chat_template.jinja', 'chat_template.json', 'preprocessor_config.json', 'processor_config.json'],
  ...['modules.json', 'sentence_bert_config.json', 'config_sentence_transformers.json', 'quantize_config.json'],
]);
const POOLING = /^\d+_\w+[/]config[.]json$/; // the parts of a sentence embedding: 1_Pooling, 2_Normalize
const LICENCE = /^(LICENSE|LICENCE|NOTICE|COPYING)([.][\w.-]+)?$/i;
// a folder of onnxruntime-genai's is taken whole, but for what only people, Python or another engine reads
const NOT_NEEDED =
  /[.](md|py|ipynb|safetensors|gguf|pt|pth|h5|msgpack|png|jpe?g|gif|svg|zip|gz|sh)$|^[.]|^pytorch_model|^tokenizer[.]model$/i;

function besides(all: readonly RemoteFile[], { layout, folder }: Variant): RemoteFile[] {
  const licences = all.filter(({ path }) => LICENCE.test(path));
  if (layout === 'optimum') return [...all.filter(isSmallPart), ...licences];
  const inside = all.filter(({ path }) => folderOf(path) === folder && !NOT_NEEDED.test(nameOf(path)));
  return [...inside, ...licences];
}

const isSmallPart = ({ path }: RemoteFile): boolean => NAMES.has(path) || POOLING.test(path);

function byPattern(
  repository: string,
  all: readonly RemoteFile[],
  globs: readonly string[],
  variants: readonly Variant[],
): Choice {
  const matched = all.filter(({ path }) => globs.some((glob) => matchesGlob(path, glob)));
  if (matched.length === 0) {
    const graphs = all.filter(({ path }) => path.endsWith('.onnx')).slice(0, 40);
    const known = graphs.map(({ path, size }) => `  ${plain(path)}  ${bytes(size)}`).join('\n');
    throw new CannotStart(
      `${repository} has no file that fits ${globs.map((glob) => `"${plain(glob, 80)}"`).join(', ')}. Its graphs:\n${known || '  none'}`,
    );
  }
  const weights = matched.flatMap((file) => (file.path.endsWith('.onnx') ? [file, ...externalData(all, file.path)] : [file]));
  const config = matched.find(({ path }) => nameOf(path) === 'genai_config.json');
  const folder = config ? folderOf(config.path) : '';
  const small = all.filter((file) => isSmallPart(file) || LICENCE.test(file.path));
  return complete({ variant: 'files', folder, files: [...new Set([...weights, ...small])], variants, notes: [] });
}

/** Checks the names, sums up, and says what is missing. */
function complete(choice: Omit<Choice, 'size'>): Choice {
  for (const { path } of choice.files) refuseUnsafe(path);
  const seen = new Map<string, string>();
  for (const { path } of choice.files) {
    const same = seen.get(path.toLowerCase());
    if (same !== undefined)
      throw new CannotStart(`The repository has both ${same} and ${path}, which are one file on some systems.`);
    seen.set(path.toLowerCase(), path);
  }
  const tokenizer = choice.folder ? `${choice.folder}/tokenizer.json` : 'tokenizer.json';
  const lacking = choice.files.some(({ path }) => path === tokenizer)
    ? []
    : [`There is no ${plain(tokenizer)}: a model of text does not load without it.`];
  const files = [...choice.files].sort((a, b) => a.size - b.size || (a.path < b.path ? -1 : 1));
  return { ...choice, files, notes: [...choice.notes, ...lacking], size: files.reduce((sum, { size }) => sum + size, 0) };
}

function whatItHas(all: readonly RemoteFile[]): string {
  if (all.some(({ path }) => /encoder_model\w*[.]onnx$/.test(path))) {
    return 'holds an encoder and a decoder as two graphs, which Winnow does not serve. --file GLOB downloads files all the same.';
  }
  const graphs = all.filter(({ path }) => path.endsWith('.onnx'));
  if (graphs.length > 0) {
    const names = graphs.slice(0, 20).map(({ path, size }) => `  ${plain(path)}  ${bytes(size)}`);
    return `has no model.onnx, onnx/model*.onnx or genai_config.json. Choose a graph by --file GLOB:\n${names.join('\n')}`;
  }
  const has = ['.safetensors', '.gguf', '.bin'].find((end) => all.some(({ path }) => path.endsWith(end)));
  return `has no ONNX model${has ? ` (its weights are ${has} files)` : ''}. Look for an export of it (onnx-community/NAME, or "ONNX" under Quantizations on its page), or make one:
  python -m onnxruntime_genai.models.builder -m OWNER/NAME -o models/NAME -p int8 -e cpu -c CACHE`;
}
