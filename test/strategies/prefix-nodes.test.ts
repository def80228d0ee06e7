import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PrefixNode, Response } from '../../src/strategies/prefix-nodes.ts';
import { differences, leastKnown, prefixNodes } from '../../src/strategies/prefix-nodes.ts';

const response = (units: string, outcome: number): Response => ({ units: [...units], outcome });
const example = [response('abc', 1), response('abd', 0), response('aef', 1), response('ghi', 0)];

/** The node of a beginning that stands for itself. */
function nodeOf(nodes: readonly PrefixNode[], beginning: string, responses: readonly Response[]): PrefixNode | undefined {
  return nodes.find(
    ({ length, responses: through }) =>
      responses[through[0]!]!.units.slice(0, length).join('') === beginning && length === beginning.length,
  );
}

describe('the worked example of methods C.10', () => {
  const nodes = prefixNodes(example, 1);
  test.each([
    { beginning: '', value: 0.5, shrunk: 0.5 },
    { beginning: 'a', value: 2 / 3, shrunk: 0.625 },
    { beginning: 'ab', value: 0.5, shrunk: 0.5416667 },
    { beginning: 'abc', value: 1, shrunk: 0.7708333 },
    { beginning: 'abd', value: 0, shrunk: 0.2708333 },
    { beginning: 'ae', value: 1, shrunk: 0.8125 },
    { beginning: 'g', value: 0, shrunk: 0.25 },
  ])('V("$beginning") is $value and V~ is $shrunk', ({ beginning, value, shrunk }) => {
    const node = nodeOf(nodes, beginning, example);
    expect(node?.value).toBeCloseTo(value, 9);
    expect(node?.shrunk).toBeCloseTo(shrunk, 7);
  });

  test('a chain that the same responses share is one node, its shortest beginning', () => {
    expect(nodes).toHaveLength(7);
    expect(nodeOf(nodes, 'gh', example)).toBeUndefined();
    expect(nodeOf(nodes, 'aef', example)).toBeUndefined();
  });

  test('the differences along the first response are +1/6, -1/6, +1/2; along the last -1/2, 0, 0', () => {
    const rounded = (place: number) => differences(nodes, place, example[place]!).map((change) => Math.round(change * 1e9) / 1e9);
    expect(rounded(0)).toEqual([0.166666667, -0.166666667, 0.5]);
    expect(rounded(3)).toEqual([-0.5, 0, 0]);
  });

  test('the next responses go on with g: V~ (1 - V~) / sqrt(n) is .1875 there (methods C.15)', () => {
    const node = leastKnown(nodes)!;
    expect(node).toBe(nodeOf(nodes, 'g', example));
    expect((node.shrunk * (1 - node.shrunk)) / Math.sqrt(node.responses.length)).toBeCloseTo(0.1875, 9);
  });
});

test('V~ of the prompt is its V (methods C.15); without kappa every V~ is V', () => {
  expect(prefixNodes(example, 5)[0]).toMatchObject({ length: 0, value: 0.5, shrunk: 0.5 });
  for (const { value, shrunk } of prefixNodes(example, 0)) expect(shrunk).toBeCloseTo(value, 12);
});

test('no response has no node, and nowhere to go on', () => {
  expect(prefixNodes([], 1)).toEqual([]);
  expect(leastKnown([])).toBeUndefined();
});

test('what all responses share is the prompt: they are written on from there', () => {
  const nodes = prefixNodes([response('xya', 1), response('xyb', 0)], 1);
  expect(nodes.map(({ length }) => length)).toEqual([0, 3, 3]);
  expect(leastKnown(nodes)?.length).toBe(0);
});

test('a complete response is nowhere to go on, though others have it as their beginning', () => {
  const both = [response('a', 0.5), response('ab', 0.5), response('c', 1)];
  const nodes = prefixNodes(both, 1);
  expect(nodeOf(nodes, 'a', both)).toMatchObject({ complete: true, responses: [0, 1] });
  expect(leastKnown(nodes)).toBe(nodes[0]);
});

test('of equally doubtful beginnings the one of the greater value is taken, though others come first', () => {
  const both = [response('ab', 0), response('cd', 1)];
  expect(leastKnown(prefixNodes(both, 1))?.responses).toEqual([1]);
});

test('of those of one value too the first one is taken', () => {
  const nodes = prefixNodes([response('ab', 0.5), response('cd', 0.5), response('ef', 0.5), response('gh', 0.5)], 1);
  expect(leastKnown(nodes)?.responses).toEqual([0]);
});

const responses = fc.array(
  fc.record({
    units: fc.array(fc.constantFrom('a', 'b'), { maxLength: 6 }),
    outcome: fc.integer({ min: 0, max: 8 }).map((eighths) => eighths / 8),
  }),
  { minLength: 1, maxLength: 12 },
);

test('V of a beginning is the mean of the V after it and of what ended there, by visits (methods M.20)', () => {
  fc.assert(
    fc.property(responses, (given) => {
      const nodes = prefixNodes(given, 1);
      for (const node of nodes) {
        const children = nodes.filter(({ parent }) => parent === node);
        const further = new Set(children.flatMap((child) => child.responses));
        const ended = node.responses.filter((place) => !further.has(place));
        const total =
          children.reduce((sum, child) => sum + child.value * child.responses.length, 0) +
          ended.reduce((sum, place) => sum + given[place]!.outcome, 0);
        expect(node.value).toBeCloseTo(total / node.responses.length, 9);
        expect(children.reduce((sum, child) => sum + child.responses.length, ended.length)).toBe(node.responses.length);
      }
    }),
  );
});

test('the differences along a response sum to its outcome less V of the prompt (methods M.20)', () => {
  fc.assert(
    fc.property(responses, (given) => {
      const nodes = prefixNodes(given, 1);
      for (const [place, one] of given.entries()) {
        if (one.units.length === 0) continue;
        const sum = differences(nodes, place, one).reduce((total, change) => total + change, 0);
        expect(sum).toBeCloseTo(one.outcome - nodes[0]!.value, 9);
      }
    }),
  );
});

test('every V~ lies between the least and the greatest outcome', () => {
  fc.assert(
    fc.property(responses, fc.integer({ min: 0, max: 20 }), (given, kappa) => {
      const outcomes = given.map(({ outcome }) => outcome);
      for (const { shrunk } of prefixNodes(given, kappa)) {
        expect(shrunk).toBeGreaterThanOrEqual(Math.min(...outcomes) - 1e-9);
        expect(shrunk).toBeLessThanOrEqual(Math.max(...outcomes) + 1e-9);
      }
    }),
  );
});
