/** `npm start`: the Worker and its backend on this machine, until Ctrl-C. */
import { command, onInterrupt } from './command.ts';
import { startWinnow, type Winnow } from './running.ts';
import { CannotStart } from './settings.ts';

await command(async () => {
  const began = performance.now();
  const interrupted = onInterrupt();
  const winnow = await startWinnow({ env: process.env, signal: interrupted });
  console.log(greeting(winnow, (performance.now() - began) / 1000));

  const asked = new Promise<undefined>((resolve) => interrupted.addEventListener('abort', () => resolve(undefined)));
  const ending = await Promise.race([winnow.ended, asked]);
  await winnow.stop();
  if (ending) throw new CannotStart(`The ${ending.name} ended by itself (${ending.how}), so all of Winnow was stopped.`);
});

function greeting({ url, backendUrl, settings }: Winnow, seconds: number): string {
  const key = settings.keys ? ` \\\n  -H "Authorization: Bearer $YOUR_KEY"` : '';
  const { policies, default_policy: policy, backends } = settings.config;
  const writes = backends[policies[policy]!.backend]!.kind !== 'edge_onnx'; // each names the other: the config is checked
  const [path, more] = writes ? ['/v1/best-of-n', '"budget": 16'] : ['/v1/score', '"candidates": ["23 + 14 = 37 | 1 10 37"]'];
  return `
Winnow is ready at ${url} (${seconds.toFixed(1)} s)${backendUrl ? `, its backend at ${backendUrl}` : ''}. Ctrl-C stops it.

curl ${url}${path}${key} \\
  -H 'content-type: application/json' \\
  -d '{"prompt": "Use 1, 10, 14, 23 to make 47.", ${more}}'
`;
}
