import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadModel } from '../../../gpu-backend/models/load.ts';
import { openLibrary } from '../../../gpu-backend/ort/library.ts';
import { modelConfig } from '../../../schemas/config.ts';

const tiny = `${import.meta.dirname}/../../fixtures/tiny-models/`;
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

const genai = (change: (content: Content) => void) => (folder: string) => edit(folder, 'genai_config.json', change);

test('heads, layers, context and end tokens are read from the files and the graph', async () => {
  const model = await load(`${tiny}policy`);
  expect(model).toMatchObject({ kind: 'policy', context: 64, vocabulary: 37, endTokens: new Set([1]) });
  expect(model.fingerprint).toMatch(/^[0-9a-f]{12}$/);
  expect((await load(`${tiny}outcome`)).kind).toBe('outcome');
  expect((await load(`${tiny}process`)).kind).toBe('process');
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
    folder: copy('outcome', (folder) => edit(folder, 'config.json', (content) => (content.architectures = ['LlamaModel']))),
    says: ['config.json', 'LlamaModel', 'ForSequenceClassification'],
  },
  {
    name: 'a head of another kind than the graph',
    folder: copy('outcome', (folder) => edit(folder, 'config.json', (content) => (content.winnow = { kind: 'process' }))),
    says: ['model.onnx', '[batch, length, labels]'],
  },
  {
    name: 'padding on the left',
    folder: copy('outcome', (folder) => edit(folder, 'config.json', (content) => (content.winnow = { padding_side: 'left' }))),
    says: ['config.json', 'winnow.padding_side'],
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
