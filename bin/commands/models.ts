/** `npx winnow models`: the models of this machine, and what each can do. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { type Config, modelConfig } from '../../schemas/config.ts';
import { describeFolder, entries, isModelFolder, type ModelFolder } from '../hub/model-folder.ts';
import { bytes, plain } from '../hub/plain.ts';
import { type PulledRecord, readRecord } from '../hub/pulled-folder.ts';
import { readConfig, root } from '../settings.ts';
import { type Command, readArguments, UsageError } from './command.ts';
import { openLoader } from './loads-model.ts';
import { table } from './table.ts';

const usage = `Usage: npx winnow models [OPTIONS]

Lists the models of winnow.config.json and the folders under models/ that no entry names: what each is, and what uses it.

  --check   Load each one as the backend would, and say why one cannot be loaded. (Without it only small files are read.)
  --json    The same as JSON.

Exit code 1: with --check, where a model does not load.`;

const options = { check: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } } as const;

/** A model here; `--json` prints these. */
export interface ListedModel extends ModelFolder {
  /** In winnow.config.json; null for a folder that it does not name. */
  readonly name: string | null;
  /** From the folder of winnow.config.json. */
  readonly path: string;
  /** Where it was pulled from. */
  readonly source: { readonly repository: string; readonly commit: string; readonly variant: string } | null;
  /** null: it was not tried. */
  readonly loads: boolean | null;
  readonly usedBy: readonly string[];
}

export const models: Command = {
  name: 'models',
  summary: 'List the models that are here and what each can do.',
  usage,
  async run(args) {
    const { values, positionals } = readArguments(args, { options, allowPositionals: true });
    if (positionals.length > 0)
      throw new UsageError(`models takes options only; given: ${positionals.map((word) => plain(word, 80)).join(' ')}.`);
    const configPath = resolve(process.env.WINNOW_CONFIG || join(root, 'winnow.config.json'));
    const config = readConfig(configPath);
    const listed = await list(config, dirname(configPath), values.check);
    console.log(values.json ? JSON.stringify(listed, null, 2) : shown(listed));
    return listed.some(({ loads }) => loads === false) ? 1 : 0;
  },
};

async function list(config: Config, folder: string, check: boolean): Promise<ListedModel[]> {
  const named = Object.entries(config.models).map(([name, entry]) => ({ name, entry, place: resolve(folder, entry.path) }));
  const known = new Set(named.map(({ place }) => place));
  const others = foldersBelow(join(folder, 'models')).filter((place) => !known.has(place));
  const all = [...named, ...others.map((place) => ({ name: null, entry: modelConfig.parse({ path: place }), place }))];
  const loads = check ? await openLoader(config.ort.library) : null;
  const listed: ListedModel[] = [];
  for (const { name, entry, place } of all) {
    const described = describeFolder(place);
    const record = await recordAbove(place, folder);
    const problems = [...described.problems, ...(record && !record.complete ? ['Its pull did not end: run it again.'] : [])];
    const failure = await loads?.(name ?? 'model', place, entry);
    listed.push({
      name,
      path: relative(folder, place).split(sep).join('/') || '.',
      source: record ? { repository: record.repository, commit: record.commit, variant: record.variant } : null,
      ...described,
      problems: failure ? [...problems, failure] : problems,
      loads: failure === undefined ? null : failure === null,
      usedBy: name === null ? [] : usersOf(config, name),
    });
  }
  return listed;
}

const DEEPEST = 5; // a repository may keep its exports some folders down

/** Folders that hold a model, outermost first; links are not followed. */
function foldersBelow(folder: string, depth = 0): string[] {
  if (depth > 0 && isModelFolder(folder)) return [folder];
  if (depth === DEEPEST) return [];
  const inner = entries(folder).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return inner.flatMap(({ name }) => foldersBelow(join(folder, name), depth + 1)).sort();
}

/** What pull wrote into this folder or into one around it. */
async function recordAbove(place: string, end: string): Promise<PulledRecord | undefined> {
  for (let folder = place; folder !== end && folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, '.winnow.json'))) return readRecord(folder);
  }
  return undefined;
}

/** Policies and rewards that run on it, at a backend that loads models. */
function usersOf({ policies, rewards, backends }: Config, model: string): string[] {
  const loads = (backend: string) => ['gpu_backend', 'edge_onnx'].includes(backends[backend]?.kind ?? '');
  return Object.entries({ policies, rewards }).flatMap(([section, inner]) =>
    Object.entries(inner).flatMap(([name, entry]) =>
      'model' in entry && entry.model === model && loads(entry.backend) ? [`${section}.${name}`] : [],
    ),
  );
}

function shown(listed: readonly ListedModel[]): string {
  if (listed.length === 0) return 'There is no model here. `npx winnow pull OWNER/NAME --write` brings one.';
  const head = ['model', 'kind', 'layout', 'context', 'vocabulary', 'chat', 'size', 'loads', 'used by'];
  const rows = listed.map((model) => [
    plain(model.name ?? model.path, 60),
    model.kind ?? '?',
    model.layout ?? '?',
    model.context?.toLocaleString('en') ?? '?',
    model.vocabulary?.toLocaleString('en') ?? '?',
    model.chatTemplate ? 'yes' : 'no',
    bytes(model.bytes),
    model.loads === null ? '-' : model.loads ? 'yes' : 'no',
    model.usedBy.join(', ') || (model.name === null ? 'not in winnow.config.json' : 'nothing'),
  ]);
  const problems = listed.flatMap(({ name, path, problems }) =>
    problems.map((problem) => `${plain(name ?? path, 60)}: ${problem}`),
  );
  const hint = listed.some(({ loads }) => loads === null) ? ['`npx winnow models --check` loads each one.'] : [];
  return [
    table([head, ...rows]),
    ...(problems.length > 0 ? ['', ...problems] : []),
    ...(hint.length > 0 ? ['', ...hint] : []),
  ].join('\n');
}
