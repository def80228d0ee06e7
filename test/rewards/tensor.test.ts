import { describe, expect, test } from 'vitest';
import type { WireTensor } from '../../schemas/tensors.ts';
import type { ReadOperation } from '../../src/operation.ts';
import { type Given, numberOf, readBy, reasonOf, refusal, said } from './reading.ts';

const counts = { from: 'measures', measures: ['characters', 'words', 'lines', 'steps', 'prompt_words', 'prompt_characters'] };
const entry = { kind: 'tensor', backend: 'local', model: 'graph', inputs: { counts }, output_name: 'score' };

type Inputs = Readonly<Record<string, WireTensor>>;
const running =
  (graph: (inputs: Inputs) => Partial<WireTensor>, name = 'score'): NonNullable<Given['tells']> =>
  (operation) => {
    const { inputs } = (operation as ReadOperation<'tensors'>).request;
    const rows = Object.values(inputs)[0]!.shape[0]!;
    return { ok: true, response: { outputs: { [name]: { type: 'float32', shape: [rows], data: [], ...graph(inputs) } } } };
  };
const data = (tensor: WireTensor | undefined) => tensor!.data as number[];
/** The first number of each row. */
const firsts = running(({ counts: given }) => ({ data: data(given).filter((_, place) => place % given!.shape[1]! === 0) }));

describe('tensor', () => {
  test('what is counted in the texts, a row for each', async () => {
    const tells = firsts;
    const { scores, reads } = await readBy(entry, ['one two\nthree\n', ''], { prompt: { text: 'a question' }, tells });
    expect((reads[0] as ReadOperation<'tensors'>).request).toEqual({
      model: 'graph',
      inputs: { counts: { type: 'float32', shape: [2, 6], data: [14, 3, 3, 2, 2, 10, 0, 0, 0, 0, 2, 10] } },
    });
    expect(scores.map(numberOf)).toEqual([14, 0]);
  });

  test.each([
    { name: 'one row for all', features: { x: [1, 2] }, given: [1, 2, 1, 2], dependsOn: 'text' },
    {
      name: 'a row for each',
      features: {
        x: [
          [1, 2],
          [3, 4],
        ],
      },
      given: [1, 2, 3, 4],
      dependsOn: 'set',
    },
  ])('features of the request: $name', async ({ features, given, dependsOn }) => {
    const inputs = { table: { from: 'features', name: 'x' } };
    const options = { features };
    const { reads } = await readBy({ ...entry, inputs }, ['a', 'b'], { options, tells: running(() => ({ data: [1, 2] })) });
    expect((reads[0] as ReadOperation<'tensors'>).request.inputs.table).toEqual({ type: 'float32', shape: [2, 2], data: given });
    expect(said({ ...entry, inputs }, { options })).toMatchObject({ dependsOn });
  });

  test('embeddings of candidates and prompt, each read once; who has none has no score', async () => {
    const inputs = { own: { from: 'embedding', model: 'e' }, asked: { from: 'embedding', model: 'e', of: 'prompt' } };
    const tells: NonNullable<Given['tells']> = (operation) => {
      if (operation.reading === 'tensors')
        return running((given) => ({ data: data(given.own).filter((_, at) => at % 2 === 0) }))(operation);
      const { texts } = (operation as ReadOperation<'embed'>).request;
      const vectors = texts.map((text) =>
        text === 'bad' ? { ok: false as const, reason: 'no' } : { ok: true as const, vector: [text.length, 1], tokens: 1 },
      );
      return { ok: true, response: { vectors, usage: { texts: 1, tokens: 1 } } };
    };
    const { scores, reads } = await readBy({ ...entry, inputs }, ['a', 'bad', 'ccc'], { tells, prompt: { text: 'qq' } });
    expect(scores.map((score) => (score.ok ? score.value : score.reason))).toEqual([1, 'no', 3]);
    expect(reads.map(({ reading }) => reading)).toEqual(['embed', 'embed', 'tensors']);
    expect((reads[2] as ReadOperation<'tensors'>).request.inputs.asked).toMatchObject({ shape: [2, 2], data: [2, 1, 2, 1] });
  });

  test.each([
    { name: 'as it is', more: {}, values: [0.25, 0.75] },
    { name: 'minus it where lower is better', more: { lower_is_better: true }, values: [-0.25, -0.75] },
    { name: 'one less a probability', more: { lower_is_better: true, output: 'probability' }, values: [0.75, 0.25] },
    { name: 'another number of the row', more: { output_index: 1 }, values: [5, 7] },
  ])('the number of the output, $name', async ({ more, values }) => {
    const tells = running(() => ({ shape: [2, 2], data: [0.25, 5, 0.75, 7] }));
    expect((await readBy({ ...entry, ...more }, ['a', 'b'], { tells })).scores.map(numberOf)).toEqual(values);
  });

  test('more candidates than a call takes go in several', async () => {
    const texts = Array.from({ length: 7 }, (_, place) => 'x'.repeat(place));
    const { scores, reads } = await readBy({ ...entry, max_rows: 3 }, texts, { tells: firsts });
    expect(reads).toHaveLength(3);
    expect(scores.map(numberOf)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test.each<{ name: string; tells?: Given['tells']; more?: object; options?: object; reason: string }>([
    { name: 'no such output', tells: running(() => ({ data: [1] }), 'other'), reason: 'no_such_output' },
    {
      name: 'an output of every object',
      tells: running(() => ({ data: [1] })),
      more: { output_name: 'toString' },
      reason: 'no_such_output',
    },
    { name: 'one number for all', tells: running(() => ({ shape: [], data: [1] })), reason: 'output_of_another_shape' },
    {
      name: 'too short a row',
      tells: running(() => ({ data: [1] })),
      more: { output_index: 1 },
      reason: 'output_of_another_shape',
    },
    { name: 'a word for a number', tells: running(() => ({ data: ['NaN'] })), reason: 'not_finite' },
    { name: 'halves in base64', tells: running(() => ({ type: 'float16', data: 'AAA=' })), reason: 'output_of_16_bits' },
    { name: 'a failed call', tells: () => ({ ok: false, reason: 'backend_error' }), reason: 'backend_error' },
    {
      name: 'rows for other candidates',
      more: { inputs: { x: { from: 'features', name: 'x' } } },
      options: { features: { x: [[1], [2]] } },
      reason: 'features_of_other_candidates',
    },
  ])('$name: no score', async ({ tells = firsts, more = {}, options = {}, reason }) => {
    expect(reasonOf((await readBy({ ...entry, ...more }, ['a'], { tells, options })).scores[0])).toBe(reason);
  });

  test('rows of several lengths are no tensor', async () => {
    const inputs = { x: { from: 'features', name: 'x' } };
    const { scores, reads } = await readBy({ ...entry, inputs }, ['a', 'b'], { options: { features: { x: [[1], [2, 3]] } } });
    expect(scores.map(reasonOf)).toEqual(['rows_of_other_lengths', 'rows_of_other_lengths']);
    expect(reads).toEqual([]);
  });

  test('features that are not there, and a backend without graphs, are refused', () => {
    const inputs = { x: { from: 'features', name: 'x' } };
    expect(refusal({ ...entry, inputs })).toMatchObject({
      code: 'capability_missing',
      message: expect.stringContaining('"features"'),
    });
    expect(
      refusal({ ...entry, inputs: { x: { from: 'features', name: 'toString' } } }, { options: { features: {} } }),
    ).toMatchObject({
      code: 'capability_missing',
    });
    expect(refusal({ ...entry, inputs }, { options: { features: { x: [1] } } })).toBeNull();
    expect(refusal({ ...entry, backend: 'edge' })).toMatchObject({ message: expect.stringContaining('tensors') });
  });
});
