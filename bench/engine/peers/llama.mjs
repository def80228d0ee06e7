/** node-llama-cpp: llama.mjs GGUF THREADS. Its sequences are evaluated together; it batches them by itself. */
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { serve } from './lines.mjs';

const [modelPath, threads] = [process.argv[2], Number(process.argv[3])];
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, maxThreads: threads });
const model = await llama.loadModel({ modelPath });
const plain = { temperature: 1, topK: 0, topP: 1, minP: 0, yieldEogToken: true };
let context;

/** One context of as many sequences as are asked for; making it is not timed. */
async function sequencesOf(rows, length) {
  if (context?.totalSequences !== rows) {
    await context?.dispose();
    context = await model.createContext({ sequences: rows, contextSize: length, threads, batchSize: Math.max(512, rows) });
  }
  return Array.from({ length: rows }, () => context.getSequence());
}

await serve(async ({ prompt, rows, tokens }) => {
  const ids = model.tokenize(prompt);
  const sequences = await sequencesOf(rows, 256);
  const began = performance.now();
  const counts = await Promise.all(sequences.map((sequence) => write(sequence, ids, tokens)));
  const ms = performance.now() - began;
  for (const sequence of sequences) sequence.dispose();
  return { ms, promptTokens: ids.length, tokens: counts.reduce((sum, count) => sum + count, 0) };
});

async function write(sequence, ids, tokens) {
  let count = 0;
  for await (const _token of sequence.evaluate(ids, plain)) {
    count += 1;
    if (count >= tokens) break;
  }
  return count;
}
