import { expect, test } from 'vitest';
import type { BudgetRequest } from '../../schemas/budget.ts';
import { joinSources, type Source } from '../../src/requests/size.ts';
import { strategyNamed } from '../../src/strategies/registry.ts';

const beamSearch = strategyNamed('beam_search')!;
const bestOfN = strategyNamed('best_of_n')!;
const source = (options: object = {}, budget?: BudgetRequest): Source => ({ budget, options: { ...options }, path: 'options.' });

test.each([
  { name: 'nothing said', sources: [source()], budget: undefined, options: {} },
  { name: 'a width', sources: [source({ keep: 2 })], budget: undefined, options: { keep: 2 } },
  { name: 'an integer is tokens and width', sources: [source({}, 16)], budget: 16, options: { keep: 4, branch: 4 } },
  {
    name: 'an integer and the same width agree',
    sources: [source({ keep: 4 }, 16)],
    budget: 16,
    options: { keep: 4, branch: 4 },
  },
  {
    name: 'limits leave the width alone',
    sources: [source({ keep: 2 }, { max_tokens: 9 })],
    budget: { max_tokens: 9 },
    options: { keep: 2 },
  },
  {
    name: 'a budget above replaces budget and width below together',
    sources: [source({}, { max_tokens: 9 }), source({ keep: 8, branch: 8 }, 64)],
    budget: { max_tokens: 9 },
    options: {},
  },
  {
    name: 'a width above replaces the budget below too',
    sources: [source({ keep: 2 }), source({ branch: 8 }, { max_tokens: 9 })],
    budget: undefined,
    options: { keep: 2 },
  },
  {
    name: 'other options are taken one by one, the highest first',
    sources: [source({ dedupe: false }), source({ dedupe: true, max_steps: 3 }, 4)],
    budget: 4,
    options: { dedupe: false, max_steps: 3, keep: 1, branch: 4 },
  },
  {
    name: 'the first that says anything decides',
    sources: [source(), source({}, 1), source({}, 4)],
    budget: 1,
    options: { keep: 1, branch: 1 },
  },
])('$name (api.md 1)', ({ sources, budget, options }) => {
  expect(joinSources(sources, beamSearch)).toEqual({ budget, options });
});

test.each([
  { strategy: bestOfN, given: source({ n: 8 }, 4), says: ['budget 4', 'n 4', 'options.n says 8'], param: 'options.n' },
  { strategy: beamSearch, given: source({ keep: 3 }, 16), says: ['keep 4', 'says 3'], param: 'options.keep' },
  { strategy: bestOfN, given: source({ n: '4' }, 4), says: ['says "4"'], param: 'options.n' },
])('a budget and a width that disagree in one place are refused by both names', ({ strategy, given, says, param }) => {
  for (const part of says)
    expect(() => joinSources([given], strategy)).toThrow(
      expect.objectContaining({ code: 'invalid_value', param, message: expect.stringContaining(part) }),
    );
});

test('a budget above and a width below do not disagree', () => {
  expect(joinSources([source({}, 4), source({ n: 8 })], bestOfN)).toEqual({ budget: 4, options: { n: 4 } });
});
