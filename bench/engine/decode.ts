/**
 * Decode tokens/s of the embedded policy: the engine as /generate uses it, beside onnxruntime-node's `session.run` on the
 * same graph, prompt and number of tokens, in turn, in one process.
 *
 *     node bench/engine/decode.ts [FOLDER_OF_A_POLICY] [THREADS]
 */
import { availableParallelism, cpus } from 'node:os';
import type { Generation } from '../../gpu-backend/engine/call.ts';
import { Engine } from '../../gpu-backend/engine/engine.ts';
import { CausalLm } from '../../gpu-backend/models/causal-lm.ts';
import { ModelFiles } from '../../gpu-backend/models/files.ts';
import { openGenai } from '../../gpu-backend/models/genai-layout.ts';
import { loadTokenizer } from '../../gpu-backend/models/tokenizer.ts';
import { openLibrary } from '../../gpu-backend/ort/library.ts';
import { SessionRun } from './session-run.ts';
import { median, spread } from './statistics.ts';

const PROMPT = 'Use 3, 7, 12, 20 to make 45.\n';
const TOKENS = 96;
const ROWS = [1, 16, 64];
const RUNS = 7;

const [folder = 'gpu-backend/weights/policy', threads = availableParallelism()] = [
  process.argv[2],
  Number(process.argv[3]) || undefined,
];
const files = new ModelFiles(folder);
const library = await openLibrary();
const { filename, session, layout } = await openGenai(library, files, { threads });
const { tokenizer } = await loadTokenizer(files);
const model = new CausalLm({ name: 'policy', fingerprint: '', session, layout, tokenizer, template: null });
const engine = new Engine(model, { slots: Math.max(...ROWS), maxWaiting: 0, maxKvBytes: 1 << 30 });
const peer = await SessionRun.open(files.path(filename), threads, [layout.cache.heads, layout.cache.headSize], layout.vocabulary);
const prompt = tokenizer.encode(PROMPT);

console.log(
  `${folder}, ${cpus()[0]!.model}, ${threads} threads in one operator, spinning within a run, ONNX Runtime ${library.version}, Node ${process.version}`,
);
console.log(`prompt ${prompt.length} tokens, ${TOKENS} new ones a row, ${RUNS} runs each, in turn; median (lowest to highest)\n`);
console.log('rows   ratio   engine, tokens/s             session.run, tokens/s');
for (const rows of ROWS) {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let run = -1; run < RUNS; run++) {
    const rates = [await decode(rows), await peer.decode(prompt, rows, TOKENS)] as const;
    if (run < 0) continue; // warm-up
    ours.push(rates[0]);
    theirs.push(rates[1]);
  }
  const ratio = (median(ours) / median(theirs)).toFixed(1);
  console.log(`${String(rows).padEnd(7)}${`${ratio}x`.padEnd(8)}${spread(ours).padEnd(29)}${spread(theirs)}`);
}
await engine.close();
process.exit(0);

/** The whole way of a call but HTTP: prompt read once, copied, decoded, sampled, detokenised, candidate lines made. */
async function decode(rows: number): Promise<number> {
  const generation: Generation = {
    prompt,
    branches: [{ id: '0', text: '', tokens: [], count: rows, firstChild: 0, maxTokens: TOKENS, resume: false }],
    until: 'end',
    step: { delimiter: '\n', max_tokens: TOKENS },
    sampling: { temperature: 1, top_p: 1, top_k: 0, min_p: 0, max_tokens: TOKENS, stop: [] },
    topLogprobs: undefined,
    seed: rows,
    ignoreEnd: true, // every row writes every token
    deadline: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
  };
  const began = performance.now();
  await engine.generate(generation, () => {});
  return (rows * TOKENS * 1000) / (performance.now() - began);
}
