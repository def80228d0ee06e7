import { expect, test } from 'vitest';
import { choose } from '../../bin/hub/choose.ts';
import { bytes, plain } from '../../bin/hub/plain.ts';
import type { RemoteFile } from '../../bin/hub/remote-file.ts';

/** Files by name and size, as a hub lists them. */
const listed = (sizes: Readonly<Record<string, number>>): RemoteFile[] =>
  Object.entries(sizes).map(([path, size]) => ({ path, size, checksum: { algorithm: 'git_sha1', digest: '1'.repeat(40) } }));
const paths = (files: readonly RemoteFile[]) => files.map(({ path }) => path).sort();

const small = {
  'config.json': 1,
  'tokenizer.json': 2,
  'tokenizer_config.json': 1,
  'generation_config.json': 1,
  'README.md': 9,
  LICENSE: 3,
};
// names and sizes as onnx-community/SmolLM2-135M-Instruct's, in MB
const transformersJs = listed({
  ...small,
  '.gitattributes': 1,
  'merges.txt': 4,
  'onnx/model.onnx': 540,
  'onnx/model_bnb4.onnx': 168,
  'onnx/model_fp16.onnx': 270,
  'onnx/model_int8.onnx': 137,
  'onnx/model_q4.onnx': 178,
  'onnx/model_q4f16.onnx': 118,
  'onnx/model_quantized.onnx': 137,
  'onnx/model_uint8.onnx': 137,
});
// as microsoft/Phi-3-mini-4k-instruct-onnx lays its exports out
const genaiFolder = (folder: string, size: number) => ({
  [`${folder}/genai_config.json`]: 1,
  [`${folder}/model.onnx`]: 2,
  [`${folder}/model.onnx.data`]: size,
  [`${folder}/tokenizer.json`]: 2,
  [`${folder}/tokenizer.model`]: 2,
  [`${folder}/configuration_phi3.py`]: 2,
});
const genai = listed({
  'README.md': 1,
  LICENSE: 3,
  ...genaiFolder('cpu_and_mobile/cpu-int4-rtn-block-32', 2700),
  ...genaiFolder('cpu_and_mobile/cpu-int4-rtn-block-32-acc-level-4', 2700),
  ...genaiFolder('cuda/cuda-fp16', 7600),
  ...genaiFolder('cuda/cuda-int4-rtn-block-32', 2300),
});
const chosen = (all: readonly RemoteFile[], variant?: string, globs?: readonly string[]) =>
  choose('o/n', all, { variant, globs });

test('of the precisions of transformers.js the smallest that loses nothing, with what a model needs and no more', () => {
  const { variant, files, notes, folder } = chosen(transformersJs);
  expect(variant).toBe('fp16');
  expect(paths(files)).toEqual(
    [
      'LICENSE',
      'config.json',
      'generation_config.json',
      'onnx/model_fp16.onnx',
      'tokenizer.json',
      'tokenizer_config.json',
    ].sort(),
  );
  expect(folder).toBe('');
  expect(notes).toEqual(['Variant fp16: the smallest that loses nothing that matters. Another: --variant NAME.']);
});

test.each(['q4', 'int8', 'quantized', 'fp32', 'bnb4'])('--variant %s is that file alone', (variant) => {
  const graphs = paths(chosen(transformersJs, variant).files).filter((path) => path.endsWith('.onnx'));
  expect(graphs).toEqual([variant === 'fp32' ? 'onnx/model.onnx' : `onnx/model_${variant}.onnx`]);
});

test('where all lose quality, the largest', () => {
  const lossy = transformersJs.filter(({ path }) => !/model(_fp16)?[.]onnx/.test(path));
  expect(chosen(lossy).variant).toBe('q4');
  expect(chosen(lossy).notes[0]).toContain('every variant here loses some quality');
});

test('a folder of onnxruntime-genai is a variant: for the CPU, whole, without what only Python reads', () => {
  const { variant, folder, files } = chosen(genai);
  expect(variant).toBe('cpu_and_mobile/cpu-int4-rtn-block-32');
  expect(folder).toBe(variant);
  const names = ['genai_config.json', 'model.onnx', 'model.onnx.data', 'tokenizer.json'].map((name) => `${folder}/${name}`);
  expect(paths(files)).toEqual(['LICENSE', ...names].sort());
});

test('a variant by its last part or its precision; what fits several is asked for again', () => {
  expect(chosen(genai, 'cuda-fp16').folder).toBe('cuda/cuda-fp16');
  expect(chosen(genai, 'fp16').folder).toBe('cuda/cuda-fp16');
  expect(() => chosen(genai, 'int4')).toThrow(/several variants "int4"[\s\S]*cpu-int4-rtn-block-32 [\s\S]*acc-level-4/);
  expect(() => chosen(genai, 'int3')).toThrow(
    /no variant "int3"[\s\S]*cuda\/cuda-fp16 +7\.60 kB {2}as good as the full precision, for cuda/,
  );
});

test('int8 of onnxruntime-genai is of weights alone and loses nothing: the smallest such', () => {
  const all = listed({ ...genaiFolder('int4', 100), ...genaiFolder('int8', 170), ...genaiFolder('fp32', 600) });
  expect(chosen(all).variant).toBe('int8');
});

test('one model at the root, external data under any name', () => {
  const all = listed({ 'genai_config.json': 1, 'model.onnx': 2, 'weights.bin': 50, 'tokenizer.json': 1, 'a.png': 3 });
  expect(paths(chosen(all).files)).toEqual(['genai_config.json', 'model.onnx', 'tokenizer.json', 'weights.bin']);
  expect(chosen(all).folder).toBe('');
});

test.each([
  {
    name: 'a merged decoder',
    graphs: ['onnx/decoder_model_merged.onnx', 'onnx/decoder_model.onnx', 'onnx/decoder_with_past_model.onnx'],
    taken: 1,
  },
  { name: 'two graphs, without and with a past', graphs: ['decoder_model.onnx', 'decoder_with_past_model.onnx'], taken: 2 },
  { name: 'external data in pieces', graphs: ['onnx/model.onnx', 'onnx/model.onnx_data', 'onnx/model.onnx_data_1'], taken: 3 },
  { name: 'the graph of onnx/ before one at the root', graphs: ['onnx/model.onnx', 'model.onnx'], taken: 1 },
])('$name', ({ graphs, taken }) => {
  const all = listed({ ...small, ...Object.fromEntries(graphs.map((path) => [path, 5])) });
  expect(paths(chosen(all).files).filter((path) => path.includes('.onnx'))).toEqual(graphs.slice(0, taken).sort());
});

test('a sentence embedding brings how it pools', () => {
  const all = listed({
    ...small,
    'modules.json': 1,
    '1_Pooling/config.json': 1,
    'sentence_bert_config.json': 1,
    'onnx/model.onnx': 90,
    'onnx/model_O4.onnx': 45,
  });
  expect(paths(chosen(all).files)).toEqual(expect.arrayContaining(['modules.json', '1_Pooling/config.json', 'onnx/model.onnx']));
  expect(chosen(all).variant).toBe('fp32');
});

test('--file takes files by pattern, their external data, and the small ones', () => {
  const all = listed({ ...small, 'vision/model.onnx': 5, 'vision/model.onnx_data': 50, 'other/model.onnx': 5 });
  expect(paths(chosen(all, undefined, ['vision/*.onnx']).files)).toEqual(
    expect.arrayContaining(['vision/model.onnx', 'vision/model.onnx_data', 'config.json']),
  );
  expect(() => chosen(all, undefined, ['*.txt'])).toThrow(/no file that fits "\*\.txt"\. Its graphs:\n {2}vision\/model\.onnx/);
});

test.each([
  { files: { 'model.safetensors': 5 }, message: 'has no ONNX model (its weights are .safetensors files)' },
  { files: {}, message: 'has no ONNX model. Look for an export of it' },
  {
    files: { 'a/b.onnx': 5 },
    message: 'has no model.onnx, onnx/model*.onnx or genai_config.json. Choose a graph by --file GLOB:\n  a/b.onnx  5 B',
  },
  {
    files: { 'onnx/encoder_model.onnx': 5, 'onnx/decoder_model_merged.onnx': 5 },
    message: 'holds an encoder and a decoder as two graphs',
  },
])('what cannot be served is told: $message', ({ files, message }) => {
  expect(() => chosen(listed(files))).toThrow(message);
});

test('a folder without a tokenizer is told before it is downloaded', () => {
  expect(chosen(listed({ 'config.json': 1, 'model.onnx': 2 })).notes).toEqual([
    'There is no tokenizer.json: a model of text does not load without it.',
  ]);
});

test("a hub's words cannot move the cursor or hide what they say", () => {
  expect(plain('a\u001b[2Jb\u009bc\u202ed\ne')).toBe('a [2Jb c d e');
  expect(plain('x'.repeat(400))).toHaveLength(303);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [9949, '9.95 kB'],
  [9960, '9.96 kB'],
  [99_960, '100 kB'],
  [139_000_000, '139 MB'],
  [999_999, '1.00 MB'],
  [5e15, '5000 TB'],
])('%d bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});
