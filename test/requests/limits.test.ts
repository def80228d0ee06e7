import { expect, test } from 'vitest';
import { policyConfig } from '../../schemas/config.ts';
import { fullLimits, refuseTooSmall } from '../../src/requests/limits.ts';
import { task } from '../drive.ts';
import { config } from './config.ts';

const { caps } = config;
const sampling = { ...task.sampling, max_tokens: 40 };
const capped = { max_candidates: 64, max_tokens: 2000, max_time_ms: 5000 };

test.each([
  { name: 'no budget: the caps', budget: undefined, limits: capped, warnings: 0 },
  { name: 'an empty one: the caps', budget: {}, limits: capped, warnings: 0 },
  { name: 'an integer: so many answers’ worth', budget: 8, limits: { ...capped, max_tokens: 320 }, warnings: 0 },
  { name: 'an integer at the cap', budget: 50, limits: capped, warnings: 0 },
  { name: 'an integer above the cap, with a warning', budget: 51, limits: capped, warnings: 1 },
  {
    name: 'limits of their own',
    budget: { max_tokens: 9, max_candidates: 2 },
    limits: { ...capped, max_tokens: 9, max_candidates: 2 },
    warnings: 0,
  },
  { name: 'limits at their caps', budget: capped, limits: capped, warnings: 0 },
])('$name (api.md 4)', ({ budget, limits, warnings }) => {
  const full = fullLimits(budget, sampling, caps, 'budget');
  expect(full.limits).toEqual(limits);
  expect(full.warnings).toHaveLength(warnings);
});

test.each([
  { budget: { max_candidates: 65 }, param: 'budget.max_candidates', cap: 'caps.max_n is 64' },
  { budget: { max_tokens: 2001 }, param: 'budget.max_tokens', cap: 'caps.max_tokens is 2000' },
  { budget: { max_time_ms: 5001 }, param: 'budget.max_time_ms', cap: 'caps.max_time_ms is 5000' },
])('a limit above its cap is refused by the name of the cap: $param', ({ budget, param, cap }) => {
  expect(() => fullLimits(budget, sampling, caps, 'budget')).toThrow(
    expect.objectContaining({ code: 'invalid_value', param, message: expect.stringContaining(cap) }),
  );
});

const policyOf = (step: object) =>
  policyConfig.parse({
    backend: 'local',
    model: 'policy',
    step,
    sampling: { max_tokens: 40 },
    typical_tokens: 16,
    min_useful_tokens: 8,
  });
const usual = { max_tokens: 12, typical_tokens: 6 };

test.each([
  { name: 'u is enough', maxTokens: 8, most: 40, stepwise: false, refused: false },
  { name: 'less is not', maxTokens: 7, most: 40, stepwise: false, refused: true },
  { name: 'a candidate of few tokens needs few', maxTokens: 3, most: 3, stepwise: false, refused: false },
  { name: 'of steps a usual one beside the finishing reserve is enough', maxTokens: 7, most: 40, stepwise: true, refused: false },
  { name: 'and less is not', maxTokens: 6, most: 40, stepwise: true, refused: true },
  { name: 'where steps are long, an answer', maxTokens: 8, most: 40, stepwise: true, step: { tokens: 8 }, refused: false },
  { name: 'and no less', maxTokens: 7, most: 40, stepwise: true, step: { tokens: 8 }, refused: true },
])('too small: $name', ({ maxTokens, most, stepwise, step = usual, refused }) => {
  const beginning = { stepwise, reserveOf: (tokens: number) => Math.floor(tokens / 4) };
  const check = () =>
    refuseTooSmall({ max_tokens: maxTokens }, policyOf(step), { ...sampling, max_tokens: most }, beginning, 'budget');
  if (refused) expect(check).toThrow(expect.objectContaining({ code: 'budget_too_small', param: 'budget.max_tokens' }));
  else expect(check).not.toThrow();
});
