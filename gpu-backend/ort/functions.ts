/**
 * The functions of ONNX Runtime's C API that this backend calls: place in the table, result and arguments, in koffi's
 * words. The table only grows, so a place never changes its meaning (onnxruntime_c_api.h, struct OrtApi).
 */

/** Version of the table that is asked for; every place below exists in it. Libraries before 1.24 do not offer it. */
export const API_VERSION = 24;

/** `out` is a pointer that the function writes, or as many as the array given has; `path` is wide on Windows. */
export type Argument =
  | 'handle'
  | 'handles'
  | 'data'
  | 'text'
  | 'texts'
  | 'path'
  | 'int'
  | 'size'
  | 'out'
  | 'out_text'
  | 'out_int'
  | 'out_size';

interface Signature {
  readonly index: number;
  /** `status`: null is success, anything else must be read and released. */
  readonly result: 'status' | 'text' | 'nothing';
  readonly arguments: readonly Argument[];
}

const status = (index: number, ...args: Argument[]): Signature => ({ index, result: 'status', arguments: args });
const release = (index: number): Signature => ({ index, result: 'nothing', arguments: ['handle'] });

export const functions = {
  GetErrorMessage: { index: 2, result: 'text', arguments: ['handle'] },
  CreateEnv: status(3, 'int', 'text', 'out'),
  CreateSession: status(7, 'handle', 'path', 'handle', 'out'),
  CreateSessionFromArray: status(8, 'handle', 'data', 'size', 'handle', 'out'),
  Run: status(9, 'handle', 'handle', 'texts', 'handles', 'size', 'texts', 'size', 'out'),
  CreateSessionOptions: status(10, 'out'),
  SetSessionLogSeverityLevel: status(22, 'handle', 'int'),
  SetSessionGraphOptimizationLevel: status(23, 'handle', 'int'),
  SetIntraOpNumThreads: status(24, 'handle', 'int'),
  SessionGetInputCount: status(30, 'handle', 'out_size'),
  SessionGetOutputCount: status(31, 'handle', 'out_size'),
  SessionGetInputTypeInfo: status(33, 'handle', 'size', 'out'),
  SessionGetOutputTypeInfo: status(34, 'handle', 'size', 'out'),
  SessionGetInputName: status(36, 'handle', 'size', 'handle', 'out'),
  SessionGetOutputName: status(37, 'handle', 'size', 'handle', 'out'),
  CreateTensorAsOrtValue: status(48, 'handle', 'data', 'size', 'int', 'out'),
  CreateTensorWithDataAsOrtValue: status(49, 'handle', 'data', 'size', 'data', 'size', 'int', 'out'),
  GetTensorMutableData: status(51, 'handle', 'out'),
  CastTypeInfoToTensorInfo: status(55, 'handle', 'out'),
  GetTensorElementType: status(60, 'handle', 'out_int'),
  GetDimensionsCount: status(61, 'handle', 'out_size'),
  GetDimensions: status(62, 'handle', 'data', 'size'),
  GetTensorTypeAndShape: status(65, 'handle', 'out'),
  CreateCpuMemoryInfo: status(69, 'int', 'int', 'out'),
  MemoryInfoGetName: status(71, 'handle', 'out_text'),
  AllocatorFree: status(76, 'handle', 'handle'),
  GetAllocatorWithDefaultOptions: status(78, 'out'),
  ReleaseEnv: release(92),
  ReleaseStatus: release(93),
  ReleaseMemoryInfo: release(94),
  ReleaseSession: release(95),
  ReleaseValue: release(96),
  ReleaseTypeInfo: release(98),
  ReleaseTensorTypeAndShapeInfo: release(99),
  ReleaseSessionOptions: release(100),
  AddSessionConfigEntry: status(130, 'handle', 'text', 'text'),
  CreateAllocator: status(131, 'handle', 'handle', 'out'),
  ReleaseAllocator: release(132),
  RunWithBinding: status(133, 'handle', 'handle', 'handle'),
  CreateIoBinding: status(134, 'handle', 'out'),
  ReleaseIoBinding: release(135),
  BindInput: status(136, 'handle', 'text', 'handle'),
  BindOutput: status(137, 'handle', 'text', 'handle'),
  SessionOptionsAppendExecutionProvider_CUDA_V2: status(204, 'handle', 'handle'),
  CreateCUDAProviderOptions: status(205, 'out'),
  UpdateCUDAProviderOptions: status(206, 'handle', 'texts', 'texts', 'size'),
  ReleaseCUDAProviderOptions: release(208),
  SessionOptionsAppendExecutionProvider: status(216, 'handle', 'text', 'texts', 'texts', 'size'),
  GetBuildInfoString: { index: 254, result: 'text', arguments: [] },
  SessionGetMemoryInfoForInputs: status(380, 'handle', 'out', 'size'),
} as const satisfies Record<string, Signature>;

export type FunctionName = keyof typeof functions;
