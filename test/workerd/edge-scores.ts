/** Scores of the backend, made anew before the tests of edge_onnx from the weights as they are: `inject('native')`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readConfig } from '../../gpu-backend/config.ts';
import { localPort } from '../../gpu-backend/local-port.ts';
import { loadModels } from '../../gpu-backend/models.ts';
import type { Prompt, ScoreRequest, ScoreResponse } from '../../schemas/backend.ts';

interface Group {
  readonly prompt: Prompt;
  readonly texts: readonly string[];
}

/** What a model of another kind is asked, and what the backend answers. */
interface Asked extends Pick<ScoreRequest, 'model' | 'prompt' | 'candidates' | 'truncate'> {
  readonly name: string;
  readonly scores: ScoreResponse['scores'];
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Prompts and texts of test/fixtures/edge-candidates.json for the embedded outcome reward, with what the backend answers. */
    native: readonly (Group & { readonly scores: ScoreResponse['scores'] })[];
    others: readonly Asked[];
  }
}

const root = join(import.meta.dirname, '..', '..');
const CONFIG = join(import.meta.dirname, 'edge.config.json');

export default async function setup(project: TestProject): Promise<void> {
  const groups = JSON.parse(readFileSync(join(root, 'test/fixtures/edge-candidates.json'), 'utf8')) as Group[];
  const models = await loadModels(readConfig(CONFIG), import.meta.dirname);
  const port = localPort(models);
  const score = async (request: Omit<ScoreRequest, 'key' | 'deadline_ms'>) =>
    (await port.score({ ...request, key: 'edge', deadline_ms: 30_000 }, new AbortController().signal)).scores;
  const native = groups.map(async ({ prompt, texts }) => {
    const candidates = texts.map((text, index) => ({ id: String(index), text }));
    return { prompt, texts, scores: await score({ model: 'puzzle-outcome', prompt, candidates }) };
  });
  const others = requests(groups).map(async ({ name, ...request }) => ({ name, ...request, scores: await score(request) }));
  try {
    project.provide('native', await Promise.all(native));
    project.provide('others', await Promise.all(others));
  } finally {
    await models.close();
  }
}

/** Texts for every way to read one: step by step, as a pair, with labels, as a turn of a conversation, cut at either end. */
function requests([puzzle]: readonly Group[]): Omit<Asked, 'scores'>[] {
  const words = ['good', 'a good cat', 'the cat is on the mat', 'bad bad bad bad', 'good'];
  const candidates = (texts: readonly string[]) => texts.map((text, index) => ({ id: String(index), text }));
  const prompt = { messages: [{ role: 'user' as const, content: 'the cat' }] };
  const sum = { messages: [{ role: 'user' as const, content: '12 + 7' }] };
  const steps = puzzle!.texts
    .filter((text) => text !== '')
    .map((text, index) => ({ id: String(index), text, steps: text.split(/(?<=\n)/) }));
  const long = candidates(['the cat '.repeat(40), 'good']);
  return [
    { name: 'a process reward', model: 'puzzle-process', prompt: puzzle!.prompt, candidates: steps },
    {
      name: 'a process reward without steps',
      model: 'puzzle-process',
      prompt: puzzle!.prompt,
      candidates: candidates(puzzle!.texts),
    },
    { name: 'a cross-encoder', model: 'cross-encoder', prompt, candidates: candidates(words) },
    { name: 'one label of three', model: 'many-labels', prompt, candidates: candidates(words) },
    { name: 'a turn of a conversation', model: 'conversation', prompt: sum, candidates: candidates(['19', '20 - 1', '19']) },
    { name: 'a text that is too long', model: 'cross-encoder', prompt, candidates: long },
    { name: 'a text cut at its end', model: 'cross-encoder', prompt, candidates: long, truncate: 'end' },
    { name: 'a text cut at its start', model: 'cross-encoder', prompt, candidates: long, truncate: 'start' },
  ];
}
