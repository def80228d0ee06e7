import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadModel } from '../../../gpu-backend/models/load.ts';
import { openLibrary } from '../../../gpu-backend/ort/library.ts';
import { modelConfig } from '../../../schemas/config.ts';

const tiny = `${import.meta.dirname}/../../fixtures/tiny-models/`;
const tokens = `${import.meta.dirname}/../../fixtures/tokens/`;
const library = await openLibrary();
const load = (folder: string) => loadModel(library, 'm', folder, modelConfig.parse({ path: folder }));

/** A copy of a tiny model, changed. */
function copy(name: string, change: (folder: string) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-model-'));
  cpSync(tiny + name, folder, { recursive: true });
  change(folder);
  return folder;
}

// biome-ignore lint/suspicious/noExplicitAny: what a wrong file holds is the test's own matter
type Content = any;

/** Changes a JSON file in place. */
function edit(folder: string, file: string, change: (content: Content) => void): void {
  const path = join(folder, file);
  const content = JSON.parse(readFileSync(path, 'utf8'));
  change(content);
  writeFileSync(path, JSON.stringify(content));
}

/** Writes another name, as long as `model.onnx.data`, where a graph says where its weights are. */
function relocate(file: string, location: string): void {
  const bytes = readFileSync(file);
  expect(location).toHaveLength('model.onnx.data'.length);
  writeFileSync(file, Buffer.from(bytes.toString('latin1').replaceAll('model.onnx.data', location), 'latin1'));
}

const genai = (change: (content: Content) => void) => (folder: string) => edit(folder, 'genai_config.json', change);

test('heads, layers, context and end tokens are read from the files and the graph', async () => {
  const model = await load(`${tiny}policy`);
  expect(model).toMatchObject({ kind: 'policy', context: 64, vocabulary: 37, endTokens: new Set([1]) });
  expect(model.fingerprint).toMatch(/^[0-9a-f]{12}$/);
  expect((await load(`${tiny}outcome`)).kind).toBe('outcome');
  expect((await load(`${tiny}process`)).kind).toBe('process');
});

test('a folder of onnxruntime-genai is a policy, and a reward where config.json names its tokens', async () => {
  const described = (winnow: object) =>
    copy('architectures/qwen3-genai', (folder) =>
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ head_dim: 16, winnow })),
    );
  expect((await load(described({ context: 64 }))).kind).toBe('policy');
  const marks = { kind: 'process', context: 64, good_token: '+', bad_token: '-' };
  expect((await load(described(marks))).kind).toBe('process');
});

test('of several formats the one that loses least is taken, and config.json may name another', async () => {
  const folder = copy('architectures/gpt2-optimum', (folder) => {
    renameSync(join(folder, 'onnx/model.onnx'), join(folder, 'onnx/model_int8.onnx'));
    writeFileSync(join(folder, 'onnx/model_q4.onnx'), 'not a graph');
  });
  expect((await load(folder)).kind).toBe('policy');
  edit(folder, 'config.json', (content) => (content.winnow = { file: 'onnx/model_q4.onnx' }));
  await expect(load(folder)).rejects.toThrow('onnx/model_q4.onnx is not an ONNX model');
});

test('weights beside the graph count for the fingerprint', async () => {
  const { fingerprint } = await load(`${tiny}architectures/qwen3-genai`);
  const other = copy('architectures/qwen3-genai', (folder) => {
    const path = join(folder, 'model.onnx.data');
    const bytes = readFileSync(path);
    bytes[5000]! ^= 1;
    writeFileSync(path, bytes);
  });
  expect((await load(other)).fingerprint).not.toBe(fingerprint);
});

test('the fingerprint changes with the weights and with the tokenizer, and with nothing else', async () => {
  const { fingerprint } = await load(`${tiny}outcome`);
  const described = copy('outcome', (folder) => writeFileSync(join(folder, 'README.md'), 'a card'));
  expect((await load(described)).fingerprint).toBe(fingerprint);
  const retokenised = copy('outcome', (folder) => edit(folder, 'tokenizer.json', (content) => (content.version = '1.1')));
  expect((await load(retokenised)).fingerprint).not.toBe(fingerprint);
});

test.each([
  { name: 'a folder that is not there', folder: '/nowhere', says: ['models.m.path', '/nowhere'] },
  {
    name: 'no tokenizer',
    folder: copy('policy', (folder) => rmSync(join(folder, 'tokenizer.json'))),
    says: ['tokenizer.json', 'ENOENT'],
  },
  {
    name: 'a file that is not JSON',
    folder: copy('policy', (folder) => writeFileSync(join(folder, 'genai_config.json'), '{')),
    says: ['genai_config.json is not JSON'],
  },
  {
    name: 'no context length',
    folder: copy(
      'policy',
      genai((content) => delete content.model.context_length),
    ),
    says: ['genai_config.json', 'model.context_length'],
  },
  {
    name: 'a graph outside of the folder',
    folder: copy(
      'policy',
      genai((content) => (content.model.decoder.filename = '../../etc/passwd')),
    ),
    says: ['outside of the model'],
  },
  {
    name: 'a cache that is not one buffer',
    folder: copy(
      'policy',
      genai((content) => (content.search.past_present_share_buffer = false)),
    ),
    says: ['past_present_share_buffer'],
  },
  {
    name: 'an input that is not in the graph',
    folder: copy(
      'policy',
      genai((content) => (content.model.decoder.inputs.input_ids = 'ids')),
    ),
    says: ['model.onnx', 'no input "ids"'],
  },
  {
    name: 'a cache that is named otherwise',
    folder: copy(
      'policy',
      genai((content) => (content.model.decoder.inputs.past_key_names = 'past.%d')),
    ),
    says: ['no input is named like "past.%d"'],
  },
  {
    name: 'weights that are cut off',
    folder: copy('policy', (folder) =>
      writeFileSync(join(folder, 'model.onnx'), readFileSync(`${tiny}policy/model.onnx`).subarray(0, 9000)),
    ),
    says: ['model.onnx', 'is not an ONNX model', 'ends in the middle'],
  },
  {
    name: 'an architecture without a head',
    folder: copy('outcome', (folder) => edit(folder, 'config.json', (content) => (content.architectures = ['LlamaForPictures']))),
    says: ['config.json', 'LlamaForPictures', 'ForSequenceClassification', 'winnow.kind'],
  },
  {
    name: 'a head of another kind than the graph',
    folder: copy('outcome', (folder) => edit(folder, 'config.json', (content) => (content.winnow = { kind: 'process' }))),
    says: ['model.onnx', '[batch, length, labels]'],
  },
  {
    name: 'padding on a side that there is not',
    folder: copy('outcome', (folder) => edit(folder, 'config.json', (content) => (content.winnow = { padding_side: 'top' }))),
    says: ['config.json', 'winnow.padding_side'],
  },
  {
    name: "another model's tokenizer, with more ids than the graph knows",
    folder: copy('policy', (folder) => cpSync(`${tokens}byte-level/tokenizer.json`, join(folder, 'tokenizer.json'))),
    says: ['tokenizer.json has ids up to 599', 'model.onnx knows 37'],
  },
  {
    name: "another model's tokenizer, with far fewer",
    folder: copy('policy', (folder) =>
      edit(folder, 'tokenizer.json', (content) => {
        content.model.vocab = { '<pad>': 0, '<eos>': 1, '<unk>': 2, a: 3 };
      }),
    ),
    says: ['tokenizer.json has 4 tokens', 'model.onnx knows 37'],
  },
  {
    name: 'a cache that is a window',
    folder: copy(
      'policy',
      genai((content) => (content.model.decoder.sliding_window = { window_size: 512, layers: [0, 2] })),
    ),
    says: ['genai_config.json', 'window of 512 positions', 'windowed_kv_cache=false'],
  },
  {
    name: 'a process reward that reads pairs',
    folder: copy('process', (folder) => edit(folder, 'config.json', (content) => (content.winnow = { input: 'pair' }))),
    says: ['winnow.input is pair'],
  },
  {
    name: 'weights beside the graph that are missing',
    folder: copy('architectures/qwen3-genai', (folder) => rmSync(join(folder, 'model.onnx.data'))),
    says: ['model.onnx takes weights from model.onnx.data', 'there is no file'],
  },
  {
    name: 'weights beside the graph that were cut',
    folder: copy('architectures/qwen3-genai', (folder) => truncateSync(join(folder, 'model.onnx.data'), 50_000)),
    says: ['model.onnx.data has 50000 bytes', 'download it again'],
  },
  {
    name: 'weights outside of the folder',
    folder: copy('architectures/qwen3-genai', (folder) => relocate(join(folder, 'model.onnx'), '../odel.onnx.da')),
    says: ['../odel.onnx.da', 'outside of the model'],
  },
  {
    name: 'weights behind a link that leads out',
    folder: copy('architectures/qwen3-genai', (folder) => {
      rmSync(join(folder, 'model.onnx.data'));
      symlinkSync(`${tiny}architectures/qwen3-genai/model.onnx.data`, join(folder, 'model.onnx.data'));
    }),
    says: ['model.onnx.data is a link', 'Copy the file'],
  },
  {
    name: 'weights at an absolute path',
    folder: copy('architectures/qwen3-genai', (folder) => relocate(join(folder, 'model.onnx'), '/etc/passwd.abc')),
    says: ['/etc/passwd.abc', 'outside of the model'],
  },
  {
    name: 'an Optimum graph that was cut',
    folder: copy('architectures/gpt2-optimum', (folder) => truncateSync(join(folder, 'onnx/model.onnx'), 100_000)),
    says: ['onnx/model.onnx is not an ONNX model', 'ends in the middle'],
  },
  {
    name: 'no graph at all',
    folder: copy('architectures/gpt2-optimum', (folder) => rmSync(join(folder, 'onnx/model.onnx'))),
    says: ['has no graph', 'onnx/model.onnx'],
  },
  {
    name: 'several graphs of formats that nobody knows',
    folder: copy('architectures/gpt2-optimum', (folder) => {
      cpSync(join(folder, 'onnx/model.onnx'), join(folder, 'onnx/one.onnx'));
      renameSync(join(folder, 'onnx/model.onnx'), join(folder, 'onnx/two.onnx'));
    }),
    says: ['several graphs (onnx/one.onnx, onnx/two.onnx)', 'winnow.file'],
  },
  {
    name: 'no length of the context',
    folder: copy('architectures/bloom-optimum', (folder) => edit(folder, 'config.json', (content) => delete content.winnow)),
    says: ['config.json', 'how many tokens', 'winnow.context'],
  },
  {
    name: 'several logits, of which none is named as the score',
    folder: copy('process', (folder) => edit(folder, 'config.json', (content) => (content.winnow = { label: 2 }))),
    says: ['config.json', 'winnow.label is 2', '2 labels'],
  },
  {
    name: 'a template that is not Jinja',
    folder: copy('policy', (folder) => writeFileSync(join(folder, 'chat_template.jinja'), '{% for %}')),
    says: ['chat template'],
  },
])('$name: the message says so', async ({ folder, says }) => {
  const failure = await load(folder).then(
    () => 'It was loaded.',
    (error: Error) => error.message,
  );
  for (const words of says) expect(failure).toContain(words);
});
