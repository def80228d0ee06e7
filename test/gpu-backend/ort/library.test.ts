import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { Binding } from '../../../gpu-backend/ort/binding.ts';
import { openLibrary } from '../../../gpu-backend/ort/library.ts';
import { Session } from '../../../gpu-backend/ort/session.ts';
import { Tensor } from '../../../gpu-backend/ort/tensor.ts';

const file = join(import.meta.dirname, '../../fixtures/tiny-models/outcome/model.onnx');
const library = await openLibrary();
const session = new Session(library, file, { threads: 1 });

afterEach(() => vi.unstubAllEnvs());

const tensor = (type: 'int64' | 'float32', shape: number[]) =>
  new Tensor(library, type, shape, type === 'int64' ? new BigInt64Array(64).fill(1n) : new Float32Array(64));
const inputs = (shape: number[]) => ({ input_ids: tensor('int64', shape), attention_mask: tensor('int64', shape) });

test('a graph says its inputs and outputs; open dimensions are -1', () => {
  expect(session.inputs).toEqual(['input_ids', 'attention_mask'].map((name) => ({ name, type: 'int64', shape: [-1, -1] })));
  expect(session.outputs).toEqual([{ name: 'logits', type: 'float32', shape: [-1, 1] }]);
});

test('the event loop turns while a run is under way, and runs may overlap', async () => {
  const bindings = [1, 2, 4].map((rows) => new Binding(session, inputs([rows, 8]), { logits: tensor('float32', [rows, 1]) }));
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  for (let round = 0; round < 20; round++) await Promise.all(bindings.map((binding) => session.run(binding)));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
  for (const binding of bindings) binding.release();
});

test.each([
  {
    name: 'a graph that is not there',
    failing: () => new Session(library, '/nowhere.onnx', { threads: 1 }),
    says: /CreateSession: .*nowhere/,
  },
  {
    name: 'an input of another name',
    failing: () => new Binding(session, { ids: tensor('int64', [1, 1]) }, {}),
    says: /BindInput: .*ids/,
  },
  { name: 'a tensor larger than its memory', failing: () => tensor('int64', [1, 65]), says: /needs 520 bytes; 512 were given/ },
])('$name is an error with the words of the runtime', ({ failing, says }) => {
  expect(failing).toThrow(says);
});

test('a run that fails is an error, and the next one works', async () => {
  const wrong = new Binding(
    session,
    { input_ids: tensor('float32', [1, 4]), attention_mask: tensor('int64', [1, 4]) },
    { logits: tensor('float32', [1, 1]) },
  );
  await expect(session.run(wrong)).rejects.toThrow(/RunWithBinding/);
  await session.run(new Binding(session, inputs([1, 4]), { logits: tensor('float32', [1, 1]) }));
});

test('a library that is none, or is not there, is told with its path', async () => {
  await expect(openLibrary('/no/libonnxruntime.so')).rejects.toThrow('/no/libonnxruntime.so');
  vi.stubEnv('WINNOW_ORT_LIBRARY', file);
  await expect(openLibrary()).rejects.toThrow(file);
});
