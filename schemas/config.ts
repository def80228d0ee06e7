/** winnow.config.json: what runs after `npm start`. The edge bundles it, the backend reads `models` from the same file. */
import { z } from 'zod';
import { budget } from './budget.ts';
import { provider } from './providers.ts';
import { rewardUse } from './reward.ts';
import { certaintyReward } from './rewards/certainty.ts';
import { ensemble } from './rewards/ensemble.ts';
import { equivalenceReward } from './rewards/equivalence.ts';
import { evidence } from './rewards/evidence.ts';
import { expressionReward } from './rewards/expression.ts';
import { gated } from './rewards/gated.ts';
import { hybrid } from './rewards/hybrid.ts';
import { implicitReward } from './rewards/implicit.ts';
import { informationGain } from './rewards/information-gain.ts';
import { judge } from './rewards/judge.ts';
import { pairwiseJudge } from './rewards/pairwise-judge.ts';
import { penalized } from './rewards/penalized.ts';
import { referenceReward } from './rewards/reference.ts';
import { rule } from './rewards/rule.ts';
import { scoreToken } from './rewards/score-token.ts';
import { segments } from './rewards/segments.ts';
import { selfConsistency } from './rewards/self-consistency.ts';
import { shaped } from './rewards/shaped.ts';
import { similarityReward } from './rewards/similarity.ts';
import { tensorReward } from './rewards/tensor.ts';
import { trusted } from './rewards/trusted.ts';
import { weighted } from './rewards/weighted.ts';
import { maxTokens, minP, seed, stop, temperature, topK, topP } from './sampling.ts';
import { stepConfig, stepRequest } from './step.ts';

/** A name in the config is the id on the wire; `@` and `:` are taken by the model string. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/, 'A name has letters, digits and . _ / - only.');
const named = <Entry extends z.ZodType>(entry: Entry) => z.record(name, entry).default({});

const secretName = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'The name of an environment variable, never the secret itself.');

const gpuBackend = z.strictObject({
  kind: z.literal('gpu_backend'),
  url: z.url().describe('Where the backend listens. WINNOW_BACKEND_URL replaces it for a backend named `local`.'),
  key: secretName.default('WINNOW_BACKEND_KEY').describe('Environment variable that holds the key between edge and backend.'),
});
const edgeOnnx = z.strictObject({
  kind: z
    .literal('edge_onnx')
    .describe('Outcome and process reward models inside the Worker: their folders, and ONNX Runtime, go into its bundle.'),
});

/** What a server of others accepts of the sampling parameters that not all of them know. */
export const acceptable = z.enum(['seed', 'logprobs', 'top_k', 'min_p']);

const openai = z.strictObject({
  kind: z.literal('openai').describe('An OpenAI-compatible server of others as a policy. `npx winnow use openai` writes this.'),
  url: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !/[?#@]/.test(url), 'A base URL has no user, query or fragment; `key` names where a key is held.')
    .describe('Where its routes begin, as in http://127.0.0.1:8000/v1.'),
  key: secretName.optional().describe('Environment variable that holds its key; absent where it wants none.'),
  api: z
    .enum(['chat', 'completions', 'both'])
    .default('chat')
    .describe('Its routes: messages go to /chat/completions, a raw `prompt` to /completions.'),
  continuation: z
    .enum(['none', 'continue_final_message', 'prefill'])
    .default('none')
    .describe('How /chat/completions goes on with an answer that was begun. /completions always can.'),
  stop_string: z
    .enum(['untold', 'include_stop_str_in_output', 'no_stop_trim', 'named', 'end_in_logprobs', 'stop_in_logprobs'])
    .default('untold')
    .describe(
      'How the end of a step is told from the end of an answer: kept in the text by that member of the request, `named` in the answer, or by the log-probabilities: they show the end of an answer (llama.cpp), or the stop string (llama-cpp-python). `untold`: not at all.',
    ),
  n: z.boolean().optional().describe('Whether one request may ask for several answers; tried once where absent.'),
  max_n: z.int().min(2).max(1024).default(128).describe("Answers of one request at most; OpenAI's limit."),
  accepts: z
    .array(acceptable)
    .default(['seed', 'logprobs'])
    .describe('Parameters it takes; a request that sets another is refused. As OpenAI.'),
  limit_name: z
    .enum(['max_tokens', 'max_completion_tokens'])
    .default('max_tokens')
    .describe('Its name of the token limit in chat; most servers know the older one only.'),
  stream: z.boolean().default(true).describe('Streamed answers: what came before a cut is kept.'),
  concurrency: z.int().min(1).max(256).default(4).describe('Requests at a time for one sample; a Worker has six connections.'),
  idle_ms: z.int().min(100).max(600_000).default(60_000).describe('A stream that is silent for longer is taken for broken.'),
  extra_body: z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      'Members of every request unless a request sets them, as {"top_k": -1} where the server\'s own default is not off.',
    ),
});
export type OpenAiConfig = z.infer<typeof openai>;

export const backendConfig = z.discriminatedUnion('kind', [gpuBackend, edgeOnnx, openai]);
export type BackendConfig = z.infer<typeof backendConfig>;

export const answerMethod = z.enum(['tag', 'boxed', 'phrase', 'last_number', 'json_pointer', 'code_block', 'regex']);
export type AnswerMethod = z.infer<typeof answerMethod>;
export const answerConfig = z
  .strictObject({
    type: z.enum(['text', 'number', 'choice', 'json', 'code']).describe('What an answer is (methods G.1).'),
    methods: z
      .array(answerMethod)
      .min(1)
      .max(16)
      .optional()
      .describe(
        'How it is found, in this order; the first success wins (methods G.2). `json_pointer` reads `pointer`, `code_block` `language`, `regex` `pattern`. Types json and code have a way of their own.',
      ),
    choices: z
      .string()
      .regex(/^[A-Z]+$/)
      .optional()
      .describe('Allowed letters of a `choice`; A to E where absent.'),
    pointer: z
      .string()
      .regex(/^(\/.*)?$/)
      .optional()
      .describe('RFC 6901 pointer into the last JSON value of the text; all of it where absent.'),
    language: z.string().optional().describe('Language of the fenced block.'),
    pattern: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe(
        'RE2, of at most 1000 instructions: its last match counts, and there the group named `answer`, else the first group, else all of it.',
      ),
  })
  .refine(({ methods, pattern }) => (pattern !== undefined) === (methods?.includes('regex') ?? false), {
    message: 'The method `regex` and `pattern` belong together: give both or none.',
    path: ['pattern'],
  })
  .refine(({ type, methods }) => methods === undefined || (type !== 'json' && type !== 'code'), {
    message: 'An answer of type json or code is found in one way only: leave `methods` out.',
    path: ['methods'],
  });
export type AnswerConfig = z.infer<typeof answerConfig>;

export const policyConfig = z.strictObject({
  backend: z.string(),
  model: z.string().describe("The model's name at that backend."),
  instruct: z.boolean().default(false).describe('Whether it follows instructions: what a critic needs.'),
  step: stepConfig.prefault({}),
  sampling: z.strictObject({
    temperature: temperature.default(1),
    top_p: topP.default(1),
    top_k: topK.default(0),
    min_p: minP.default(0),
    max_tokens: maxTokens.describe('Tokens of one candidate; what an integer budget multiplies.'),
    stop: stop.optional(),
    seed: seed.optional(),
  }),
  typical_tokens: z.int().min(1).describe('Tokens of a usual answer, measured: what the fit rule plans with.'),
  min_useful_tokens: z.int().min(1).default(8).describe('Fewer new tokens than this are not worth a start.'),
  rewards: z.array(rewardUse).max(16).default([]).describe('Score completed candidates where a request names none.'),
  process_reward: z
    .string()
    .nullable()
    .default(null)
    .describe('Ranks prefixes in step-wise strategies where a request names none.'),
  wrong_below: z.number().min(0).max(1).default(0.5).describe('A step whose process score is below this is wrong.'),
  answer: answerConfig.nullable().default(null).describe('How an answer is read out of a candidate; null where there is none.'),
});
export type PolicyConfig = z.infer<typeof policyConfig>;

export const reduction = z.enum(['last', 'min', 'prod', 'mean', 'geo', 'sumlogit', 'meanlogit']);
export type Reduction = z.infer<typeof reduction>;
export const stepInvalid = z
  .enum(['fail', 'skip'])
  .describe('Where a step has no valid score: the candidate has none either, or that step is left out (methods B.7).');
export type StepInvalid = z.infer<typeof stepInvalid>;

const classifier = z.strictObject({
  kind: z.literal('classifier').describe('One number for a whole candidate.'),
  backend: z.string(),
  model: z.string(),
  output: z.enum(['logit', 'probability']),
});
const processReward = z.strictObject({
  kind: z.literal('process').describe('One number for each step.'),
  backend: z.string(),
  model: z.string(),
  output: z.enum(['logit', 'probability']),
  reduction: reduction.default('last').describe('`last` for a value model, `min` for a step-correctness model (methods B.7).'),
  step_invalid: stepInvalid.default('fail'),
});
export const rewardConfig = z.discriminatedUnion('kind', [
  classifier,
  processReward,
  judge,
  pairwiseJudge,
  scoreToken,
  referenceReward,
  implicitReward,
  informationGain,
  certaintyReward,
  selfConsistency,
  similarityReward,
  tensorReward,
  equivalenceReward,
  ensemble,
  weighted,
  gated,
  hybrid,
  penalized,
  shaped,
  segments,
  trusted,
  evidence,
  rule,
  expressionReward,
]);
export type RewardConfig = z.infer<typeof rewardConfig>;

export const recipeConfig = z.strictObject({
  model: z.string().describe('A policy.'),
  strategy: z.string(),
  options: z.record(z.string(), z.unknown()).default({}),
  step: stepRequest.optional().describe('How steps end in its runs, where not as the policy says.'),
  rewards: z.array(rewardUse).max(16).optional(),
  selection: z.unknown().optional(),
  budget: budget.optional(),
});
export type RecipeConfig = z.infer<typeof recipeConfig>;

export const modelConfig = z.strictObject({
  path: z.string().describe('Folder of the model, from the folder of this file.'),
  provider: provider
    .prefault('cpu')
    .describe(
      'Where it runs: cpu, cuda, webgpu, dml or coreml, each also as an object of its name and options. Of a list the first that this machine has; without one that fails, there is no other.',
    ),
  require_device_cache: z
    .boolean()
    .default(false)
    .describe('Refuses to start where keys and values would lie in the memory of the host although a GPU is configured.'),
  slots: z.int().min(1).max(1024).default(64).describe('Sequences that decode together.'),
  max_kv_bytes: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Memory of keys and values, kept prefixes included, of a policy or of a causal language model as a process reward. Where absent: a quarter of the machine, taken as it is used; of a policy on a GPU 1 GiB, taken at start.',
    ),
  threads: z.int().min(1).max(256).optional().describe('Threads inside one operator; the cores of the machine where absent.'),
  max_waiting: z.int().min(1).max(100_000).default(4096).describe('Candidates that may wait for a slot; more is 429.'),
});
export type ModelConfig = z.infer<typeof modelConfig>;

export const caps = z.strictObject({
  max_n: z.int().min(1).max(256).default(256).describe('Candidates of one request.'),
  max_tokens: z.int().min(1).default(65_536).describe('Sampled tokens of one request.'),
  max_time_ms: z.int().min(1).default(60_000).describe('Time of one request.'),
  max_documents: z
    .int()
    .min(1)
    .default(10_000)
    .describe('Documents of one rerank, candidates of one score or select, rows of one evaluate.'),
  max_body_bytes: z.int().min(1024).default(4_194_304).describe('Bytes of one request body.'),
});
export type Caps = z.infer<typeof caps>;

export const config = z.strictObject({
  default_policy: z.string(),
  backends: named(backendConfig),
  policies: named(policyConfig),
  rewards: named(rewardConfig),
  recipes: named(recipeConfig),
  models: named(modelConfig),
  caps: caps.prefault({}),
  cors_origins: z.array(z.string()).default([]).describe('Origins that a browser may call from; none by default.'),
  ort: z
    .strictObject({
      library: z.string().optional().describe('Another libonnxruntime; WINNOW_ORT_LIBRARY wins.'),
      search: z
        .array(z.string())
        .default([])
        .describe("Folders in which the libraries of a provider lie, beside the usual ones: NVIDIA's for cuda."),
    })
    .prefault({}),
});
export type Config = z.infer<typeof config>;
/** Where names lead: what a reward or a rule may look up. */
export type Lookup = Pick<Config, 'backends' | 'policies' | 'rewards'>;
