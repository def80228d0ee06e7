import type { Readout } from '../../src/tokens/readout.ts';
import type { RewardReading } from '../../src/tokens/reward-row.ts';
import type { OnnxGraph } from '../ort/onnx-graph.ts';
import { Session } from '../ort/session.ts';
import { Embedder, type Pooling } from './embedder.ts';
import { type EncoderGraph, openEncoder } from './encoder-graph.ts';
import type { ModelFiles } from './files.ts';
import { graphFile } from './graph-file.ts';
import { CONFIG, contextOf, EMBEDDER_FILES, type HeadConfig, headConfig, kindOf, type ModelKind } from './head-config.ts';
import type { Loading, Model } from './load.ts';
import { loadOptimumPolicy } from './load-policy.ts';
import { hasPast } from './optimum-layout.ts';
import { isPastClassifier, openPastClassifier } from './past-classifier.ts';
import { readPooling } from './pooling-config.ts';
import type { RewardParts } from './reward-model.ts';
import { sequenceClassifier } from './sequence-classifier.ts';
import { TensorModel } from './tensor-model.ts';
import { tokenClassifier } from './token-classifier.ts';
import { type LoadedTokenizer, loadTokenizer, TOKENIZER_FILES } from './tokenizer.ts';
import { openTwoToken } from './two-token-reward.ts';

/** A model in the layout of Optimum and transformers.js: what it is used for decides how its graph is read. */
export async function loadHead(loading: Loading): Promise<Model> {
  const { files } = loading;
  const config = await files.json(CONFIG, headConfig);
  const filename = await graphFile(files, config.winnow.file);
  const isEmbedder = (await Promise.all(EMBEDDER_FILES.map((name) => files.has(name)))).includes(true);
  const kind = kindOf(config, { file: files.path(CONFIG), isEmbedder });
  if (kind === 'tensors') return loadTensors(loading, filename);
  if (kind === 'policy') return loadOptimumPolicy(loading, filename, config);
  return loadTextModel(loading, { filename, config, kind });
}

/** Any graph: named tensors in and out. */
async function loadTensors({ library, name, files, threads, device }: Loading, filename: string): Promise<TensorModel> {
  await files.graph(filename);
  const fingerprint = await files.fingerprint([filename]);
  return new TensorModel({ name, fingerprint }, new Session(library, files.path(filename), { threads, device }));
}

interface Asked {
  readonly filename: string;
  readonly config: HeadConfig;
  readonly kind: Exclude<ModelKind, 'policy' | 'tensors'>;
}

async function loadTextModel(loading: Loading, { filename, config, kind }: Asked): Promise<Model> {
  const { library, name, files, threads, device } = loading;
  const reading = await loadTokenizer(files);
  const graph = await files.graph(filename);
  const parts = {
    name,
    fingerprint: await files.fingerprint([filename, ...TOKENIZER_FILES]),
    tokenizer: reading.tokenizer,
    template: reading.template,
    context: contextOf(config, reading.limit, files.path(CONFIG)),
    reading: readingOf(config, reading, kind),
  };
  const perToken = kind === 'process';
  const readoutFor = (labels: number) => readoutOf(config, labels, { file: files.path(CONFIG), perToken });
  if (perToken && isPastClassifier(graph, config))
    return openPastClassifier(loading, { parts, filename, config, readoutOf: readoutFor });
  if (isCausal(graph, config)) return openTwoToken(loading, { parts, filename, config });
  const session = new Session(library, files.path(filename), { threads, device });
  const open = (output: string, perToken: boolean): Promise<EncoderGraph> =>
    openEncoder(session, files.path(filename), {
      output,
      perToken,
      paddingId: config.pad_token_id ?? null,
      side: config.winnow.padding_side ?? reading.paddingSide ?? 'right',
      vocabulary: reading.tokenizer.size,
    });
  if (kind === 'embedding') return openEmbedder(files, { parts, config, session, open });
  const encoder = await open('logits', perToken);
  return (perToken ? tokenClassifier : sequenceClassifier)(parts, encoder, readoutFor(encoder.size));
}

interface Opening {
  readonly parts: RewardParts;
  readonly config: HeadConfig;
  readonly session: Session;
  open(output: string, perToken: boolean): Promise<EncoderGraph>;
}

/** `sentence_embedding`, where the exporter put the pooling into the graph, else the last hidden state. */
async function openEmbedder(files: ModelFiles, { parts, config, session, open }: Opening): Promise<Embedder> {
  const has = (name: string) => session.outputs.some((output) => output.name === name);
  const own = await readPooling(files);
  const asked = config.winnow.pooling;
  const inGraph = asked === undefined && has('sentence_embedding');
  const pooling: Pooling = inGraph ? 'graph' : (asked ?? own.pooling);
  const output = inGraph ? 'sentence_embedding' : (['last_hidden_state', 'token_embeddings'].find(has) ?? 'last_hidden_state');
  const { tokenizer, template, name, fingerprint } = parts;
  const context = Math.min(parts.context, own.context ?? parts.context);
  const normalize = config.winnow.normalize ?? own.normalize;
  return new Embedder({ name, fingerprint, tokenizer, template, context, pooling, normalize }, await open(output, !inGraph));
}

/** Whether it is a language model whose next-token logits are read as a reward. */
const isCausal = (graph: OnnxGraph, { winnow }: HeadConfig): boolean => winnow.good_token !== undefined || hasPast(graph);

/** How a prompt and a text become one row, where config.json does not say it. */
export function readingOf(
  { winnow, eos_token_id: eos }: HeadConfig,
  { tokenizer, template }: Pick<LoadedTokenizer, 'tokenizer' | 'template'>,
  kind: Asked['kind'],
): RewardReading {
  if (kind === 'process' && winnow.input && winnow.input !== 'continuation')
    throw new Error(`config.json: winnow.input is ${winnow.input}; a process reward reads steps as a continuation.`);
  // what an encoder's tokenizer puts around a text: a beginning and an end
  const encoder = tokenizer.encodeWhole('').length >= 2;
  const usual =
    kind !== 'outcome'
      ? 'continuation'
      : encoder
        ? 'pair'
        : template && winnow.kind === undefined && winnow.append_eos === undefined
          ? 'conversation'
          : 'continuation';
  return {
    input: winnow.input ?? usual,
    append: winnow.append_eos ? [eos ?? []].flat().slice(0, 1) : [],
    separator:
      winnow.step_separator === undefined ? [] : tokenizer.encode(winnow.step_separator, { param: 'winnow.step_separator' }),
  };
}

/** Which logit is the score, and what is made of it. */
export function readoutOf(
  { winnow, id2label }: HeadConfig,
  labels: number,
  { file, perToken }: { file: string; perToken: boolean },
): Readout {
  const known = Object.entries(id2label ?? {});
  const named = typeof winnow.label === 'string' ? known.find(([, name]) => name === winnow.label)?.[0] : winnow.label;
  const label = named === undefined ? undefined : Number(named);
  if (winnow.label !== undefined && (label === undefined || !(label < labels)))
    throw new Error(
      `${file}: winnow.label is ${JSON.stringify(winnow.label)}; the graph has ${labels} labels: ${labelNames(known, labels)}.`,
    );
  if (labels === 1) return { label: 0, activation: winnow.activation ?? 'none' };
  // a process reward of two labels: wrong and right
  const usual = perToken && labels === 2 ? 1 : undefined;
  if (label === undefined && usual === undefined)
    throw new Error(
      `${file}: the graph gives ${labels} logits; say by winnow.label which is the score: ${labelNames(known, labels)}.`,
    );
  return { label: label ?? usual!, activation: winnow.activation ?? 'softmax' };
}

const labelNames = (known: readonly (readonly [string, string])[], labels: number): string =>
  known.length > 0 ? known.map(([id, name]) => `${id} (${name})`).join(', ') : `0 to ${labels - 1}`;
