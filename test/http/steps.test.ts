/** Where a step ends, as a request says it: over the embedded models. */
import { expect, test } from 'vitest';
import { expectAccounts, expectBestScore } from './accounts.ts';
import { asked, bestOfN, critiqueRefine, expectRefusal, post, puzzle, repeatable, search } from './winnow.ts';

const small = { options: { keep: 2, branch: 2 }, return: { candidates: 'all' } };

test.each([
  { step: { pattern: '\\n|, ' } },
  { step: { pattern: '[.\\n]+', max_tokens: 24 } },
  { step: { tokens: 8 } },
  { step: { marks: ['=', '\n'] } },
  { step: { delimiter: ' ' } },
])('a search by $step: one score a step, its sums are right, and a seeded one repeats (methods C.0)', async ({ step }) => {
  const request = { ...small, step, sampling: { seed: 5 } };
  const [run, again] = [await search(request), await search(request)];
  expect(run).toMatchObject({ strategy: 'beam_search', complete: true });
  for (const { scores, steps = [], text } of run.candidates!) {
    expect(steps.map((one) => one.text).join('')).toBe(text);
    const score = scores.process!;
    if (score.ok) expect(score.steps).toHaveLength(steps.length);
  }
  expectAccounts(run);
  expectBestScore(run, 'outcome');
  expect(repeatable(again)).toEqual(repeatable(run));
});

test('steps by a pattern end where it matches, and nowhere else', async () => {
  const { candidates = [] } = await search({ ...small, step: { pattern: '\\n|, ' }, sampling: { seed: 5 } });
  const steps = candidates.flatMap(({ steps: all = [] }) => all.slice(0, -1).map(({ text }) => text));
  expect(steps.length).toBeGreaterThan(0);
  for (const step of steps) expect(step).toMatch(/^([^\n,]|,(?! ))*(\n|, )$/);
});

test('steps by tokens have so many, but for the last', async () => {
  const sampling = { seed: 5, logprobs: 0 };
  const { candidates = [] } = await search({ ...small, step: { tokens: 8 }, sampling });
  for (const { steps = [], logprobs = [] } of candidates) {
    expect(steps).toHaveLength(Math.ceil((logprobs.length - 1) / 8)); // its end token is in no step
    for (const [place, { text }] of steps.entries()) {
      const own = logprobs.slice(8 * place, 8 * place + 8).map(({ token }) => token);
      expect(own.join('').startsWith(text)).toBe(true);
    }
  }
});

test('whole answers are cut by the same rule, and a first wrong step too', async () => {
  const sampling = { seed: 3, logprobs: 0 };
  const rewards = [{ name: 'process', reduction: 'min' }];
  const whole = await bestOfN({ n: 3, rewards, step: { tokens: 8 }, sampling, return: { candidates: 'all' } });
  for (const { steps = [], tokens } of whole.candidates!) expect(steps).toHaveLength(Math.ceil((tokens - 1) / 8));
  const refined = await critiqueRefine({ step: { tokens: 8 }, options: { max_rounds: 3 }, sampling: { seed: 3 } });
  expectAccounts(refined);
});

test('in chat it stands inside `winnow`', async () => {
  const messages = [{ role: 'user', content: puzzle }];
  const winnow = { strategy: 'beam_search', ...small, step: { tokens: 8 } };
  const answer = await post('/v1/chat/completions', { messages, seed: 5, winnow });
  const run = await search({ ...small, step: { tokens: 8 }, sampling: { seed: 5 } });
  expect(answer.json).toMatchObject({ choices: [{ message: { content: run.choice.message.content } }] });
  const refused = await post('/v1/chat/completions', { messages, winnow: { ...winnow, step: { pattern: '' } } });
  expectRefusal(refused, { status: 400, code: 'invalid_value', param: 'winnow.step.pattern' });
});

test.each([
  { said: 'two rules', step: { delimiter: '\n', pattern: '\\n' }, param: 'step.pattern', says: /one rule.*delimiter/ },
  { said: 'a limit beside tokens', step: { tokens: 8, max_tokens: 8 }, param: 'step.max_tokens', says: /8 tokens/ },
  { said: 'no RE2', step: { pattern: '(?<=a)b' }, param: 'step.pattern', says: /RE2/ },
  { said: 'a pattern that matches nothing at all', step: { pattern: 'a*' }, param: 'step.pattern', says: /empty string/ },
  { said: 'a pattern of too many instructions', step: { pattern: '(a{9}){30}' }, param: 'step.pattern', says: /instructions/ },
  { said: 'no tokens', step: { tokens: 0 }, param: 'step.tokens' },
  { said: 'no marks', step: { marks: [] }, param: 'step.marks' },
  { said: 'an empty mark', step: { marks: ['a', ''] }, param: 'step.marks[1]' },
  { said: 'an unknown member', step: { separator: 'x' }, param: 'step.separator', code: 'unknown_parameter' },
  { said: 'no object', step: 'x', param: 'step' },
])('steps by $said are refused: 400 at $param', async ({ step, param, says = /./, code = 'invalid_value' }) => {
  for (const path of ['/v1/search', '/v1/best-of-n', '/v1/critique-refine'])
    expectRefusal(await post(path, { ...asked, step }), { status: 400, code, param, says });
});

test('given texts are cut by the policy’s rule; the member is none of theirs', async () => {
  const body = { ...asked, candidates: ['a'], rewards: ['process'], step: { tokens: 8 } };
  expectRefusal(await post('/v1/score', body), { status: 400, code: 'unknown_parameter', param: 'step' });
});
