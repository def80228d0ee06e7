/** Whether the backend can load a folder. */
import type { ModelConfig } from '../../schemas/config.ts';

/** null where it loads, else why not. */
export type Loads = (name: string, folder: string, entry: ModelConfig) => Promise<string | null>;

/**
 * Loads folders through the backend's own code, and lets them go again.
 *
 * @param library  `ort.library` of the config
 */
export async function openLoader(library: string | undefined): Promise<Loads> {
  try {
    // imported here: ONNX Runtime's library is opened only where somebody asks
    const [{ loadModel }, { openLibrary }] = await Promise.all([
      import('../../gpu-backend/models/load.ts'),
      import('../../gpu-backend/ort/library.ts'),
    ]);
    const opened = await openLibrary(library);
    return async (name, folder, entry) => {
      try {
        (await loadModel(opened, name, folder, entry)).release();
        return null;
      } catch (error) {
        return reasonOf(error);
      }
    };
  } catch (error) {
    return async () => `ONNX Runtime cannot be used: ${reasonOf(error)}`;
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
