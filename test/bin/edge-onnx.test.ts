import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { workerAliases } from '../../bin/edge-onnx.ts';
import { CannotStart, root } from '../../bin/settings.ts';
import { OnnxGraph } from '../../gpu-backend/ort/onnx-graph.ts';

vi.setConfig({ testTimeout: 30_000 }); // a graph that was not made before takes a process
const folder = mkdtempSync(join(tmpdir(), 'winnow-edge-'));
afterAll(() => rmSync(folder, { recursive: true }));

const outcome = join(root, 'gpu-backend', 'weights', 'outcome');
const sample = JSON.parse(readFileSync(join(root, 'examples', 'winnow.edge.config.json'), 'utf8'));

/** The sample config with some of it changed, as a file. */
function config(change: object): string {
  const file = join(folder, 'winnow.config.json');
  const models = { 'puzzle-outcome': { path: outcome } };
  writeFileSync(file, JSON.stringify({ ...sample, models, ...change }));
  return file;
}

/** A copy of the model's folder. */
function copied(name: string): string {
  const copy = join(folder, name);
  cpSync(outcome, copy, { recursive: true });
  return copy;
}

test('a config without an edge_onnx backend puts nothing into the Worker', () => {
  const plain = join(root, 'winnow.config.json');
  expect(workerAliases(plain)).toEqual({ '#winnow.config.json': plain });
});

test('a config with one brings the wasm, and each model once', () => {
  const twice = { ...sample.rewards, again: sample.rewards.outcome };
  const text = readFileSync(workerAliases(config({ rewards: twice }))['#edge-onnx']!, 'utf8');
  expect(text.match(/ort-wasm-simd-threaded[.]wasm/g)).toHaveLength(1);
  expect(text.match(/[.]onnx"/g)).toHaveLength(1);
});

test('the fingerprint changes with the weights', () => {
  const copy = copied('changed');
  const models = { 'puzzle-outcome': { path: copy } };
  const fingerprint = () =>
    readFileSync(workerAliases(config({ models }))['#edge-onnx']!, 'utf8').match(/"fingerprint":"(\w+)"/)![1];
  const before = fingerprint();
  expect(fingerprint()).toBe(before);
  appendFileSync(join(copy, 'model.onnx'), Uint8Array.of(0x32, 1, 0x61)); // doc_string: "a"
  expect(fingerprint()).not.toBe(before);
});

test('what is bundled leaves out what no score is read from, and is made once', () => {
  const made = () => readFileSync(workerAliases(config({}))['#edge-onnx']!, 'utf8').match(/from "([^"]+[.]onnx)"/)![1]!;
  const file = made();
  const { mtimeMs } = statSync(file);
  expect(made()).toBe(file);
  expect(statSync(file).mtimeMs).toBe(mtimeMs);
  const picks = new OnnxGraph(readFileSync(file)).nodes.filter(({ operator }) => operator === 'GatherElements');
  expect(picks).toHaveLength(2); // what the last attention gave, and what is added to it; the export picks behind them
});

test('a process reward, and rewards that are made of texts or of other rewards, are taken', () => {
  const rewards = {
    outcome: sample.rewards.outcome,
    steps: { kind: 'process', backend: 'edge', model: 'steps', output: 'probability', reduction: 'min' },
    short: { kind: 'rule', checks: [{ check: 'length', unit: 'words', max: 10 }] },
  };
  const models = {
    'puzzle-outcome': { path: outcome },
    steps: { path: join(root, 'gpu-backend', 'weights', 'process') },
  };
  const text = readFileSync(workerAliases(config({ rewards, models }))['#edge-onnx']!, 'utf8');
  expect(text.match(/"kind":"process"/g)).toHaveLength(1);
});

test.each([
  {
    name: 'a reward that needs embeddings',
    change: { rewards: { ...sample.rewards, near: { kind: 'similarity', backend: 'edge', model: 'puzzle-outcome' } } },
    message:
      'rewards.near: its backend is of kind edge_onnx, which has no rewards of kind similarity. It has classifier and process',
  },
  {
    name: 'a model that is read in two ways',
    change: {
      rewards: {
        ...sample.rewards,
        steps: { kind: 'process', backend: 'edge', model: 'puzzle-outcome', output: 'probability', reduction: 'min' },
      },
    },
    message: 'rewards.steps.model: "puzzle-outcome" is read as a classifier and as a process reward; it is one.',
  },
  {
    name: 'a model without a folder',
    change: { models: { another: { path: outcome } } },
    message: 'models has no "puzzle-outcome" that says its folder. Known: another.',
  },
  {
    name: 'a folder that is not there',
    change: { models: { 'puzzle-outcome': { path: 'nowhere' } } },
    message: 'models.puzzle-outcome.path: there is no file',
  },
  {
    name: 'a process reward model',
    change: { models: { 'puzzle-outcome': { path: join(root, 'gpu-backend', 'weights', 'process') } } },
    message: 'holds a model of kind process, and a reward that names it reads one of kind outcome.',
  },
])('$name is refused before anything is built', ({ change, message }) => {
  expect(() => workerAliases(config(change))).toThrow(message);
});

test.each([
  { file: 'model.onnx.data', content: '', message: 'Export the model to one file.' },
  { file: 'config.json', content: '{', message: 'config.json cannot be read as JSON' },
  { file: 'config.json', content: '{"winnow": {"kind": "other"}}', message: 'config.json: winnow.kind:' },
  { file: 'model.onnx', content: '', message: 'cannot be bundled' },
  {
    file: 'config.json',
    content: '{"max_position_embeddings": 8}',
    message: 'ForSequenceClassification (an outcome reward)',
  },
  { file: 'chat_template.jinja', content: '{% if %}', message: 'the chat template cannot be read' },
  { file: 'tokenizer.json', content: '{"model": {}}', message: 'tokenizer.json cannot be read' },
  { file: 'tokenizer.json', content: '{}', message: 'tokenizer.json: model:' },
])('$file of "$content" is refused by its name', ({ file, content, message }) => {
  const copy = copied('broken');
  writeFileSync(join(copy, file), content);
  const build = () => workerAliases(config({ models: { 'puzzle-outcome': { path: copy } } }));
  expect(build).toThrow(message);
  expect(build).toThrow(CannotStart);
  rmSync(copy, { recursive: true });
});

test('a graph that was cut off is refused by its name, and leaves nothing behind', () => {
  const copy = copied('cut');
  truncateSync(join(copy, 'model.onnx'), 3_000_000);
  const build = () => workerAliases(config({ models: { 'puzzle-outcome': { path: copy } } }));
  expect(build).toThrow('model.onnx cannot be bundled');
  expect(build).toThrow(CannotStart); // nor is the failed attempt taken for a graph that was made
});
