/**
 * The functions of ONNX Runtime's C API that this backend calls: place in the table, result and arguments, in koffi's
 * words. The table only grows, so a place never changes its meaning (onnxruntime_c_api.h, struct OrtApi).
 */

/** Version of the table that is asked for; every place below exists in it. Libraries before 1.24 do not offer it. */
export const API_VERSION = 24;

/** `out` is a pointer that the function writes; `path` is wide on Windows. */
export type Argument = 'handle' | 'data' | 'text' | 'path' | 'int' | 'size' | 'out' | 'out_int' | 'out_size';

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
  CreateTensorWithDataAsOrtValue: status(49, 'handle', 'data', 'size', 'data', 'size', 'int', 'out'),
  CastTypeInfoToTensorInfo: status(55, 'handle', 'out'),
  GetTensorElementType: status(60, 'handle', 'out_int'),
  GetDimensionsCount: status(61, 'handle', 'out_size'),
  GetDimensions: status(62, 'handle', 'data', 'size'),
  CreateCpuMemoryInfo: status(69, 'int', 'int', 'out'),
  AllocatorFree: status(76, 'handle', 'handle'),
  GetAllocatorWithDefaultOptions: status(78, 'out'),
  ReleaseEnv: release(92),
  ReleaseStatus: release(93),
  ReleaseMemoryInfo: release(94),
  ReleaseSession: release(95),
  ReleaseValue: release(96),
  ReleaseTypeInfo: release(98),
  ReleaseSessionOptions: release(100),
  AddSessionConfigEntry: status(130, 'handle', 'text', 'text'),
  RunWithBinding: status(133, 'handle', 'handle', 'handle'),
  CreateIoBinding: status(134, 'handle', 'out'),
  ReleaseIoBinding: release(135),
  BindInput: status(136, 'handle', 'text', 'handle'),
  BindOutput: status(137, 'handle', 'text', 'handle'),
} as const satisfies Record<string, Signature>;

export type FunctionName = keyof typeof functions;
