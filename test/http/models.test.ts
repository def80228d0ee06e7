/** What is listed is served: every entry of every list is walked. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { modelEntry, modelList, rewardList, strategyList } from '../../schemas/models.ts';
import { rewardKinds } from '../../src/rewards/registry.ts';
import shipped from '../../winnow.config.json' with { type: 'json' };
import { asked, expectRefusal, get, good, post, run } from './winnow.ts';

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];
const readBy = (schema: Record<string, unknown>, value: unknown) => z.fromJSONSchema(schema as JsonSchema).safeParse(value);

const models = async () => good(await get('/v1/models'), modelList).data;
const strategies = async () => good(await get('/v1/strategies'), strategyList);

test('policies, recipes and rewards are listed, each with its kind, none twice', async () => {
  const all = await models();
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  const ids = (kind: string) => all.filter(({ winnow }) => winnow.kind === kind).map(({ id }) => id);
  expect(ids('policy')).toEqual(expect.arrayContaining(['puzzles', 'chains']));
  expect(ids('recipe')).toEqual(['careful']);
  expect(ids('reward')).toEqual(['outcome', 'process']);
});

test('every model is found by its id, as it stands in the list', async () => {
  for (const entry of await models())
    expect(good(await get(`/v1/models/${encodeURIComponent(entry.id)}`), modelEntry)).toEqual(entry);
});

test('every listed policy and recipe answers a chat', async () => {
  for (const { id, winnow } of await models()) {
    if (winnow.kind === 'reward') continue;
    const answer = await post('/v1/chat/completions', { ...asked, model: id, max_tokens: 4 });
    expect(answer.status, answer.text).toBe(200);
  }
});

test('every listed reward scores and reranks', async () => {
  for (const { id, winnow } of await models()) {
    if (winnow.kind !== 'reward') continue;
    expect((await post('/v1/score', { ...asked, candidates: ['1 + 1 = 2 | 2'], rewards: [id] })).status).toBe(200);
    expect((await post('/v1/rerank', { model: id, query: 'Use 1, 1 to make 2.', documents: ['1 + 1 = 2 | 2'] })).status).toBe(
      200,
    );
  }
});

test.each(['nope', 'puzzles/x', '__proto__', 'constructor', 'puzzles%00', '..%2f..%2fetc'])('%s is no model', async (id) => {
  expectRefusal(await get(`/v1/models/${id}`), {
    status: 404,
    code: 'model_not_found',
    says: /puzzles, chains, careful, outcome, process/,
  });
});

test('a broken escape in a model’s name is the caller’s error', async () => {
  expectRefusal(await get('/v1/models/%E0%A4%A'), { status: 404, code: 'model_not_found' });
});

test('a reward where a policy belongs is pointed to its routes', async () => {
  const answer = await post('/v1/best-of-n', { ...asked, model: 'outcome' });
  expectRefusal(answer, { status: 404, code: 'model_not_found', param: 'model', says: /\/v1\/score/ });
});

test('the schema of every reward’s options takes nothing at all, and each value that it lists is served', async () => {
  for (const { name, kind, options } of good(await get('/v1/rewards'), rewardList).data) {
    expect(readBy(options, {}).success).toBe(true);
    expect(readBy(options, { nonsense: 1 }).success).toBe(false);
    if (kind !== 'process') continue;
    const { reduction } = options.properties as { reduction: { enum: string[] } };
    for (const value of reduction.enum) {
      const rewards = [{ name, reduction: value }];
      expect((await post('/v1/score', { ...asked, candidates: ['1 + 1 = 2 | 2\n2 + 1 = 3 | 3'], rewards })).status).toBe(200);
    }
  }
});

test('every kind of reward is listed once, with the schema of its entry in the config', async () => {
  const { kinds } = good(await get('/v1/rewards'), rewardList);
  expect(kinds.map(({ kind }) => kind).sort()).toEqual(rewardKinds.map(({ kind }) => kind).sort());
  for (const { kind, config, options } of kinds) {
    expect(readBy(options, {}).success, kind).toBe(true);
    expect(readBy(config, { kind: 'nonsense' }).success, kind).toBe(false);
    for (const entry of Object.values(shipped.rewards)) expect(readBy(config, entry).success, kind).toBe(entry.kind === kind);
  }
});

/** The embedded policies follow no instructions. */
const asksInstructed = (needs: readonly string[]) => needs.includes('critic') || needs.includes('planner');

const routes = { best_of_n: '/v1/best-of-n', search: '/v1/search', critique_refine: '/v1/critique-refine' } as const;

test('the schema of every strategy’s options takes nothing at all and refuses an unknown one; its defaults are what a plan says', async () => {
  for (const { name, family, options, needs } of (await strategies()).data) {
    const read = readBy(options, {});
    expect(read.success, name).toBe(true);
    expect(readBy(options, { nonsense: 1 }).success, name).toBe(false);
    if (asksInstructed(needs)) continue;
    const strategy = family === 'best_of_n' ? {} : { strategy: name };
    const plan = await post(routes[family], { ...asked, ...strategy, dry_run: true });
    expect(plan.json).toMatchObject({ strategy: name, options: read.data });
  }
});

test('every listed strategy runs on its route and in chat, or says which need the policy does not meet', async () => {
  for (const { name, family, needs } of (await strategies()).data) {
    const budget = { max_tokens: 400 };
    const native = { ...asked, budget, ...(family === 'best_of_n' ? {} : { strategy: name }) };
    const chat = { ...asked, winnow: { strategy: name, budget } };
    if (asksInstructed(needs)) {
      expectRefusal(await post(routes[family], native), { status: 422, code: 'capability_missing' });
      expectRefusal(await post('/v1/chat/completions', chat), { status: 422, code: 'capability_missing' });
      continue;
    }
    expect((await run(routes[family], native)).strategy).toBe(name);
    expect((await post('/v1/chat/completions', chat)).json).toMatchObject({ winnow: { strategy: name } });
  }
});

test('a strategy on the route of another family is refused with those that are served there', async () => {
  for (const { name, family } of (await strategies()).data) {
    for (const other of ['search', 'critique_refine'] as const) {
      if (other === family) continue;
      const answer = await post(routes[other], { ...asked, strategy: name });
      expectRefusal(answer, { status: 400, code: 'unsupported_value', param: 'strategy', says: /Served: / });
    }
  }
});

test('every listed rule selects; its schema takes its name alone and refuses an unknown option', async () => {
  const logprobs = [{ token: 'a', logprob: -1, top: [{ token: 'a', logprob: -1 }] }];
  const candidates = [1, 2].map((value) => ({ text: `Answer: ${value}`, scores: { quality: value }, logprobs }));
  for (const { name, needs, options } of (await strategies()).selection) {
    expect(readBy(options, {}).success, name).toBe(true);
    expect(readBy(options, { nonsense: 1 }).success, name).toBe(false);
    for (const selection of [name, { rule: name }]) {
      const answer = await post('/v1/select', { ...asked, model: 'chains', candidates, selection });
      if (needs.includes('judge')) expectRefusal(answer, { status: 422, code: 'capability_missing', param: 'selection.judge' });
      else expect(answer.json, answer.text).toMatchObject({ selection: { rule: name, degraded: false } });
    }
  }
});
