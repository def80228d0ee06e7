/** @huggingface/transformers on onnxruntime-node: transformers.mjs FOLDER THREADS. The prompt is repeated for every row. */

import { basename, dirname } from 'node:path';
import { AutoModelForCausalLM, AutoTokenizer, env, Tensor } from '@huggingface/transformers';
import { serve } from './lines.mjs';

const [folder, threads] = [process.argv[2], Number(process.argv[3])];
env.allowRemoteModels = false;
env.localModelPath = dirname(folder);
const tokenizer = await AutoTokenizer.from_pretrained(basename(folder));
const model = await AutoModelForCausalLM.from_pretrained(basename(folder), {
  dtype: 'fp32', // the name of the file without a suffix; what is in it is the format under test
  device: 'cpu',
  session_options: { intraOpNumThreads: threads },
});

await serve(async ({ prompt, rows, tokens }) => {
  const { input_ids: one } = tokenizer(prompt);
  const length = one.dims[1];
  const ids = new BigInt64Array(rows * length);
  for (let row = 0; row < rows; row++) ids.set(one.data, row * length);
  const began = performance.now();
  const output = await model.generate({
    input_ids: new Tensor('int64', ids, [rows, length]),
    attention_mask: new Tensor('int64', new BigInt64Array(rows * length).fill(1n), [rows, length]),
    do_sample: true,
    temperature: 1,
    top_k: 0,
    top_p: 1,
    min_new_tokens: tokens,
    max_new_tokens: tokens,
  });
  return { ms: performance.now() - began, promptTokens: length, tokens: rows * (output.dims[1] - length) };
});
