/** /openapi.json: a valid OpenAPI 3.1 document, and true: every endpoint answers what its schema says. */
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Answer, asked, get, post, puzzle } from './winnow.ts';

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];

/** What OpenAPI 3.1 asks of the parts that are used here; a part that is not listed is a mistake or a new row. */
const jsonSchema = z.record(z.string(), z.unknown());
const content = z.record(z.string().regex(/^[a-z]+\/[a-z-]+$/), z.strictObject({ schema: jsonSchema }));
const operation = z.strictObject({
  summary: z.string().min(1),
  operationId: z.string().regex(/^\w+$/),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z
    .array(z.strictObject({ name: z.string(), in: z.literal('path'), required: z.literal(true), schema: jsonSchema }))
    .optional(),
  requestBody: z.strictObject({ required: z.boolean(), content }).optional(),
  responses: z.record(z.string().regex(/^([1-5]\d\d|default)$/), z.strictObject({ description: z.string().min(1), content })),
});
const document = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({
    title: z.literal('Winnow'),
    version: z.string().regex(/^\d+\.\d+\.\d+$/),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.array(z.strictObject({ url: z.string() })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(z.string().startsWith('/'), z.partialRecord(z.enum(['get', 'post']), operation)),
  components: z.strictObject({
    securitySchemes: z.record(z.string(), z.looseObject({ type: z.literal('http'), scheme: z.literal('bearer') })),
    schemas: z.record(z.string(), jsonSchema),
  }),
});

let openapi: z.infer<typeof document>;
beforeAll(async () => {
  openapi = document.parse((await get('/openapi.json')).json);
});

/** One request of every endpoint. */
const requests: Record<string, { send: () => Promise<Answer>; body?: object }> = {
  'post /v1/chat/completions': chat({
    ...asked,
    n: 2,
    logprobs: true,
    top_logprobs: 2,
    winnow: { return: { candidates: 'all' } },
  }),
  'post /v1/best-of-n': native('/v1/best-of-n', { n: 2, sampling: { logprobs: 1 }, return: { candidates: 'all' } }),
  'post /v1/search': native('/v1/search', { options: { keep: 1, branch: 2 }, return: { candidates: 'all' } }),
  'post /v1/critique-refine': native('/v1/critique-refine', { options: { max_rounds: 1 } }),
  'post /v1/score': native('/v1/score', { candidates: ['1 + 1 = 2 | 2', 'Ω'], rewards: ['process'] }),
  'post /v1/select': of('/v1/select', {
    candidates: [{ text: 'Answer: 1', scores: { q: 1 } }, { text: 'Answer: 2' }],
    model: 'chains',
  }),
  'post /v1/evaluate': of('/v1/evaluate', {
    data: [
      {
        id: 'a',
        candidates: [
          { gold: 1, scores: { q: 2 }, text: '1' },
          { gold: 0, scores: { q: 1 }, text: '2' },
        ],
      },
    ],
    resamples: 0,
  }),
  'post /v1/rerank': of('/v1/rerank', { model: 'outcome', query: puzzle, documents: ['1', 'Ω'], return_documents: true }),
  'post /v2/rerank': of('/v2/rerank', { model: 'outcome', query: puzzle, documents: [{ text: '1' }, '2'] }),
  'get /v1/models': { send: () => get('/v1/models') },
  'get /v1/models/{id}': { send: () => get('/v1/models/careful') },
  'get /v1/rewards': { send: () => get('/v1/rewards') },
  'get /v1/strategies': { send: () => get('/v1/strategies') },
  'get /healthz': { send: () => get('/healthz') },
  'get /readyz': { send: () => get('/readyz') },
  'get /openapi.json': { send: () => get('/openapi.json') },
};

function of(path: string, body: object) {
  return { send: () => post(path, body), body };
}
function native(path: string, body: object) {
  return of(path, { ...asked, ...body });
}
function chat(body: object) {
  return of('/v1/chat/completions', body);
}

const operationOf = (name: string) => {
  const [method, path] = name.split(' ') as ['get' | 'post', string];
  return openapi.paths[path]![method]!;
};
const jsonOf = (of: { content: z.infer<typeof content> }) => of.content['application/json']!.schema;

test('the endpoints are exactly those that are called here', () => {
  const listed = Object.entries(openapi.paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method} ${path}`));
  expect(listed.sort()).toEqual(Object.keys(requests).sort());
});

test('operation ids differ, and every parameter of a path is declared', () => {
  const ids = Object.keys(requests).map((name) => operationOf(name).operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [path, item] of Object.entries(openapi.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const { parameters = [] } of Object.values(item)) expect(parameters.map(({ name }) => name)).toEqual(inPath);
  }
});

test('every schema can be read, and every reference points at something', () => {
  const seen: unknown[] = [];
  JSON.stringify(openapi, (key, value) => {
    if (key === '$ref') seen.push(value);
    if (key === 'schema' && !('$ref' in value)) z.fromJSONSchema(value as JsonSchema);
    return value;
  });
  expect(seen.length).toBeGreaterThan(0);
  for (const reference of seen) expect(reference).toBe('#/components/schemas/Error');
});

test.each(Object.keys(requests))('%s answers what its schema says', async (name) => {
  const answer = await requests[name]!.send();
  expect(answer.status, answer.text).toBe(200);
  const schema = z.fromJSONSchema(jsonOf(operationOf(name).responses['200']!) as JsonSchema);
  expect(schema.safeParse(answer.json).error?.issues).toBeUndefined();
});

test.each(Object.keys(requests).filter((name) => requests[name]!.body))('%s takes what its schema says', async (name) => {
  const schema = z.fromJSONSchema(jsonOf(operationOf(name).requestBody!) as JsonSchema);
  expect(schema.safeParse(requests[name]!.body).error?.issues).toBeUndefined();
  expect(schema.safeParse([]).success).toBe(false);
});

test.each(Object.keys(requests).filter((name) => requests[name]!.body))('an error of %s is of the error schema', async (name) => {
  const [, path] = name.split(' ');
  const answer = await post(path!, { nonsense: 1 });
  expect(answer.status).toBe(400);
  const error = z.fromJSONSchema(openapi.components.schemas.Error as JsonSchema);
  expect(error.safeParse(answer.json).error?.issues).toBeUndefined();
  expect(operationOf(name).responses.default?.content['application/json']?.schema).toEqual({
    $ref: '#/components/schemas/Error',
  });
});

test('what streams says so, and what needs no key says so', () => {
  const streams = Object.keys(requests).filter((name) => 'text/event-stream' in operationOf(name).responses['200']!.content);
  expect(streams.sort()).toEqual([
    'post /v1/best-of-n',
    'post /v1/chat/completions',
    'post /v1/critique-refine',
    'post /v1/evaluate',
    'post /v1/search',
  ]);
  const open = Object.keys(requests).filter((name) => operationOf(name).security?.length === 0);
  expect(open.sort()).toEqual(['get /healthz', 'get /openapi.json', 'get /readyz']);
});

test('strategies and rules that are not served are not in it', () => {
  const text = JSON.stringify(openapi);
  for (const name of ['tree_of_thoughts', 'plan_then_search', 'parallel_critiques']) expect(text).not.toContain(`"${name}"`);
  for (const name of ['argmax', 'majority_vote', 'tournament', 'borda']) expect(text).toContain(`"${name}"`);
});
