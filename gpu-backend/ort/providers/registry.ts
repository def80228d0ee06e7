import { coreml } from './coreml.ts';
import { cpu } from './cpu.ts';
import { cuda } from './cuda.ts';
import { dml } from './dml.ts';
import type { Provider } from './provider.ts';
import { webgpu } from './webgpu.ts';

/** The only list of execution providers; their options stand in schemas/providers.ts. */
export const providers: Readonly<Record<string, Provider>> = { cpu, cuda, webgpu, dml, coreml };
