/** Scores of the backend, made anew before the tests of edge_onnx from the weights as they are: `inject('native')`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readConfig } from '../../gpu-backend/config.ts';
import { localPort } from '../../gpu-backend/local-port.ts';
import { loadModels } from '../../gpu-backend/models.ts';
import type { Prompt, ScoreResponse } from '../../schemas/backend.ts';

interface Group {
  readonly prompt: Prompt;
  readonly texts: readonly string[];
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Prompts and texts of test/fixtures/edge-candidates.json, with what the backend answers. */
    native: readonly (Group & { readonly scores: ScoreResponse['scores'] })[];
  }
}

const root = join(import.meta.dirname, '..', '..');

export default async function setup(project: TestProject): Promise<void> {
  const groups = JSON.parse(readFileSync(join(root, 'test/fixtures/edge-candidates.json'), 'utf8')) as Group[];
  const examples = join(root, 'examples');
  const models = await loadModels(readConfig(join(examples, 'winnow.edge.config.json')), examples);
  const port = localPort(models);
  try {
    project.provide('native', await Promise.all(groups.map(async (group) => ({ ...group, scores: await scores(port, group) }))));
  } finally {
    await models.close();
  }
}

async function scores(port: ReturnType<typeof localPort>, { prompt, texts }: Group): Promise<ScoreResponse['scores']> {
  const candidates = texts.map((text, index) => ({ id: String(index), text }));
  const request = { key: 'edge', model: 'puzzle-outcome', prompt, candidates, deadline_ms: 30_000 };
  return (await port.score(request, new AbortController().signal)).scores;
}
