/** The laws of backend-port.ts over every adapter that writes, each before a server of its dialect. */
import { gpuBackend } from '../../src/backends/gpu-backend.ts';
import { portOver, requestOf } from '../backends/openai-port.ts';
import type { Dialect } from '../backends/openai-stand-in.ts';
import { llamaCpp, openAi, StandIn, sglang, vllm } from '../backends/openai-stand-in.ts';
import { ScriptedBackend } from '../runtime/scripted-backend.ts';
import { portLaws } from './backend-port.ts';

const request = (more = {}) => requestOf({ sampling: { ...requestOf().sampling, max_tokens: 12 }, ...more });

const dialects: readonly { name: string; dialect: Dialect; config: Parameters<typeof portOver>[1] }[] = [
  {
    name: 'vLLM',
    dialect: vllm,
    config: { config: { n: true, continuation: 'continue_final_message', stop_string: 'include_stop_str_in_output' } },
  },
  {
    name: 'vLLM without n, not streamed',
    dialect: { ...vllm, n: false },
    config: { config: { stream: false, continuation: 'continue_final_message', stop_string: 'named' } },
  },
  {
    name: 'SGLang',
    dialect: sglang,
    config: { config: { n: true, continuation: 'continue_final_message', stop_string: 'no_stop_trim' } },
  },
  { name: 'llama.cpp', dialect: llamaCpp, config: { config: { continuation: 'prefill', stop_string: 'end_in_logprobs' } } },
  { name: 'OpenAI', dialect: openAi, config: { config: { n: true, api: 'chat' } } },
];
for (const { name, dialect, config } of dialects) {
  portLaws({
    name: `openai before ${name}`,
    open: () => portOver(new StandIn(dialect).fetch, config),
    request,
    stepwise: dialect !== openAi,
  });
}

/** Our own protocol over HTTP, with lines of the scripted backend. */
const overHttp =
  (scripted: ScriptedBackend): typeof fetch =>
  async (url, init) => {
    init?.signal?.throwIfAborted();
    if (String(url).endsWith('/healthz')) return Response.json({ status: 'ok' });
    if (String(url).endsWith('/models'))
      return Response.json({ models: [{ name: 'p', kind: 'policy', context: 9, chat_template: true, fingerprint: 'f' }] });
    const lines: string[] = [];
    for await (const line of scripted.generate(JSON.parse(String(init!.body)) as never, init!.signal!))
      lines.push(JSON.stringify(line));
    return new Response(lines.join('\n'));
  };
portLaws({
  name: 'gpu_backend',
  open: () => gpuBackend({ url: 'http://backend', key: undefined, fetch: overHttp(new ScriptedBackend({ ends: 0.1 })) }),
  request,
  stepwise: true,
});
