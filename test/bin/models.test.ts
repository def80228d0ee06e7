import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configEntries, configName } from '../../bin/commands/config-entry.ts';
import { addToConfig, formatConfig } from '../../bin/commands/config-file.ts';
import { describeFolder } from '../../bin/hub/model-folder.ts';
import { root } from '../../bin/settings.ts';
import { headConfig, kindOf, modelKinds } from '../../gpu-backend/models/head-config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-models-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A folder with these files: JSON, or a text as it is. */
function filled(files: Readonly<Record<string, unknown>>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}
const text = { 'tokenizer.json': {}, 'onnx/model_int8.onnx': 'graph' };

test.each([
  { architectures: ['LlamaForCausalLM'], kind: 'policy' },
  { architectures: ['GPT2LMHeadModel'], kind: 'policy' },
  { architectures: ['DebertaV2ForSequenceClassification'], kind: 'outcome' },
  { architectures: ['LlamaForTokenClassification'], kind: 'process' },
  { architectures: ['BertModel'], kind: 'embedding' },
  { architectures: ['ViTForImageClassification'], kind: 'tensors' },
  { architectures: ['Something'], kind: null },
  { architectures: null, kind: null },
])('$architectures is of kind $kind', ({ architectures, kind }) => {
  const config = { architectures, max_position_embeddings: 512, vocab_size: 1000 };
  expect(describeFolder(filled({ 'config.json': config, ...text }))).toMatchObject({
    kind,
    layout: 'optimum',
    context: 512,
    vocabulary: 1000,
    problems: [],
  });
});

test('how a sentence embedding pools says that it is one, whatever its architecture', () => {
  const files = { 'config.json': { architectures: ['BertForMaskedLM'] }, 'modules.json': [], ...text };
  expect(describeFolder(filled(files)).kind).toBe('embedding');
});

test.each(modelKinds)(
  'winnow.kind "%s" is what the folder is, whatever its architecture names, here as in the backend',
  (kind) => {
    const config = headConfig.parse({ architectures: ['LlamaForCausalLM'], winnow: { kind } });
    const described = describeFolder(filled({ 'config.json': config, ...text }));
    expect(described).toMatchObject({ kind, problems: [] });
    expect(kindOf(config, { file: 'config.json', isEmbedder: false })).toBe(kind);
  },
);

test('a winnow.kind that nobody knows is a problem by itself: the rest is read', () => {
  const config = {
    architectures: ['BertForSequenceClassification'],
    max_position_embeddings: 64,
    winnow: { kind: 'classifier' },
  };
  expect(describeFolder(filled({ 'config.json': config, ...text }))).toMatchObject({
    kind: 'outcome',
    context: 64,
    problems: ['config.json: winnow.kind is "classifier"; it is one of policy, outcome, process, embedding, tensors.'],
  });
});

test('a language model made an embedder is one, and a reranker of sentence-transformers is a reranker', () => {
  const kind = (architecture: string) =>
    describeFolder(filled({ 'config.json': { architectures: [architecture] }, 'modules.json': [], ...text })).kind;
  expect(['Qwen3ForCausalLM', 'BertForSequenceClassification'].map(kind)).toEqual(['embedding', 'outcome']);
});

test('the folders that ship are what the config uses them for', () => {
  const kinds = ['policy', 'reference', 'outcome', 'process'].map((name) =>
    describeFolder(join(root, 'gpu-backend', 'weights', name)),
  );
  expect(kinds.map(({ kind }) => kind)).toEqual(['policy', 'policy', 'outcome', 'process']);
  expect(kinds.flatMap(({ problems }) => problems)).toEqual([]);
});

test.each([
  {
    name: 'nothing',
    files: {},
    problems: ['There is no .onnx file.', 'There is neither genai_config.json nor config.json.', 'tokenizer.json is missing.'],
  },
  {
    name: 'a config cut short',
    files: { 'config.json': '{', ...text },
    problems: ['config.json cannot be read.', 'There is neither genai_config.json nor config.json.'],
  },
  {
    name: 'a config that is a list',
    files: { 'genai_config.json': '[]', ...text },
    problems: ['genai_config.json cannot be read.'],
  },
  {
    name: 'a graph that is named and not there',
    files: { 'genai_config.json': { model: { decoder: { filename: 'other.onnx' } } }, ...text },
    problems: ['other.onnx is missing.'],
  },
])('a folder with $name says what is wrong', ({ files, problems }) => {
  expect(describeFolder(filled(files)).problems).toEqual(problems);
});

test('a folder that is not there, and a file in its place', () => {
  expect(describeFolder(join(folder, 'none')).problems).toEqual(['There is no such folder.']);
  writeFileSync(join(folder, 'file'), '');
  expect(describeFolder(join(folder, 'file')).problems).toEqual(['It is a file; the folder that holds the model is needed.']);
});

const described = (files: Readonly<Record<string, unknown>>) => describeFolder(filled({ ...text, ...files }));

test('a policy has its own sampling, and room for a prompt as long as its answer', () => {
  const generation = { do_sample: true, temperature: 0.6, top_p: 0.95, top_k: 20 };
  const config = { architectures: ['LlamaForCausalLM'], max_position_embeddings: 300 };
  const policy = described({ 'config.json': config, 'generation_config.json': generation, 'chat_template.jinja': 'x' });
  expect(configEntries('m', 'models/m', policy, 'gpu')).toEqual({
    policies: {
      m: {
        backend: 'gpu',
        model: 'm',
        instruct: true,
        sampling: { temperature: 0.6, top_p: 0.95, top_k: 20, max_tokens: 150 },
        typical_tokens: 75,
      },
    },
    models: { m: { path: 'models/m' } },
  });
});

test('temperatures that no request may have are left out', () => {
  const config = { architectures: ['LlamaForCausalLM'] };
  const policy = described({ 'config.json': config, 'generation_config.json': { do_sample: true, temperature: 99, top_p: 0 } });
  expect(policy.sampling).toEqual({});
});

test('rewards, and what is neither; a config without a backend gets one', () => {
  const outcome = described({ 'config.json': { architectures: ['BertForSequenceClassification'] } });
  expect(configEntries('r', 'p', outcome, null)).toEqual({
    backends: { local: { kind: 'gpu_backend', url: 'http://127.0.0.1:8788' } },
    rewards: { r: { kind: 'classifier', backend: 'local', model: 'r', output: 'logit' } },
    models: { r: { path: 'p' } },
  });
  expect(configEntries('r', 'p', { ...outcome, kind: 'process' }, 'b').rewards).toEqual({
    r: { kind: 'process', backend: 'b', model: 'r', output: 'probability', reduction: 'min' },
  });
  expect(configEntries('r', 'p', { ...outcome, kind: 'embedding' }, 'b')).toEqual({ models: { r: { path: 'p' } } });
});

test.each([
  ['o/SmolLM2-135M', 'SmolLM2-135M'],
  ['o/a_b.c', 'a_b.c'],
])('%s is named %s', (repository, name) => expect(configName(repository)).toBe(name));

test.each(['winnow.config.json', 'examples/winnow.edge.config.json'])(
  '%s is formatted as it stands: an entry added is all that changes',
  (file) => {
    const before = readFileSync(join(root, file), 'utf8');
    expect(`${formatConfig(JSON.parse(before))}\n`).toBe(before);
  },
);

test('what is added is added, what is taken or not valid is refused, and then the file stays', () => {
  const file = join(folder, 'winnow.config.json');
  const before = readFileSync(join(root, 'winnow.config.json'), 'utf8');
  writeFileSync(file, before);
  expect(() => addToConfig(file, { models: { 'puzzle-policy': { path: 'x' } } })).toThrow(
    'models.puzzle-policy is there already',
  );
  expect(() => addToConfig(file, { policies: { x: { backend: 'nowhere' } } })).toThrow(
    'would not be valid, so it was not changed',
  );
  expect(() => addToConfig(join(folder, 'none'), {})).toThrow('cannot be read');
  expect(readFileSync(file, 'utf8')).toBe(before);
  addToConfig(file, { models: { mine: { path: 'models/mine' } } });
  addToConfig(file, { models: { mine: { path: 'models/mine' } } });
  const last = '    "puzzle-process": { "path": "gpu-backend/weights/process" }';
  expect(readFileSync(file, 'utf8')).toBe(before.replace(last, `${last},\n    "mine": { "path": "models/mine" }`));
});
