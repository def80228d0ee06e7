/** first_wrong_step with a critic behind OpenAI's chat: its words decide where a version is cut. */
import { afterAll, describe, expect, test } from 'vitest';
import shipped from '../../winnow.config.json' with { type: 'json' };
import { expectAccounts } from './accounts.ts';
import { type ChatRequest, chatServer } from './chat-server.ts';
import { configured, shippedModels } from './configured.ts';
import { asked, critiqueRefine, expectRefusal, post } from './winnow.ts';

/** What the critic says of an answer. */
let reply: (answer: string) => string = () => '';
const read: string[] = [];

const server = await chatServer((request: ChatRequest) => {
  const content = request.messages[0]!.content;
  const [, , answer = ''] = /<answer (\w+)>\n([\s\S]*)\n<\/answer \1>$/.exec(content) ?? [];
  read.push(answer);
  return {
    choices: [{ index: 0, message: { role: 'assistant', content: reply(answer) }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 50, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 0 } },
  };
});
afterAll(() => server.close());

const call = configured({
  ...shipped,
  backends: { ...shipped.backends, server: { kind: 'openai', url: server.url, accepts: ['seed'] } },
  policies: {
    ...shipped.policies,
    reader: { ...shipped.policies.puzzles, backend: 'server', model: 'judge', instruct: true, rewards: [], process_reward: null },
  },
  models: shippedModels,
});

const critic = { find: 'critic', critic: 'reader' };
const refine = async (options: object, more: object = {}) => {
  read.length = 0;
  const body = { options: { ...critic, ...options }, sampling: { seed: 3 }, return: { candidates: 'all', tree: true }, ...more };
  return await critiqueRefine(body, call);
};

/** A passage that begins inside a step: neither a step nor a token need end before it. */
const passage = (answer: string): string => answer.slice(5, 12);

describe('a critic that quotes', () => {
  test('what it quotes is cut off, and what stands before it is the beginning of the next version', async () => {
    reply = (answer) =>
      read.length === 1 ? `Wrong:\n\`\`\`json\n${JSON.stringify([passage(answer)])}\n\`\`\`` : 'VERDICT: done';
    const run = await refine({ max_rounds: 2 });
    expect(run.candidates!.length).toBeGreaterThan(1);
    const [first, second] = run.candidates!;
    expect(read[0]).toBe(first!.text);
    expect(second!.id).toBe('0.0@5c.0');
    expect(second!.text!.startsWith(first!.text!.slice(0, 5))).toBe(true);
    expect(run.tree!.map(({ id }) => id)).toEqual(expect.arrayContaining(['0.0', '0.0@5c', '0.0@5c.0']));
    expect(run.account.critic_tokens).toBe(7 * read.length);
    expectAccounts(run);
  });

  test('where it says that nothing is wrong, the first version is the answer', async () => {
    reply = () => 'I checked each step.\nVERDICT: done';
    const run = await refine({ max_rounds: 2 });
    expect(run).toMatchObject({ stop_reason: 'converged', candidates: [{ id: '0.0' }] });
    expectAccounts(run);
  });

  test('a reply that cannot be read is not an approval, and is told', async () => {
    reply = () => 'Looks good.';
    const run = await refine({ max_rounds: 2 });
    expect(run.stop_reason).not.toBe('converged');
    expect(run.candidates).toHaveLength(1);
    expect(run.warnings.join()).toMatch(/could not be read: 1 of 1/);
  });

  test('without any reward the version whose first mistake comes latest is the answer', async () => {
    reply = (answer) => JSON.stringify([answer.slice(read.length === 2 ? 9 : 5)]);
    const run = await refine({ max_rounds: 2 }, { rewards: [] });
    expect(read).toHaveLength(3);
    expect(run.choice.message.content).toBe(read[1]);
    expect(run.account.rewards).toEqual({});
  });

  test('a critic that follows no instructions, or that nobody knows, is refused before anything is spent', async () => {
    const ask = (name: string) => post('/v1/critique-refine', { ...asked, options: { find: 'critic', critic: name } }, call);
    expectRefusal(await ask('puzzles'), { status: 422, code: 'capability_missing', param: 'options.critic' });
    expectRefusal(await ask('nobody'), { status: 404, code: 'model_not_found', param: 'options.critic' });
  });
});
