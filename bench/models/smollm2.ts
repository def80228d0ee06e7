/** SmolLM2-135M-Instruct, the real language model of the benches: bench/models/smollm2.sh makes it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart, root } from '../../bin/settings.ts';

/** The folder of a format, or of a source of them, whether it has been made or not. */
export const smollm2Folder = (name: 'int8' | 'hf' | 'gguf'): string => join(root, 'bench/models/.cache/smollm2', name);

export const hasSmollm2 = (): boolean => existsSync(join(smollm2Folder('int8'), 'genai_config.json'));

/** The folder of its int8 weights. @throws CannotStart where it has not been made */
export function smollm2(): string {
  if (!hasSmollm2()) throw new CannotStart('There is no SmolLM2. bench/models/smollm2.sh makes it.');
  return smollm2Folder('int8');
}
