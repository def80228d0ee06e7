import { expect, test } from 'vitest';
import type { BudgetRequest } from '../../schemas/budget.ts';
import type { Place } from '../../src/requests/size.ts';
import { joinPlaces } from '../../src/requests/size.ts';
import { strategyNamed } from '../../src/strategies/registry.ts';

const beamSearch = strategyNamed('beam_search')!;
const bestOfN = strategyNamed('best_of_n')!;
const place = (options: object = {}, budget?: BudgetRequest): Place => ({ budget, options: { ...options }, path: 'options.' });

test.each([
  { name: 'nothing said', places: [place()], budget: undefined, options: {} },
  { name: 'a width', places: [place({ keep: 2 })], budget: undefined, options: { keep: 2 } },
  { name: 'an integer is tokens and width', places: [place({}, 16)], budget: 16, options: { keep: 4, branch: 4 } },
  { name: 'an integer and the same width agree', places: [place({ keep: 4 }, 16)], budget: 16, options: { keep: 4, branch: 4 } },
  {
    name: 'limits leave the width alone',
    places: [place({ keep: 2 }, { max_tokens: 9 })],
    budget: { max_tokens: 9 },
    options: { keep: 2 },
  },
  {
    name: 'a budget above replaces budget and width below together',
    places: [place({}, { max_tokens: 9 }), place({ keep: 8, branch: 8 }, 64)],
    budget: { max_tokens: 9 },
    options: {},
  },
  {
    name: 'a width above replaces the budget below too',
    places: [place({ keep: 2 }), place({ branch: 8 }, { max_tokens: 9 })],
    budget: undefined,
    options: { keep: 2 },
  },
  {
    name: 'other options are taken one by one, the highest first',
    places: [place({ dedupe: false }), place({ dedupe: true, max_steps: 3 }, 4)],
    budget: 4,
    options: { dedupe: false, max_steps: 3, keep: 1, branch: 4 },
  },
  {
    name: 'the first that says anything decides',
    places: [place(), place({}, 1), place({}, 4)],
    budget: 1,
    options: { keep: 1, branch: 1 },
  },
])('$name (api.md 1)', ({ places, budget, options }) => {
  expect(joinPlaces(places, beamSearch)).toEqual({ budget, options });
});

test.each([
  { strategy: bestOfN, given: place({ n: 8 }, 4), says: ['budget 4', 'n 4', 'options.n says 8'], param: 'options.n' },
  { strategy: beamSearch, given: place({ keep: 3 }, 16), says: ['keep 4', 'says 3'], param: 'options.keep' },
  { strategy: bestOfN, given: place({ n: '4' }, 4), says: ['says "4"'], param: 'options.n' },
])('a budget and a width that disagree in one place are refused by both names', ({ strategy, given, says, param }) => {
  for (const part of says)
    expect(() => joinPlaces([given], strategy)).toThrow(
      expect.objectContaining({ code: 'invalid_value', param, message: expect.stringContaining(part) }),
    );
});

test('a budget above and a width below do not disagree', () => {
  expect(joinPlaces([place({}, 4), place({ n: 8 })], bestOfN)).toEqual({ budget: 4, options: { n: 4 } });
});
