import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { workerAliases } from '../../bin/edge-onnx.ts';
import { CannotStart, root } from '../../bin/settings.ts';

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
  expect(text.match(/model[.]onnx/g)).toHaveLength(1);
});

test('the fingerprint changes with the weights', () => {
  const copy = copied('changed');
  const models = { 'puzzle-outcome': { path: copy } };
  const fingerprint = () =>
    readFileSync(workerAliases(config({ models }))['#edge-onnx']!, 'utf8').match(/"fingerprint":"(\w+)"/)![1];
  const before = fingerprint();
  expect(fingerprint()).toBe(before);
  writeFileSync(join(copy, 'model.onnx'), 'other');
  expect(fingerprint()).not.toBe(before);
});

test.each([
  {
    name: 'a process reward',
    change: { rewards: { outcome: { ...sample.rewards.outcome, kind: 'process' } } },
    message: 'rewards.outcome: its backend is of kind edge_onnx, which has no rewards of kind process.',
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
    message: 'holds a process reward model; edge_onnx serves outcome reward models.',
  },
])('$name is refused before anything is built', ({ change, message }) => {
  expect(() => workerAliases(config(change))).toThrow(message);
});

test.each([
  { file: 'model.onnx.data', content: '', message: 'Export the model to one file.' },
  { file: 'config.json', content: '{', message: 'config.json cannot be read as JSON' },
  { file: 'config.json', content: '{}', message: 'config.json: max_position_embeddings:' },
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
