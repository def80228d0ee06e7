/** The same run in the Worker and next to the models. */
import { expect, inject, test } from 'vitest';
import { familyOf } from '../../src/strategies/registry.ts';
import { expectAccounts } from './accounts.ts';
import { allEvents, asked, bestOfN, critiqueRefine, expectRefusal, post, repeatable, search, send } from './winnow.ts';

/** Of a run, all that must not depend on where it is driven. */
const same = (run: Readonly<Record<string, unknown>>) => {
  const { execution: _, ...rest } = repeatable(run);
  return rest;
};

const served = familyOf('search').filter(({ needs }) => !needs.critic && !needs.planner);

test.each(served)('$name: equal results for equal seeds, in one round trip next to the models', async ({ name, width }) => {
  const body = { strategy: name, options: width(4), sampling: { seed: 11 }, return: { candidates: 'all', tree: true } };
  const edge = await search({ ...body, execution: 'edge' });
  const backend = await search({ ...body, execution: 'backend' });
  expect([edge.execution, backend.execution]).toEqual(['edge', 'backend']);
  expect(same(backend)).toEqual(same(edge));
  expectAccounts(backend);
  expect(edge.timing.round_trips_saved).toBeGreaterThan(0); // scores came with what was written
  expect(edge.timing.round_trips).toBeGreaterThan(1);
  expect(backend.timing.round_trips).toBe(1);
  expect(1 + backend.timing.round_trips_saved).toBe(edge.timing.round_trips + edge.timing.round_trips_saved);
});

test.each([
  { step: { delimiter: '\n' } },
  { step: { tokens: 6 } },
  { step: { pattern: '\\n|, ' } },
  { step: { marks: ['=', '\n'] } },
])('however steps end, every round is one round trip: its scores come with it ($step)', async ({ step }) => {
  const options = { keep: 2, branch: 2, max_steps: 3, min_completed: 256 };
  const run = await search({ step, options, rewards: [], selection: { rule: 'argmax', reward: 'process' }, execution: 'edge' });
  expect(run.timing.round_trips_saved).toBeGreaterThanOrEqual(2);
  expect(run.timing.round_trips).toBe(run.timing.round_trips_saved);
});

test('auto goes to the models where there are many rounds, and not for one', async () => {
  expect((await search()).execution).toBe('backend');
  expect((await search({ execution: 'auto' })).execution).toBe('backend');
  expect((await critiqueRefine()).execution).toBe('backend');
  expect((await bestOfN()).execution).toBe('edge');
});

test('best-of-N runs there too where it is asked to', async () => {
  const body = { n: 4, sampling: { seed: 12 } };
  const edge = await bestOfN(body);
  const backend = await bestOfN({ ...body, execution: 'backend' });
  expect(edge.timing).toMatchObject({ round_trips: 1, round_trips_saved: 1 }); // its scores came with it
  expect(backend.timing).toMatchObject({ round_trips: 1, round_trips_saved: 1 });
  expect(same(backend)).toEqual(same(edge));
});

test('refining is the same there', async () => {
  const body = { options: { max_rounds: 3 }, sampling: { seed: 3 }, return: { candidates: 'all' } };
  const edge = await critiqueRefine({ ...body, execution: 'edge' });
  expect(same(await critiqueRefine({ ...body, execution: 'backend' }))).toEqual(same(edge));
});

test.each(['edge', 'backend'])('%s: events stream through as they happen, in the order of the run', async (execution) => {
  const body = { ...asked, stream: true, execution, sampling: { seed: 4 }, return: { candidates: 'all', tree: true } };
  const events = (await allEvents(await send('/v1/search', body))).filter(({ event }) => event !== undefined);
  const told = events.map(({ event, data }) => ({ event, data: JSON.parse(data) }));
  expect(told.at(-1)!.event).toBe('result');
  expect(new Set(told.map(({ event }) => event))).toEqual(new Set(['candidate', 'score', 'round', 'prune', 'node', 'result']));
  const spent = told.flatMap(({ event, data }) => (event === 'round' ? [data.spent.tokens as number] : []));
  expect(spent.length).toBeGreaterThan(1);
  expect(spent).toEqual(spent.toSorted((a, b) => a - b));
  expect(new Set(spent).size).toBe(spent.length); // each round was told before the next one was booked
  for (const { data } of told.filter(({ event }) => event === 'candidate')) expect(data.text).not.toBe('');
});

test('events of both places are the same, in the same order', async () => {
  const of = async (execution: string) => {
    const body = { ...asked, stream: true, execution, sampling: { seed: 5 }, return: { candidates: 'all' } };
    const events = await allEvents(await send('/v1/search', body));
    return events.flatMap(({ event, data }) => {
      if (event === undefined || event === 'result') return [];
      const { spent: _, ...rest } = JSON.parse(data);
      return [{ event, rest }];
    });
  };
  expect(await of('backend')).toEqual(await of('edge'));
});

test('a chat answer streams from there piece by piece', async () => {
  const body = {
    ...asked,
    stream: true,
    seed: 6,
    winnow: { strategy: 'first_wrong_step', options: { max_rounds: 1 }, execution: 'backend' },
  };
  const events = await allEvents(await send('/v1/chat/completions', body));
  const chunks = events.flatMap(({ data }) => (data && data !== '[DONE]' ? [JSON.parse(data)] : []));
  expect(chunks.at(-1).winnow.execution).toBe('backend');
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).not.toBe('');
});

test('a tight budget is kept there as here, and the best open prefix is written to its end', async () => {
  for (const max_tokens of [30, 60, 120]) {
    const body = { budget: { max_tokens }, sampling: { seed: 7 } };
    const [edge, backend] = [await search({ ...body, execution: 'edge' }), await search({ ...body, execution: 'backend' })];
    expect(same(backend)).toEqual(same(edge));
    expect(backend.budget.spent.tokens).toBeLessThanOrEqual(max_tokens);
  }
});

test.each(['edge', 'backend'])('%s: a time limit ends a run there with what it has', async (execution) => {
  const run = await search({
    // the first answers end in the first rounds, and hundreds of rounds follow
    strategy: 'ab_mcts',
    options: { iterations: 2048, parallel: 4 },
    budget: { max_time_ms: 900 },
    execution,
  });
  expect(run.stop_reason).toBe('max_time');
  expect(run.choice.message.content).not.toBe('');
  expect(run.timing.total_ms).toBeLessThan(3000); // the limit, and what a busy machine takes to answer
});

test.each([
  { said: 'a character that the policy cannot read', prompt: 'Use \0', status: 422, code: 'prompt_unsupported', param: 'prompt' },
  { said: 'a long prompt', prompt: '1 '.repeat(500), status: 400, code: 'context_length_exceeded', param: 'prompt' },
  { said: 'an emoji in a message', content: '😀', status: 422, code: 'prompt_unsupported', param: 'messages' },
])('$said is refused alike in both places: at $param', async ({ prompt, content, ...refusal }) => {
  const told = prompt === undefined ? { messages: [{ role: 'user', content }] } : { prompt };
  for (const execution of ['edge', 'backend']) expectRefusal(await post('/v1/search', { ...told, execution }), refusal);
});

test('an unknown place is refused', async () => {
  const answer = await post('/v1/search', { ...asked, execution: 'moon' });
  expectRefusal(answer, { status: 400, code: 'invalid_value', param: 'execution' });
});

test('a body of /run that is not one is refused by the backend with its field', async () => {
  const answer = await post('/run', { strategy: 'beam_search' }, { url: inject('winnow').backendUrl! });
  expect(answer.status).toBe(400);
  expect(answer.json).toMatchObject({ error: { code: 'missing_required_parameter', param: 'id' } });
});
