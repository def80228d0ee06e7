import { z } from 'zod';
import { errorCodes } from '../../schemas/errors.ts';
import type { Endpoint } from './endpoint.ts';
import type { AppContext } from './environment.ts';

type Json = Record<string, unknown>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return json;
};

/** GET /openapi.json, made from the list of endpoints and their schemas. */
export const openapi = (endpoints: readonly Endpoint[]) => (context: AppContext) => context.json(document(endpoints));

function document(endpoints: readonly Endpoint[]): Json {
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/:(\w+)\{[^}]*\}/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Winnow',
      version: '0.1.0',
      description:
        'Inference-time scaling over HTTP: sample, search or refine with a policy, score with reward models, return the best answer and what it cost.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }, {}],
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'Asked for where WINNOW_API_KEYS is set.' } },
      schemas: { Error: errorSchema() },
    },
  };
}

function operation({ path, summary, open, request, response, streams }: Endpoint): Json {
  const content = {
    'application/json': { schema: response ? schemaOf(response, 'output') : { type: 'object' } },
    ...(streams ? { 'text/event-stream': { schema: { type: 'string' } } } : {}),
  };
  return {
    summary,
    operationId: path
      .replace(/^\//, '')
      .replace(/:(\w+)\{[^}]*\}/g, '$1')
      .replace(/[^A-Za-z0-9]+/g, '_'),
    ...(open ? { security: [] } : {}),
    ...(path.includes(':') ? { parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] } : {}),
    ...(request
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(request, 'input') } } } }
      : {}),
    responses: {
      200: { description: summary, content },
      ...(path === '/readyz' ? { 503: { description: 'Not ready.', content } } : {}),
      default: {
        description: 'An error; see its code.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

/** OpenAI's error object with every code that we answer. */
const errorSchema = (): Json => ({
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'], description: 'Path of the field.' },
        code: { type: 'string', enum: Object.keys(errorCodes).filter((code) => code !== 'no_candidates_supplied') },
      },
    },
    usage: { type: 'object', description: 'What was spent before the error, where tokens were.' },
  },
});
