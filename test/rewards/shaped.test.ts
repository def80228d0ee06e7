import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { root } from '../../src/operation.ts';
import { clipSteps, deltaSteps, logSigmoidCentred, preference } from '../../src/rewards/shaping.ts';
import { about, composed, faults, refuse, rows, told } from './composed.ts';

const shaped = (shaping: string | object) => ({ kind: 'shaped', reward: 'model', shaping });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('relative to references (methods B.6)', () => {
  test.each([
    { score: 2, expected: 0.8548099278101069 },
    { score: -2, expected: 0.14519007218989313 },
    { score: 0, expected: 0.5 },
    { score: 12, expected: 0.9999916313597507 },
  ])('PAR of $score against 0, 1 and -1 is $expected', ({ score, expected }) => {
    expect(preference(score, [0, 1, -1], 1)).toBeCloseTo(expected, 12);
  });

  test('against a single reference of 0 it is the sigmoid; the log-sigmoid is centred on the 85th percentile', () => {
    expect(preference(2, [0], 1)).toBeCloseTo(0.8807970779778823, 12);
    expect(logSigmoidCentred(2, [1])).toBeCloseTo(-0.3132616875, 10);
    expect(logSigmoidCentred(3, [1, 3])).toBeCloseTo(-Math.log1p(Math.exp(-(3 - 2 - 1.0364333894937898))), 12);
    expect(logSigmoidCentred(-2000, [0])).toBe(-2000); // and not minus infinity
  });

  const model = { output: 'logit' as const, by: { a: 2, b: -2, zero: 0, one: 1, minus: -1, bad: 'too_long' } };
  const given = { members: { model }, candidates: ['a', 'b'], references: ['zero', 'one', 'minus'] };

  test('the references are scored with the candidates, in one call', () => {
    const { scores, asked } = composed({ entry: shaped('par'), ...given });
    expect(told(scores[0])).toBeCloseTo(0.8548099278101069, 12);
    expect(told(scores[1])).toBeCloseTo(0.14519007218989313, 12);
    expect(asked).toEqual([{ reward: 'model', texts: ['zero', 'one', 'minus', 'a', 'b'] }]);
    expect(scores[0]!.detail).toEqual({ members: { model: { value: 2 } }, references: [0, 1, -1] });
  });

  test('the request’s references win over the config’s', () => {
    const entry = shaped({ by: 'centred', references: ['one'] });
    expect(told(composed({ entry, ...given, references: [] }).scores[0])).toBe(1);
    expect(told(composed({ entry, ...given, references: ['minus'] }).scores[0])).toBe(3);
  });

  test('one that cannot be scored is left out; where none can, there is no score: the raw one is on another scale', () => {
    const some = composed({ entry: shaped('centred'), ...given, references: ['bad', 'one'] });
    expect(some.scores.map(told)).toEqual([1, -3]);
    expect(composed({ entry: shaped('par'), ...given, references: ['bad'] }).scores.map(told)).toEqual([
      'no_reference_score',
      'no_reference_score',
    ]);
  });

  test('without references, or by a reward that compares candidates, it is refused', () => {
    expect(() => refuse({ entry: shaped('par'), ...given, references: [] })).toThrow(
      expect.objectContaining({ code: 'capability_missing', message: expect.stringContaining('`reference`') }),
    );
    const others = { model: { kind: 'weighted', members: ['raw'] } };
    expect(() =>
      refuse({ entry: shaped('par'), members: { raw: model }, others, candidates: ['a'], references: ['one'] }),
    ).toThrow(expect.objectContaining({ code: 'capability_missing', message: expect.stringContaining('"model"') }));
    expect(() => refuse({ entry: shaped({ by: 'clip', least: 0, most: 1 }), ...given, references: [] })).not.toThrow();
  });
});

describe('references that a policy writes (methods B.6)', () => {
  const by = { a: 2, zero: 0, one: 1, minus: -1, bad: 'too_long' };
  const model = { output: 'logit' as const, by };
  const drawing = (sample: object, more: object = {}) => shaped({ by: 'par', sample, ...more });
  const given = { members: { model }, candidates: ['a'] };

  test.each([
    { by: 'par', expected: 0.8548099278101069 },
    { by: 'centred', expected: 2 },
    { by: 'lsc', expected: Math.log(1 / (1 + Math.exp(1.0364333894937898 * Math.sqrt(2 / 3) - 2))) },
  ])('$by of 2 against 0, 1 and -1, which were drawn, is $expected', ({ by, expected }) => {
    const entry = shaped({ by, sample: { count: 3 } });
    const { scores, asked, drawn } = composed({ entry, ...given, writes: ['zero', 'one', 'minus'] });
    expect(told(scores[0])).toBeCloseTo(expected, 12);
    expect(scores[0]!.detail).toEqual({ members: { model: { value: 2 } }, references: [0, 1, -1] });
    expect(asked).toEqual([{ reward: 'model', texts: ['zero', 'one', 'minus', 'a'] }]);
    expect(drawn).toEqual([
      {
        kind: 'sample',
        role: 'reference',
        reward: 'it',
        policy: 'writer',
        prompt: { text: 'question' },
        prefixes: [root],
        count: 3,
        firstChild: 0,
        until: 'end',
        sampling: { temperature: 0.7, top_p: 1, top_k: 0, min_p: 0, max_tokens: 40, stop: ['END'] },
        finishing: false,
        topLogprobs: undefined,
      },
    ]);
  });

  test('another policy may write them, as its own entry samples', () => {
    const { drawn } = composed({ entry: drawing({ policy: 'base' }), ...given, writes: ['zero'] });
    expect(drawn).toMatchObject([{ policy: 'base', count: 1, sampling: { temperature: 1, max_tokens: 60, stop: [] } }]);
  });

  test('none is drawn where the request brings some', () => {
    const { scores, drawn } = composed({ entry: drawing({ count: 4 }), ...given, references: ['one', 'one'] });
    expect(drawn).toEqual([]);
    expect(scores[0]!.detail).toMatchObject({ references: [1, 1] });
  });

  test('those that were cut or failed are none, and those that cannot be scored are dropped (methods B.6)', () => {
    const writes = [
      { text: 'zero', finish: 'budget' as const },
      { text: 'zero', finish: 'error' as const },
      { text: 'one', finish: 'length' as const },
      'bad',
    ];
    const { scores, asked } = composed({ entry: drawing({ count: 4 }), ...given, writes });
    expect(asked[0]!.texts).toEqual(['one', 'bad', 'a']);
    expect(scores[0]!.detail).toMatchObject({ references: [1] });
  });

  test('where none is left there is no score: 0 is no reference (methods B.6)', () => {
    for (const writes of [[], ['bad'], [{ text: 'zero', finish: 'budget' as const }]]) {
      const { scores } = composed({ entry: drawing({ count: 2 }), ...given, writes });
      expect(scores).toMatchObject([{ ok: false, reason: 'no_reference_score', detail: { references: [] } }]);
    }
  });

  test('what may be sampled is told: by a named policy its own most, by the request’s the most of any', () => {
    const tokens = (sample: object) => about({ entry: drawing(sample), ...given }).sampledTokens(100);
    expect(tokens({ count: 3 })).toBe(3 * 60);
    expect(tokens({ policy: 'inside', count: 3 })).toBe(3 * 10);
    const judged = { others: { model: { kind: 'judge', retry: false, max_tokens: 7 } }, members: {}, candidates: ['a'] };
    expect(about({ entry: drawing({ policy: 'base', count: 2 }), ...judged }).sampledTokens(5)).toBe(2 * 60 + 7 * 7);
    expect(about({ entry: shaped({ by: 'clip', least: 0, most: 1 }), ...judged }).sampledTokens(5)).toBe(5 * 7);
  });

  test('it needs no reference of the request, and a policy that writes', () => {
    expect(() => refuse({ entry: drawing({}), ...given })).not.toThrow();
    expect(faults({ entry: drawing({ policy: 'base' }), ...given })).toEqual([]);
    expect(faults({ entry: drawing({ policy: 'luck' }), ...given })).toEqual([expect.stringContaining('"luck"')]);
    expect(faults({ entry: drawing({ policy: 'inside' }), ...given })).toEqual([expect.stringContaining('writes nothing')]);
  });

  test('references that are given have steps, as the policy ends them', () => {
    const { scores, asked } = composed({
      entry: { kind: 'shaped', reward: 'model', shaping: 'centred' },
      others: { model: { kind: 'segments', reward: 'raw', split: 'step', reduction: 'sum' } },
      members: { raw: { by: ({ length }) => length } },
      candidates: ['x'],
      references: ['a\nb'],
    });
    expect(asked[0]!.texts).toEqual(['a', 'a\nb', 'x']); // each segment with what stands before it
    expect(scores[0]!.detail).toMatchObject({ references: [1 + 3] });
  });
});

describe('sums of step rewards (methods B.8)', () => {
  const R = [0.6, 0.9, 0.7, 0.95];
  const PADDED = [0.6, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.7, 0.95];
  const close = (values: readonly number[], expected: readonly number[]) => {
    for (const [place, value] of values.entries()) expect(value).toBeCloseTo(expected[place]!, 12);
  };

  test('Clip: good steps add nothing', () => {
    close(clipSteps(R, 0.8), [-0.2, 0, -0.1, 0]);
    expect(sum(clipSteps(R, 0.8))).toBeCloseTo(-0.3, 12);
  });

  test('Delta: the sum from any step to the end is that step’s', () => {
    const steps = deltaSteps(R);
    close(steps, [-0.3, 0.2, 0.7, 0]);
    close(
      R.map((_, k) => sum(steps.slice(k))),
      [0.6, 0.9, 0.7, 0],
    );
    expect(deltaSteps([0.4])).toEqual([0]);
  });

  test('padding with good steps raises a plain sum, and neither of these', () => {
    expect(sum(PADDED) - sum(R)).toBeCloseTo(4.5, 12);
    expect(sum(clipSteps(PADDED, 0.8))).toBeCloseTo(-0.3, 12);
    expect(sum(deltaSteps(PADDED))).toBeCloseTo(0.6, 12);
  });

  test.each([
    { shaping: 'clip_steps', value: -0.3 },
    { shaping: { by: 'clip_steps', eta: 0.95 }, value: -0.65 },
    { shaping: 'delta_steps', value: 0.6 },
  ])('$shaping of a process reward: $value, with the shaped steps', ({ shaping, value }) => {
    const model = {
      by: { x: { ok: true as const, value: 0.95, steps: R }, y: 0.4, z: { ok: true as const, value: 0, steps: [] } },
    };
    const { scores } = composed({ entry: shaped(shaping), members: { model }, candidates: ['x', 'y', 'z'] });
    expect(told(scores[0])).toBeCloseTo(value, 12);
    expect(scores[0]).toHaveProperty('steps');
    expect(scores.slice(1).map(told)).toEqual(['no_steps', 'no_steps']);
  });

  test.each([
    { shaping: { by: 'clip_steps', eta: 0.8 }, value: -0.3, steps: [-0.2, null, 0, -0.1, 0] },
    { shaping: 'delta_steps', value: 0.6, steps: [-0.3, null, 0.2, 0.7, 0] },
  ])('$shaping: a step that was left out stays so (methods B.7)', ({ shaping, value, steps }) => {
    const model = { by: { x: { ok: true as const, value: 0.95, steps: [0.6, null, 0.9, 0.7, 0.95] } } };
    const { scores } = composed({ entry: shaped(shaping), members: { model }, candidates: ['x'] });
    expect(told(scores[0])).toBeCloseTo(value, 12);
    expect(scores[0]).toMatchObject({ steps: steps.map((step) => (step === null ? null : expect.closeTo(step, 12))) });
  });

  test('Delta telescopes whatever the steps are; Clip is never above 0', () => {
    const steps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(steps, (given) => {
        expect(sum(deltaSteps(given))).toBeCloseTo(given[0]!, 9);
        expect(sum(clipSteps(given, 0.8))).toBeLessThanOrEqual(0);
      }),
    );
  });
});

test.each([
  { shaping: { by: 'map', calibration: 'rank' }, values: [1, 0, 0.5] },
  {
    shaping: { by: 'map', calibration: { map: 'temperature', temperature: 2 } },
    values: [0.8807970779778823, 0.5, 0.7310585786300049],
  },
  { shaping: { by: 'clip', least: 1, most: 3 }, values: [3, 1, 2] },
])('$shaping', ({ shaping, values }) => {
  const { scores } = composed({ entry: shaped(shaping), ...rows({ model: [4, 0, 2] }, 'logit') });
  for (const [place, value] of values.entries()) expect(told(scores[place])).toBeCloseTo(value, 12);
});

test.each([
  { shaping: 'par', scale: { output: 'probability', range: [0, 1] }, dependsOn: 'text' },
  { shaping: 'lsc', scale: { output: 'unknown', range: [null, 0] }, dependsOn: 'text' },
  { shaping: 'centred', scale: { output: 'unknown', range: [null, null] }, dependsOn: 'text' },
  { shaping: 'clip_steps', scale: { output: 'unknown', range: [null, 0] }, dependsOn: 'text' },
  { shaping: 'delta_steps', scale: { output: 'unknown', range: [0, 1] }, dependsOn: 'text' },
  { shaping: { by: 'clip', least: -2, most: 3 }, scale: { output: 'logit', range: [-2, 3] }, dependsOn: 'text' },
  { shaping: { by: 'map', calibration: 'zscore' }, scale: { output: 'unknown', range: [null, null] }, dependsOn: 'set' },
])('what $shaping of a logit is: $scale', ({ shaping, scale, dependsOn }) => {
  expect(about({ entry: shaped(shaping), ...rows({ model: [1] }, 'logit') })).toMatchObject({ scale, dependsOn });
});

test('a failed score stays failed, under every shaping', () => {
  for (const shaping of [
    'par',
    'lsc',
    'centred',
    'clip_steps',
    'delta_steps',
    { by: 'map', calibration: 'zscore' },
    { by: 'clip', least: 0, most: 1 },
  ]) {
    const model = { by: { x: 'too_long', y: Number.NaN, r: 0 } };
    const { scores } = composed({ entry: shaped(shaping), members: { model }, candidates: ['x', 'y'], references: ['r'] });
    expect(scores.map(({ ok }) => ok)).toEqual([false, false]);
  }
});
