/** POST /embed and POST /tensors over HTTP. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Backend, startBackend } from '../../../gpu-backend/backend.ts';
import { config } from '../../../schemas/config.ts';
import { embedResponse } from '../../../schemas/embed.ts';
import { tensorsResponse, type WireTensor } from '../../../schemas/tensors.ts';
import { newKey, post, root } from '../served.ts';

let backend: Backend;
beforeAll(async () => {
  const path = (name: string) => ({ path: `test/fixtures/tiny-models/heads/${name}` });
  const models = { embedder: path('embedder'), tensors: path('tensors') };
  backend = await startBackend({
    config: config.parse({ default_policy: 'none', models }),
    configFolder: root,
    host: '127.0.0.1',
    port: 0,
  });
});
afterAll(() => backend.close());

async function ask(route: string, body: object) {
  const response = await post(`${backend.url}${route}`, body);
  return {
    status: response.status,
    body: (await response.json()) as { error?: { code: string; param: string; message: string } },
  };
}
const embed = (changes: object) =>
  ask('/embed', { key: newKey(), model: 'embedder', texts: ['a fox', 'a dog'], deadline_ms: 10_000, ...changes });

const table: WireTensor = { type: 'float32', shape: [2, 3], data: [1, 2, 3, 4, 5, 6] };
const places: WireTensor = { type: 'int64', shape: [3], data: [1, 0, 1] };
const run = (inputs: object, changes = {}) => ask('/tensors', { model: 'tensors', inputs, ...changes });

test('texts come back as vectors in their order, and the same key with the stored ones', async () => {
  const key = newKey();
  const first = await embed({ key });
  const { vectors, usage } = embedResponse.parse(first.body);
  expect(vectors.map((result) => result.ok && (result as { vector: number[] }).vector.length)).toEqual([32, 32]);
  expect(usage).toEqual({ texts: 2, tokens: 8 });
  expect(await embed({ key, deadline_ms: 5 })).toEqual(first);
  expect(await embed({ key, texts: ['another'] })).toMatchObject({ status: 400, body: { error: { param: 'key' } } });
});

test('tensors go through the graph, whatever shapes come out', async () => {
  const { status, body } = await run({ table, places });
  expect(status).toBe(200);
  expect(tensorsResponse.parse(body).outputs).toEqual({
    chosen: { type: 'float32', shape: [3, 3], data: [4, 5, 6, 1, 2, 3, 4, 5, 6] },
    means: { type: 'float32', shape: [2], data: [2, 5] },
    nonzero: { type: 'int64', shape: [1, 2], data: [0, 2] },
  });
});

test('answers name the model that gave them, as /models does', async () => {
  const response = await fetch(`${backend.url}/models`);
  const { models } = (await response.json()) as { models: { name: string; fingerprint: string }[] };
  const of = (name: string) => models.find((model) => model.name === name)!.fingerprint;
  expect(of('embedder')).not.toBe(of('tensors'));
  expect((await embed({})).body).toMatchObject({ fingerprint: of('embedder') });
  expect((await run({ table, places })).body).toMatchObject({ fingerprint: of('tensors') });
});

test('bytes in base64 are the same tensors, in and out', async () => {
  const bytes = Buffer.from(Float32Array.from(table.data as number[]).buffer).toString('base64');
  const { body } = await run({ table: { ...table, data: bytes }, places }, { encoding: 'base64' });
  const { chosen } = tensorsResponse.parse(body).outputs;
  const given = Buffer.from(chosen!.data as string, 'base64');
  expect(Array.from(new Float32Array(new Uint8Array(given).buffer))).toEqual([4, 5, 6, 1, 2, 3, 4, 5, 6]);
});

test('a tensor without elements is one; numbers that JSON has not go by their names', async () => {
  const empty = await run({ table, places: { ...places, shape: [0], data: [] } });
  expect(tensorsResponse.parse(empty.body).outputs.chosen).toEqual({ type: 'float32', shape: [0, 3], data: [] });
  const infinite = await run({
    table: { ...table, data: ['Infinity', 0, 0, 'NaN', 1, 1] },
    places: { ...places, data: [0, 0, 0] },
  });
  expect(tensorsResponse.parse(infinite.body).outputs.means!.data).toEqual(['Infinity', 'NaN']);
});

test.each<{ name: string; inputs: object; says: string[] }>([
  { name: 'a missing input', inputs: { table }, says: ['"places" is missing', 'places (int64 [any])'] },
  { name: 'an input too many', inputs: { table, places, more: places }, says: ['no input "more"'] },
  { name: 'another type', inputs: { table, places: { ...places, type: 'int32' } }, says: ['int64; int32'] },
  { name: 'another rank', inputs: { table: { ...table, shape: [6] }, places }, says: ['[any,3]; [6]'] },
  { name: 'another fixed size', inputs: { table: { ...table, shape: [3, 2] }, places }, says: ['[any,3]; [3,2]'] },
  { name: 'too few elements', inputs: { table: { ...table, data: [1] }, places }, says: ['6 elements; 1'] },
  { name: 'a fraction as a whole number', inputs: { table, places: { ...places, data: [0.5, 0, 0] } }, says: ['whole numbers'] },
  {
    name: 'a place that the table has not',
    inputs: { table, places: { ...places, data: [7, 0, 0] } },
    says: ['refused these tensors'],
  },
  { name: 'a name of every object', inputs: { table, places, toString: places }, says: ['no input "toString"'] },
])('$name is refused with what was given and what is wanted', async ({ inputs, says }) => {
  const { status, body } = await run(inputs);
  expect(status).toBe(400);
  for (const words of says) expect(body.error!.message).toContain(words);
});

test('a model of another kind is not found there, and the right ones are named', async () => {
  expect(await embed({ model: 'tensors' })).toMatchObject({ status: 404, body: { error: { code: 'model_not_found' } } });
  expect(await run({}, { model: 'embedder' })).toMatchObject({
    status: 404,
    body: { error: { message: expect.stringContaining('Known: tensors') } },
  });
});

test('GET /models says what each takes', async () => {
  const { models } = (await (await fetch(`${backend.url}/models`)).json()) as { models: { name: string }[] };
  expect(models.find(({ name }) => name === 'tensors')).toMatchObject({
    kind: 'tensors',
    inputs: [
      { name: 'table', type: 'float32', shape: [-1, 3] },
      { name: 'places', type: 'int64', shape: [-1] },
    ],
  });
  expect(models.find(({ name }) => name === 'embedder')).toMatchObject({ kind: 'embedding', dimensions: 32 });
});
