import { expect, test } from 'vitest';
import { messages, serve } from './served.ts';

const { post, request } = serve();
const best = JSON.stringify({ messages, n: 1 });
const typed = (type: string | null) => ({ headers: type === null ? {} : { 'content-type': type } });

test.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.api+json', '', null])(
  'the content type %j is read as JSON',
  async (type) => {
    const body = new Blob([best]).stream(); // a stream has no type of its own
    const response = await request('/v1/best-of-n', { method: 'POST', body, duplex: 'half', ...typed(type) } as RequestInit);
    expect(response.status).toBe(200);
  },
);

test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
  'the content type %s is 415, with the header to send',
  async (type) => {
    const { status, body } = await post('/v1/best-of-n', best, typed(type));
    expect(status).toBe(415);
    expect(body.error.message).toContain('content-type: application/json');
  },
);

test.each(['', ' \n ', '{', 'n=1', '{"n": NaN}', "{'n': 1}", '{"n": 1,}'])('the body %j is no JSON', async (text) => {
  const { status, body } = await post('/v1/best-of-n', text);
  expect([status, body.error.code]).toEqual([400, 'invalid_json']);
});

test.each(['[]', '"text"', '4', 'null', 'true'])('the body %s is JSON, and no request', async (text) => {
  const { status, body } = await post('/v1/best-of-n', text);
  expect([status, body.error.code]).toEqual([400, 'invalid_value']);
});

test.each([
  ['a member', '{"__proto__": {"n": 4}, "messages": []}', '__proto__'],
  ['a nested one', '{"messages": [{"role": "user", "content": "q", "__proto__": 1}]}', 'messages[0].__proto__'],
  ['an option', '{"options": {"__proto__": {"keep": 1}}}', 'options.__proto__'],
])('%s named __proto__ is refused, and changes no object', async (_, text, param) => {
  const { status, body } = await post('/v1/search', text);
  expect(status).toBe(400);
  expect(body.error).toMatchObject({ code: 'unknown_parameter', param });
  expect(({} as { n?: number }).n).toBeUndefined();
});

test('a body above the cap is 413, whether it says its length or not', async () => {
  const large = JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(5000) }] });
  expect((await post('/v1/best-of-n', large)).status).toBe(413);
  const body = new Blob([large]).stream();
  const response = await request('/v1/best-of-n', { method: 'POST', body, duplex: 'half' } as RequestInit);
  expect(response.status).toBe(413);
});

test('the cap counts bytes, not characters', async () => {
  const text = (length: number) => JSON.stringify({ messages: [{ role: 'user', content: '\u20AC'.repeat(length) }], n: 1 });
  expect((await post('/v1/best-of-n', text(1500))).status).toBe(413);
  expect((await post('/v1/best-of-n', text(1300))).status).toBe(200);
});

test('bytes that are no UTF-8 are read as replacement characters, not as a failure of ours', async () => {
  const bytes = new Uint8Array([
    ...new TextEncoder().encode('{"messages":[{"role":"user","content":"'),
    0xff,
    0x22,
    0x7d,
    0x5d,
    0x7d,
  ]);
  const response = await request('/v1/best-of-n', { method: 'POST', body: bytes });
  expect(response.status).toBe(200);
});
