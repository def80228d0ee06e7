/** A client that reads slowly: it gets everything in the end, and nobody else waits for it. */
import { type IncomingMessage, request } from 'node:http';
import { expect, inject, test } from 'vitest';
import { runAnswer } from '../../schemas/run.ts';
import { asked, bestOfN } from '../http/winnow.ts';

/** The response, of which nothing is read yet. */
const open = (body: object) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const { hostname, port } = new URL(inject('winnow').url);
    const headers = { 'content-type': 'application/json' };
    const call = request({ hostname, port, path: '/v1/best-of-n', method: 'POST', headers }, resolve);
    call.on('error', reject);
    call.end(JSON.stringify({ ...asked, ...body }));
  });

/** Some megabytes of answer: what no buffer on the way holds. */
const large = { n: 200, sampling: { logprobs: 20 }, return: { candidates: 'all' }, stream: true };

test('a stream that is read after seconds is whole and in order, and others are served meanwhile', async () => {
  const response = await open(large);
  expect(response.statusCode).toBe(200);
  const began = performance.now();
  while (performance.now() - began < 2000) expect((await bestOfN({ n: 1 })).candidates).toHaveLength(1);
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  const blocks = text.split('\n\n').filter((block) => block !== '');
  const ids = blocks.flatMap((block) => /^id: (\d+)$/m.exec(block)?.[1] ?? []);
  expect(ids).toEqual(ids.map((_, place) => String(place + 1)));
  const result = /^data: (.*)$/m.exec(blocks.at(-1)!)![1]!;
  expect(result.length).toBeGreaterThan(2_000_000);
  expect(runAnswer.parse(JSON.parse(result)).candidates).toHaveLength(200);
});

test('a stream that is never read and then left does not keep the next one waiting', async () => {
  const response = await open(large);
  response.destroy();
  const began = performance.now();
  await bestOfN({ n: 1 });
  expect(performance.now() - began).toBeLessThan(1000);
});
