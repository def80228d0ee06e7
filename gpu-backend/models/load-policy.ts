import { z } from 'zod';
import { CausalLm } from './causal-lm.ts';
import { choosePolicy, type Way } from './choose-policy.ts';
import type { ModelFiles } from './files.ts';
import { openGenai } from './genai-layout.ts';
import { contextOf, type HeadConfig } from './head-config.ts';
import type { LanguageModel } from './language-model.ts';
import type { Loading } from './load.ts';
import { type OptimumGraph, openAppended, openShared, readOptimum } from './optimum-layout.ts';
import { OptimumPolicy, type Past } from './optimum-policy.ts';
import type { LoadedTokenizer } from './tokenizer.ts';
import { checkVocabulary, loadTokenizer, TOKENIZER_FILES } from './tokenizer.ts';

const ids = z.union([z.int().min(0), z.array(z.int().min(0))]).nullish();
const generationConfig = z.looseObject({ eos_token_id: ids });
const GENERATION_CONFIG = 'generation_config.json';

/** A policy in the layout of onnxruntime-genai. */
export async function loadGenaiPolicy({ library, name, files, threads, device }: Loading): Promise<LanguageModel> {
  const reading = await loadTokenizer(files);
  const { filename, session, layout } = await openGenai(library, files, { threads, device });
  checkVocabulary(reading.tokenizer, layout.vocabulary, { folder: files.folder, graph: filename });
  const endTokens = new Set([...layout.endTokens, ...(await generationEnds(files))]);
  return new CausalLm({ ...(await parts(name, files, filename, reading)), session, layout: { ...layout, endTokens } });
}

/** A policy in the layout of Optimum and transformers.js. */
export async function loadOptimumPolicy(
  { library, name, files, threads, device }: Loading,
  filename: string,
  config: HeadConfig,
): Promise<LanguageModel> {
  const reading = await loadTokenizer(files);
  const read = await readOptimum(files, filename, config);
  checkVocabulary(reading.tokenizer, read.vocabulary, { folder: files.folder, graph: filename });
  const own = {
    ...(await parts(name, files, filename, reading)),
    context: contextOf(config, reading.limit, files.path('config.json')),
    endTokens: new Set([...[config.eos_token_id ?? []].flat(), ...(await generationEnds(files))]),
  };
  return choosePolicy(waysOf(read, own, { library, threads, device }), read.file);
}

type Own = Awaited<ReturnType<typeof parts>> & { context: number; endTokens: ReadonlySet<number> };

/** The fastest first: past and present in one buffer, rows of any lengths together, rows of one length together. */
function waysOf(read: OptimumGraph, own: Own, { library, ...options }: Pick<Loading, 'library' | 'threads' | 'device'>): Way[] {
  const appended = (past: Past) => () => new OptimumPolicy({ ...own, ...openAppended(library, read, options) }, past);
  if (read.caches.length === 0) return [{ name: 'without a past', open: appended('none') }];
  const shared = () => {
    const opened = openShared(library, read, options);
    return (
      opened &&
      new CausalLm({
        ...own,
        session: opened.session,
        layout: { ...opened.layout, context: own.context, endTokens: own.endTokens },
      })
    );
  };
  return [
    { name: 'in one buffer', open: shared },
    ...(read.names.attentionMask ? [{ name: 'masked', open: appended('masked') }] : []),
    { name: 'of one length', open: appended('exact') },
  ];
}

/** Ids that end a text, as the folder's generation_config.json has them. */
async function generationEnds(files: ModelFiles): Promise<number[]> {
  if (!(await files.has(GENERATION_CONFIG))) return [];
  return [(await files.json(GENERATION_CONFIG, generationConfig)).eos_token_id ?? []].flat();
}

/** What every policy has: its names and its tokenizer. */
async function parts(name: string, files: ModelFiles, weights: string, { tokenizer, template }: LoadedTokenizer) {
  return { name, fingerprint: await files.fingerprint([weights, ...TOKENIZER_FILES]), tokenizer, template };
}
