/** What nobody should send: each is refused with the status, the code and the field, and the next request is served. */
import { request as plainRequest } from 'node:http';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { asked, bestOfN, expectNothingOfOurs, expectRefusal, get, post, puzzle, type Refusal, read, send } from './winnow.ts';

interface Hostile extends Refusal {
  readonly said: string;
  readonly body: unknown;
}

const BON = '/v1/best-of-n';
const CHAT = '/v1/chat/completions';
const value = (param: string, says?: RegExp) => ({ status: 400, code: 'invalid_value', param, ...(says ? { says } : {}) });
const unknown = (param: string) => ({ status: 400, code: 'unknown_parameter', param });
const unsupported = (param: string) => ({ status: 400, code: 'unsupported_value', param });
const unread = { status: 422, code: 'prompt_unsupported' };

/** The body as JSON text, with the JSON literal `raw` as the value of `field`: what JSON.stringify cannot write. */
const withRaw = (field: string, raw: string, rest: object = asked) =>
  JSON.stringify({ ...rest, [field]: '@' }).replace('"@"', raw);

const bodies: Hostile[] = [
  { said: 'an empty body', body: '', status: 400, code: 'invalid_json', param: null, says: /empty/ },
  { said: 'white space', body: ' \n\t', status: 400, code: 'invalid_json', param: null },
  { said: 'half an object', body: '{"prompt": "a"', status: 400, code: 'invalid_json', param: null },
  { said: 'a trailing comma', body: '{"prompt": "a",}', status: 400, code: 'invalid_json', param: null },
  { said: 'NaN as a literal', body: '{"prompt": "a", "n": NaN}', status: 400, code: 'invalid_json', param: null },
  { said: 'a form', body: 'prompt=a&n=2', status: 400, code: 'invalid_json', param: null },
  { said: 'XML', body: '<prompt>a</prompt>', status: 400, code: 'invalid_json', param: null },
  { said: 'an array', body: '[]', status: 400, code: 'invalid_value', param: null },
  { said: 'null', body: 'null', status: 400, code: 'invalid_value', param: null },
  { said: 'a number', body: '7', status: 400, code: 'invalid_value', param: null },
  { said: 'a string', body: '"prompt"', status: 400, code: 'invalid_value', param: null },
  { said: 'true', body: 'true', status: 400, code: 'invalid_value', param: null },
];

const depth = 100_000;
const deep: Hostile[] = [
  { said: 'arrays in arrays', body: '['.repeat(depth) + ']'.repeat(depth), status: 400, code: 'invalid_value' },
  { said: 'arrays without an end', body: '['.repeat(depth), status: 400, code: 'invalid_json' },
  { said: 'a field of them', body: withRaw('n', '['.repeat(depth) + ']'.repeat(depth)), ...value('n') },
  {
    said: 'objects as a selection',
    body: withRaw('selection', `${'{"rule":'.repeat(depth)}1${'}'.repeat(depth)}`),
    status: 400,
    code: 'invalid_value',
  },
  {
    said: 'objects as messages',
    body: withRaw('messages', `${'[{"content":'.repeat(depth)}1${'}]'.repeat(depth)}`),
    status: 400,
    code: 'missing_required_parameter',
  },
];

const numbers: Hostile[] = [
  { said: 'n = 0', body: { n: 0 }, ...value('n', /1.*0/) },
  { said: 'n = -1', body: { n: -1 }, ...value('n') },
  { said: 'n = 257', body: { n: 257 }, ...value('n', /256.*257/) },
  { said: 'n = 100000', body: { n: 100_000 }, ...value('n', /256.*100000/) },
  { said: 'n = "8"', body: { n: '8' }, ...value('n', /"8"/) },
  { said: 'n = 8.5', body: { n: 8.5 }, ...value('n') },
  { said: 'n = null', body: { n: null }, ...value('n') },
  { said: 'n = true', body: { n: true }, ...value('n') },
  { said: 'n = [8]', body: { n: [8] }, ...value('n') },
  { said: 'n = 1e400', body: withRaw('n', '1e400'), ...value('n') },
  { said: 'temperature "NaN"', body: { sampling: { temperature: 'NaN' } }, ...value('sampling.temperature', /NaN/) },
  { said: 'temperature -1', body: { sampling: { temperature: -1 } }, ...value('sampling.temperature', /0.*-1/) },
  { said: 'temperature 2.01', body: { sampling: { temperature: 2.01 } }, ...value('sampling.temperature', /2.*2\.01/) },
  { said: 'temperature 1e400', body: withRaw('sampling', '{"temperature": 1e400}'), ...value('sampling.temperature') },
  { said: 'top_p 0', body: { sampling: { top_p: 0 } }, ...value('sampling.top_p') },
  { said: 'top_p 1.1', body: { sampling: { top_p: 1.1 } }, ...value('sampling.top_p') },
  { said: 'top_k -1', body: { sampling: { top_k: -1 } }, ...value('sampling.top_k') },
  { said: 'top_k 1.5', body: { sampling: { top_k: 1.5 } }, ...value('sampling.top_k') },
  { said: 'min_p 2', body: { sampling: { min_p: 2 } }, ...value('sampling.min_p') },
  { said: 'max_tokens 0', body: { sampling: { max_tokens: 0 } }, ...value('sampling.max_tokens') },
  { said: 'max_tokens 1e12', body: { sampling: { max_tokens: 1e12 } }, ...value('sampling.max_tokens') },
  {
    said: 'max_tokens above the cap of a request',
    body: { sampling: { max_tokens: 65_537 } },
    ...value('sampling.max_tokens', /caps\.max_tokens/),
  },
  { said: 'logprobs true', body: { sampling: { logprobs: true } }, ...value('sampling.logprobs') },
  { said: 'a seed of 30 digits', body: withRaw('sampling', `{"seed": ${'9'.repeat(30)}}`), ...value('sampling.seed') },
  { said: 'an empty stop string', body: { sampling: { stop: '' } }, ...value('sampling.stop') },
  { said: 'seventeen stop strings', body: { sampling: { stop: Array(17).fill('a') } }, ...value('sampling.stop') },
  { said: 'a stop string that is long', body: { sampling: { stop: ['a'.repeat(257)] } }, ...value('sampling.stop[0]') },
];

const prompts: Hostile[] = [
  { said: 'no messages', body: { messages: [] }, ...value('messages') },
  { said: 'messages null', body: { messages: null }, ...value('messages') },
  { said: 'messages a string', body: { messages: puzzle }, ...value('messages') },
  { said: 'a message null', body: { messages: [null] }, ...value('messages[0]') },
  {
    said: 'a message without a role',
    body: { messages: [{ content: 'a' }] },
    status: 400,
    code: 'missing_required_parameter',
    param: 'messages[0].role',
  },
  {
    said: 'a message without content',
    body: { messages: [{ role: 'user' }] },
    status: 400,
    code: 'missing_required_parameter',
    param: 'messages[0].content',
  },
  { said: 'content null', body: { messages: [{ role: 'user', content: null }] }, ...value('messages[0].content') },
  { said: 'a role of nobody', body: { messages: [{ role: 'robot', content: 'a' }] }, ...value('messages[0].role') },
  { said: '1025 messages', body: { messages: Array(1025).fill({ role: 'user', content: 'a' }) }, ...value('messages') },
  { said: 'both messages and prompt', body: { prompt: 'a' }, ...value('prompt') },
  { said: 'an empty prompt', body: { messages: undefined, prompt: '' }, ...value('prompt') },
  { said: 'a prompt that is a number', body: { messages: undefined, prompt: 7 }, ...value('prompt') },
  { said: 'a prompt of prompts', body: { messages: undefined, prompt: ['a', 'b'] }, ...value('prompt') },
  { said: 'an emoji', body: { messages: undefined, prompt: 'Use 😀' }, ...unread, param: 'prompt', says: /😀/ },
  { said: 'a NUL', body: { messages: undefined, prompt: 'Use \0' }, ...unread, param: 'prompt' },
  { said: 'a lone surrogate', body: '{"prompt": "Use \\ud800"}', ...unread, param: 'prompt' },
  { said: 'a turned pair of surrogates', body: '{"prompt": "Use \\udc00\\ud800"}', ...unread, param: 'prompt' },
  { said: 'a byte order mark', body: { messages: undefined, prompt: '\ufeffUse 1' }, ...unread, param: 'prompt' },
  { said: 'an emoji in a message', body: { messages: [{ role: 'user', content: '😀' }] }, ...unread, param: 'messages' },
  {
    said: 'an image part',
    body: { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com' } }] }] },
    ...unsupported('messages[0].content[0]'),
  },
  {
    said: 'an audio part',
    body: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'input_audio', input_audio: {} },
          ],
        },
      ],
    },
    ...unsupported('messages[0].content[1]'),
  },
  {
    said: 'a million characters',
    body: { messages: undefined, prompt: '1 '.repeat(500_000) },
    status: 400,
    code: 'context_length_exceeded',
    param: 'prompt',
  },
  {
    said: 'a million characters of one kind',
    body: { messages: undefined, prompt: '1'.repeat(1_000_000) },
    status: 400,
    code: 'context_length_exceeded',
    param: 'prompt',
  },
  {
    said: 'a message of a million characters',
    body: { messages: [{ role: 'user', content: 'Use '.repeat(250_000) }] },
    status: 400,
    code: 'context_length_exceeded',
    param: 'messages',
  },
];

const names: Hostile[] = [
  ...['nope', '', '__proto__', 'constructor', 'toString', '../puzzles', 'puzzles\0', 'puzzles ', 'x'.repeat(10_000)].map(
    (model) => ({
      said: `the model ${JSON.stringify(model.slice(0, 20))}`,
      body: { model },
      ...(model === ''
        ? value('model')
        : { status: 404, code: 'model_not_found', param: 'model', says: /puzzles, chains.*careful/ }),
    }),
  ),
  { said: 'the model null', body: { model: null }, ...value('model') },
  {
    said: 'an unknown reward',
    body: { rewards: ['nope'] },
    status: 404,
    code: 'model_not_found',
    param: 'rewards[0]',
    says: /outcome, process/,
  },
  {
    said: 'the reward __proto__',
    body: { rewards: [{ name: '__proto__' }] },
    status: 404,
    code: 'model_not_found',
    param: 'rewards[0]',
  },
  { said: 'a reward that is a number', body: { rewards: [1] }, ...value('rewards[0]') },
  { said: 'rewards as a string', body: { rewards: 'outcome' }, ...value('rewards') },
  { said: 'an unknown reduction', body: { rewards: [{ name: 'process', reduction: 'max' }] }, ...value('rewards[0].reduction') },
  {
    said: 'an unknown rule',
    body: { selection: 'nope' },
    ...unsupported('selection'),
    says: /argmax, majority_vote, weighted_vote/,
  },
  { said: 'the rule constructor', body: { selection: { rule: 'constructor' } }, ...unsupported('selection.rule') },
  { said: 'a rule that is a number', body: { selection: 7 }, ...value('selection') },
  {
    said: 'a rule without a name',
    body: { selection: {} },
    status: 400,
    code: 'missing_required_parameter',
    param: 'selection.rule',
  },
  { said: 'an unknown return', body: { return: { candidates: 'some' } }, ...value('return.candidates') },
  { said: 'an unknown execution', body: { execution: 'moon' }, ...value('execution') },
  { said: 'stream "yes"', body: { stream: 'yes' }, ...value('stream') },
  { said: 'dry_run 1', body: { dry_run: 1 }, ...value('dry_run') },
  { said: 'a user that is an object', body: { user: {} }, ...value('user') },
  { said: 'metadata that is a list', body: { metadata: [] }, ...value('metadata') },
];

const strangers: Hostile[] = [
  { said: 'at the top', body: { temprature: 1 }, ...unknown('temprature') },
  { said: 'in sampling', body: { sampling: { temprature: 1 } }, ...unknown('sampling.temprature') },
  { said: 'in a reward', body: { rewards: [{ name: 'outcome', scale: 2 }] }, ...unknown('rewards[0].scale') },
  { said: 'in the selection', body: { selection: { rule: 'argmax', best: 1 } }, ...unknown('selection.best') },
  { said: 'in the budget', body: { budget: { tokens: 5 } }, ...unknown('budget.tokens') },
  { said: 'in return', body: { return: { text: true } }, ...unknown('return.text') },
  {
    said: '__proto__ at the top',
    body: withRaw('__proto__x', '{"n": 3}').replace('__proto__x', '__proto__'),
    ...unknown('__proto__'),
  },
  { said: 'constructor at the top', body: { constructor: { prototype: { n: 1 } } }, ...unknown('constructor') },
  { said: '__proto__ in sampling', body: withRaw('sampling', '{"__proto__": {"seed": 3}}'), ...unknown('sampling.__proto__') },
  { said: 'a name of ten thousand characters', body: { ['x'.repeat(10_000)]: 1 }, status: 400, code: 'unknown_parameter' },
];

const groups: Record<string, Hostile[]> = { bodies, 'deep nesting': deep, numbers, prompts, names, 'unknown members': strangers };

describe.each(Object.entries(groups))('%s', (_, cases) => {
  test.each(cases)(`POST ${BON}: $said -> $status $code at $param`, async ({ body, said: __, ...refusal }) => {
    const answer = await post(BON, typeof body === 'string' ? body : { ...asked, ...(body as object) });
    expectRefusal(answer, refusal);
    expect(answer.text.length).toBeLessThan(2000); // what was given is shown in short
  });
});

describe('chat', () => {
  const cases: Hostile[] = [
    { said: 'no messages', body: { messages: [] }, ...value('messages') },
    {
      said: 'messages missing',
      body: { messages: undefined },
      status: 400,
      code: 'missing_required_parameter',
      param: 'messages',
    },
    { said: 'n = 0', body: { n: 0 }, ...value('n') },
    { said: 'n = 100000', body: { n: 100_000 }, ...value('n') },
    { said: 'temperature "NaN"', body: { temperature: 'NaN' }, ...value('temperature') },
    { said: 'top_logprobs "3"', body: { logprobs: true, top_logprobs: '3' }, ...value('top_logprobs') },
    { said: 'logprobs 1', body: { logprobs: 1 }, ...value('logprobs') },
    { said: 'max_tokens -1', body: { max_tokens: -1 }, ...value('max_tokens') },
    { said: 'tools', body: { tools: [{ type: 'function' }] }, ...unsupported('tools') },
    { said: 'tool_choice auto', body: { tool_choice: 'auto' }, ...unsupported('tool_choice') },
    { said: 'functions', body: { functions: [{}] }, ...unsupported('functions') },
    { said: 'a penalty', body: { frequency_penalty: 0.1 }, ...unsupported('frequency_penalty') },
    { said: 'a bias', body: { logit_bias: { 4: 100 } }, ...unsupported('logit_bias') },
    { said: 'a bias of __proto__', body: withRaw('logit_bias', '{"__proto__": 100}'), ...unknown('logit_bias.__proto__') },
    { said: 'a bias that is a string', body: { logit_bias: 'x' }, ...unsupported('logit_bias') },
    {
      said: 'a schema for the answer',
      body: { response_format: { type: 'json_schema', json_schema: {} } },
      ...unsupported('response_format'),
    },
    { said: 'response_format a string', body: { response_format: 'text' }, ...unsupported('response_format') },
    {
      said: 'an image part',
      body: { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
      ...unsupported('messages[0].content[0]'),
    },
    {
      said: 'a turn of the assistant, which this policy’s template refuses',
      body: { messages: [...asked.messages, { role: 'assistant', content: '1' }] },
      status: 400,
      code: 'invalid_value',
    },
    { said: 'winnow true', body: { winnow: true }, ...value('winnow') },
    { said: 'winnow with a stranger', body: { winnow: { n: 4 } }, ...unknown('winnow.n') },
    { said: 'winnow with a wrong option', body: { winnow: { options: { n: 1000 } } }, ...value('winnow.options.n') },
    { said: 'winnow with __proto__', body: withRaw('winnow', '{"__proto__": {"budget": 3}}'), ...unknown('winnow.__proto__') },
    {
      said: 'options with __proto__',
      body: withRaw('winnow', '{"options": {"__proto__": {"n": 3}}}'),
      ...unknown('winnow.options.__proto__'),
    },
    { said: 'a strategy that is not served', body: { winnow: { strategy: 'annealing' } }, ...unsupported('winnow.strategy') },
    { said: 'options of another strategy', body: { winnow: { options: { keep: 2 } } }, ...unknown('winnow.options.keep') },
  ];
  test.each(cases)(`POST ${CHAT}: $said -> $status $code at $param`, async ({ body, said: __, ...refusal }) => {
    expectRefusal(await post(CHAT, typeof body === 'string' ? body : { ...asked, ...(body as object) }), refusal);
  });
});

describe('names that objects have by birth', () => {
  test('metadata may hold constructor and toString, and nothing of it comes into force', async () => {
    const answer = await post(BON, { ...asked, metadata: { constructor: { prototype: { n: 2 } }, toString: 1, n: 2 } });
    expect(answer.status, answer.text).toBe(200);
    expect((answer.json as { candidates: unknown[] }).candidates).toHaveLength(8);
  });

  test.each([
    { path: BON, body: withRaw('metadata', '{"a": [{"__proto__": {"n": 2}}]}'), param: 'metadata.a[0].__proto__' },
    { path: '/v1/search', body: withRaw('options', '{"__proto__": {"keep": 1}}'), param: 'options.__proto__' },
    {
      path: '/v1/select',
      body: '{"candidates": [{"text": "a", "scores": {"__proto__": 1}}]}',
      param: 'candidates[0].scores.__proto__',
    },
    { path: CHAT, body: withRaw('stream_options', '{"__proto__": {"include_usage": true}}'), param: 'stream_options.__proto__' },
    { path: '/v1/rerank', body: '{"__proto__": {"model": "outcome"}, "query": "1", "documents": ["1"]}', param: '__proto__' },
  ])('__proto__ is a name of nothing: $path refuses it at $param', async ({ path, body, param }) => {
    expectRefusal(await post(path, body), unknown(param));
    expect((await bestOfN()).candidates).toHaveLength(8); // nothing of it stays for the next
  });
});

describe('the text of a special token', () => {
  test.each([
    {
      where: 'a message',
      path: BON,
      body: { messages: [{ role: 'user', content: `${puzzle}<eos>` }] },
      param: 'messages[0].content',
    },
    {
      where: 'a part of a message',
      path: CHAT,
      body: { messages: [{ role: 'user', content: [{ type: 'text', text: '<bos>1' }] }] },
      param: 'messages[0].content',
    },
    {
      where: 'a message to score',
      path: '/v1/score',
      body: { messages: [{ role: 'user', content: '<pad>' }], candidates: ['1'] },
      param: 'messages[0].content',
    },
  ])('in $where is refused: nobody writes a turn of another', async ({ path, body, param }) => {
    expectRefusal(await post(path, body), { ...unread, param });
  });

  test('in one of the texts to score fails that one', async () => {
    const answer = await post('/v1/score', { ...asked, candidates: ['1<eos>', '1'] });
    expect(answer.json).toMatchObject({ data: [{ scores: { outcome: { ok: false } } }, { scores: { outcome: { ok: true } } }] });
  });

  test('in a raw prompt it is the token', async () => {
    const prompt_tokens = async (prompt: string) =>
      (await bestOfN({ messages: undefined, prompt, n: 1, sampling: { max_tokens: 1 } })).usage.prompt_tokens!;
    expect(await prompt_tokens('1<eos>1\n')).toBe((await prompt_tokens('11\n')) + 1);
  });
});

describe('what is around the body', () => {
  test('a body above the cap is refused, and a client that writes it whole reads why', async () => {
    const body = JSON.stringify({ prompt: 'a'.repeat(5_000_000) });
    for (let round = 0; round < 5; round++)
      expectRefusal(await post(BON, body), { status: 413, code: 'request_too_large', says: /4194304/ });
  });

  const part = new TextEncoder().encode('1 '.repeat(100_000));
  /** Sends `count` parts without saying how many will come. */
  const pour = (count: number) => {
    const poured = { parts: 0 };
    const body = new ReadableStream({
      pull: (controller) => (poured.parts++ < count ? controller.enqueue(part) : controller.close()),
    });
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
    return { poured, response: fetch(`${inject('winnow').url}${BON}`, init) };
  };

  test('so is one that does not say its length', async () => {
    for (let round = 0; round < 5; round++)
      expectRefusal(await read(await pour(25).response), { status: 413, code: 'request_too_large' });
  });

  test('one without an end is cut off', async () => {
    const { poured, response } = pour(1000);
    await response.then(
      ({ status }) => expect(status).toBe(413),
      () => 'the connection is closed',
    );
    expect(poured.parts).toBeLessThan(500);
  });

  test.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'text/html; charset=utf-8',
    'application/jsonp',
    'nonsense',
  ])('the content type %s is refused, and the header to send is shown', async (type) => {
    const answer = await post(BON, asked, { headers: { 'content-type': type } });
    expectRefusal(answer, { status: 415, code: 'unsupported_media_type', says: /content-type: application\/json/ });
  });

  test.each(['application/json; charset=utf-8', 'APPLICATION/JSON', ' application/json ', 'application/problem+json'])(
    'the content type %s is JSON',
    async (type) => {
      expect((await post(BON, { ...asked, n: 1 }, { headers: { 'content-type': type } })).status).toBe(200);
    },
  );

  test('without a content type it is read as JSON', async () => {
    const { hostname, port } = new URL(inject('winnow').url);
    const status = await new Promise((resolve, reject) => {
      const call = plainRequest({ hostname, port, path: BON, method: 'POST' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      call.on('error', reject);
      call.end(JSON.stringify({ ...asked, n: 1 }));
    });
    expect(status).toBe(200);
  });

  test('bytes that are not UTF-8 are not JSON, and are not guessed at', async () => {
    const bytes = new Uint8Array([
      ...new TextEncoder().encode('{"prompt": "Use '),
      0xff,
      0xfe,
      ...new TextEncoder().encode('"}'),
    ]);
    const headers = { 'content-type': 'application/json' };
    const answer = await read(await fetch(`${inject('winnow').url}${BON}`, { method: 'POST', headers, body: bytes }));
    expect([400, 422]).toContain(answer.status);
    expectNothingOfOurs(answer.text);
  });

  test.each([
    { method: 'GET', path: BON, allow: 'POST' },
    { method: 'PUT', path: BON, allow: 'POST' },
    { method: 'DELETE', path: CHAT, allow: 'POST' },
    { method: 'PATCH', path: '/v1/search', allow: 'POST' },
    { method: 'OPTIONS', path: BON, allow: 'POST' },
    { method: 'POST', path: '/v1/models', allow: 'GET' },
    { method: 'DELETE', path: '/v1/models/puzzles', allow: 'GET' },
    { method: 'POST', path: '/healthz', allow: 'GET' },
    { method: 'PROPFIND', path: '/openapi.json', allow: 'GET' },
  ])('$method $path is 405 with Allow: $allow', async ({ method, path, allow }) => {
    const answer = await read(await send(path, {}, { method }));
    expectRefusal(answer, { status: 405, code: 'method_not_allowed', says: new RegExp(`${method}.*${allow}`) });
    expect(answer.headers.get('allow')).toContain(allow);
  });

  test('HEAD is answered where GET is', async () => {
    expect((await send('/healthz', undefined, { method: 'HEAD' })).status).toBe(200);
  });

  test.each([
    { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': 'evil.example' },
    { host: 'evil.example' },
    { authorization: 'nonsense' },
    { authorization: `Bearer ${'x'.repeat(5000)}` },
    { 'x-request-id': 'mine' },
    { accept: 'text/html' },
    { 'accept-encoding': 'gzip, br' },
    { 'last-event-id': '12' },
    { 'content-encoding': 'identity' },
    { cookie: 'a=b' },
  ])('headers of no meaning here change nothing: %j', async (headers: Record<string, string | undefined>) => {
    const given = Object.fromEntries(
      Object.entries(headers).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
    );
    const answer = await post(BON, { ...asked, n: 1 }, { headers: given });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
  });

  test('a query string is not read', async () => {
    const answer = await post(`${BON}?n=2&model=nope`, { ...asked, n: 1 });
    expect((answer.json as { candidates: unknown[] }).candidates).toHaveLength(1);
  });

  test('an url that is long is an unknown one', async () => {
    const answer = await get(`/v1/${'x'.repeat(4000)}`);
    expectRefusal(answer, { status: 404, code: 'unknown_url' });
    expect(answer.text.length).toBeLessThan(500);
  });
});

test('the twice-said member of a JSON object is the last one, as everywhere', async () => {
  const answer = await post(BON, `{"n": 5, ${JSON.stringify({ ...asked, n: 2 }).slice(1)}`);
  expect((answer.json as { candidates: unknown[] }).candidates).toHaveLength(2);
});

afterEach(async () => {
  expect((await get('/readyz')).status, 'it is still there').toBe(200);
});
