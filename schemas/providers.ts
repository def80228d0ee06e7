/** Execution providers of ONNX Runtime: where a model runs, by their own option names. */
import { z } from 'zod';

const count = z.int().min(0);
const flag = z.union([z.boolean().transform((on) => (on ? '1' : '0')), z.enum(['0', '1'])]);

const cpu = z.strictObject({ name: z.literal('cpu') });

const cuda = z.strictObject({
  name: z.literal('cuda').describe('An NVIDIA GPU. Its files come from elsewhere: docs/providers.md.'),
  device_id: count.optional().describe('Which GPU; 0 where absent.'),
  gpu_mem_limit: z.int().min(1).optional().describe('Bytes of its arena, keys and values included; no limit where absent.'),
  arena_extend_strategy: z.enum(['kNextPowerOfTwo', 'kSameAsRequested']).optional().describe('How the arena grows.'),
  cudnn_conv_algo_search: z.enum(['EXHAUSTIVE', 'HEURISTIC', 'DEFAULT']).optional().describe('For convolutions.'),
  cudnn_conv_use_max_workspace: flag.optional().describe('For convolutions.'),
  do_copy_in_default_stream: flag.optional().describe('Copies in the default stream.'),
  use_ep_level_unified_stream: flag.optional().describe('One stream for all.'),
  enable_skip_layer_norm_strict_mode: flag.optional().describe('Layer norms that are slower and more exact.'),
  prefer_nhwc: flag.optional().describe('For convolutions.'),
  use_tf32: flag.optional().describe('Matrix products of float32 in TensorFloat-32; on where absent.'),
  fuse_conv_bias: flag.optional().describe('For convolutions.'),
  sdpa_kernel: count.optional().describe('Bits of the attention kernels that may be used.'),
});

const webgpu = z.strictObject({
  name: z.literal('webgpu').describe('Any GPU through WebGPU: Vulkan on Linux, D3D12 on Windows, Metal on macOS.'),
  preferredLayout: z.enum(['NCHW', 'NHWC']).optional().describe('Of convolutions.'),
  powerPreference: z.enum(['high-performance', 'low-power']).optional().describe('Which of two adapters.'),
  dawnBackendType: z.enum(['Vulkan', 'D3D12']).optional().describe('What WebGPU runs on, where there is a choice.'),
  validationMode: z.enum(['disabled', 'wgpuOnly', 'basic', 'full']).optional().describe('How much Dawn checks.'),
  enableInt64: flag.optional().describe('Operators over int64 on the GPU too.'),
  maxStorageBufferBindingSize: z.int().min(1).optional().describe('Bytes of one bound buffer at most.'),
  storageBufferCacheMode: z.enum(['disabled', 'lazyRelease', 'simple', 'bucket']).optional().describe('How buffers are reused.'),
});

const dml = z.strictObject({
  name: z.literal('dml').describe('DirectX 12 on Windows, by DirectML.'),
  device_id: count.optional().describe('Which GPU; 0 where absent.'),
  device_filter: z.enum(['gpu', 'npu', 'any']).optional().describe('Which kind of device.'),
  performance_preference: z.enum(['default', 'high_performance', 'minimum_power']).optional().describe('Which of two.'),
  disable_metacommands: z.boolean().transform(String).optional().describe("Without the driver's own kernels."),
});

const coreml = z.strictObject({
  name: z.literal('coreml').describe("Apple's Core ML: keys and values stay in the host's memory."),
  ModelFormat: z.enum(['MLProgram', 'NeuralNetwork']).optional().describe('MLProgram needs macOS 12.'),
  MLComputeUnits: z.enum(['CPUOnly', 'CPUAndNeuralEngine', 'CPUAndGPU', 'ALL']).optional().describe('What it may use.'),
  RequireStaticInputShapes: flag.optional().describe('Only operators of fixed shapes.'),
  EnableOnSubgraphs: flag.optional().describe('Also inside of loops and branches.'),
  SpecializationStrategy: z.enum(['Default', 'FastPrediction']).optional().describe('What compilation aims at.'),
  ModelCacheDirectory: z.string().min(1).optional().describe('Folder that keeps what was compiled.'),
});

const entry = z.discriminatedUnion('name', [cpu, cuda, webgpu, dml, coreml]);

/**
 * `"cuda"`, `{ "name": "cuda", "device_id": 1 }`, or a list of such: at least one, in the order in which they are tried.
 * The options are ONNX Runtime's, under its own names; it ignores some that it does not know, so they are refused here.
 */
export const provider = z.preprocess(
  (given) => [given].flat().map((each) => (typeof each === 'string' ? { name: each } : each)),
  z.array(entry).min(1),
);
export type ProviderEntry = z.infer<typeof entry>;
