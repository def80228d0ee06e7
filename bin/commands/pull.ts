/** `npx winnow pull`: a model from a hub into a folder, and the lines of winnow.config.json by which it is served. */
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { onInterrupt } from '../command.ts';
import { type Choice, choose, variantLines } from '../hub/choose.ts';
import { openRepository, type Repository } from '../hub/hub.ts';
import { Interrupted } from '../hub/hub-fetch.ts';
import { readHubSettings } from '../hub/hub-settings.ts';
import { describeFolder } from '../hub/model-folder.ts';
import { bytes, plain } from '../hub/plain.ts';
import { showProgress } from '../hub/progress.ts';
import { type PullPlan, planPull, pullModel } from '../hub/pull-model.ts';
import { lockFolder } from '../hub/pulled-folder.ts';
import { readConfig, root } from '../settings.ts';
import { type Command, readArguments, UsageError } from './command.ts';
import { configEntries, configName } from './config-entry.ts';
import { addToConfig, type ConfigEntries, formatConfig } from './config-file.ts';

const INTERRUPTED = 130; // as a shell says it of Ctrl-C

const usage = `Usage: npx winnow pull OWNER/NAME [OPTIONS]

Downloads an ONNX model from a hub: its graph in one precision, tokenizer, chat template, configuration. What was begun is
gone on with, every file is checked, and the commit that the revision meant is written to .winnow.json in the folder.

  --revision REV    Branch, tag or commit. Default: main.
  --variant NAME    Which precision or export, where there are several: int8, fp16, q4, ... Default: the smallest that loses
                    nothing that matters. --dry-run lists them.
  --file GLOB       Files by pattern in place of a variant, again and again; tokenizer and configuration come besides.
  --to DIR          Folder. Default: models/OWNER--NAME beside winnow.config.json.
  --name NAME       Its name in winnow.config.json. Default: NAME of the repository.
  --write           Add the entry to winnow.config.json; without it, it is printed.
  --endpoint URL    The hub, or a mirror. Default: HF_ENDPOINT, else https://huggingface.co.
  --token-env VAR   Environment variable that holds a token, for a private or gated repository. Default: HF_TOKEN.
  --dry-run         Say what would come, and how much; download nothing.
  --yes             Do not ask. (Without a terminal nothing is asked.)

Example: npx winnow pull onnx-community/Qwen2.5-0.5B-Instruct --variant fp16 --write`;

const options = {
  revision: { type: 'string', default: 'main' },
  variant: { type: 'string' },
  file: { type: 'string', multiple: true },
  to: { type: 'string' },
  name: { type: 'string' },
  write: { type: 'boolean', default: false },
  endpoint: { type: 'string' },
  'token-env': { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
} as const;

export const pull: Command = {
  name: 'pull',
  summary: 'Download a model from a hub and say how it is configured.',
  usage,
  async run(args) {
    const request = readRequest(args);
    const signal = onInterrupt();
    try {
      return await run(request, signal);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      console.error('\nInterrupted. Nothing half done stands under its name; run the same command again and it goes on.');
      return INTERRUPTED;
    }
  },
};

const REPOSITORY = /^[A-Za-z0-9][\w.-]{0,95}[/][A-Za-z0-9][\w.-]{0,95}$/;

function readRequest(args: readonly string[]) {
  const { values, positionals } = readArguments(args, { options, allowPositionals: true });
  const [name, ...more] = positionals;
  if (name === undefined) throw new UsageError('pull needs the repository: OWNER/NAME.');
  if (more.length > 0)
    throw new UsageError(`pull takes one repository; given besides: ${more.map((word) => plain(word, 80)).join(' ')}.`);
  if (!REPOSITORY.test(name) || name.includes('..')) {
    throw new UsageError(
      `"${plain(name, 80)}" is no repository. OWNER/NAME is needed, as it stands on the model's page: onnx-community/Qwen2.5-0.5B-Instruct.`,
    );
  }
  const { revision } = values;
  if (!/^[\w./-]{1,200}$/.test(revision) || revision.includes('..')) {
    throw new UsageError(`--revision is "${plain(revision, 80)}". A branch, a tag or a commit of 40 hex digits is needed.`);
  }
  if (values.variant !== undefined && values.file) throw new UsageError('--variant and --file exclude each other.');
  const configPath = resolve(process.env.WINNOW_CONFIG || join(root, 'winnow.config.json'));
  const folder = resolve(values.to ?? join(dirname(configPath), 'models', name.replace('/', '--')));
  const modelName = values.name ?? configName(name);
  return { ...values, name, modelName, folder, configPath, dryRun: values['dry-run'], tokenEnv: values['token-env'] };
}

type Request = ReturnType<typeof readRequest>;

async function run(request: Request, signal: AbortSignal): Promise<number> {
  const { name, revision, endpoint, tokenEnv, folder } = request;
  const { backends } = readConfig(request.configPath); // a config that cannot be read is told before the download
  const settings = readHubSettings({ endpoint, tokenEnv }, process.env);
  const onWait = (why: string, ms: number) => console.error(`${why}: going on in ${Math.ceil(ms / 1000)} s`);
  const repository = await openRepository({ name, revision }, settings, { signal, onWait });
  const choice = choose(name, repository.files, { variant: request.variant, globs: request.file });
  if (request.dryRun) {
    console.log(announcement(repository, choice, folder));
    for (const { path, size } of choice.files) console.log(`  ${bytes(size).padStart(7)}  ${path}`);
    return 0;
  }
  const unlock = await lockFolder(folder);
  try {
    console.log(announcement(repository, choice, folder));
    const plan = await planPull(folder, choice);
    console.log(planLine(choice, repository, plan));
    if (plan.missing.length > 0 && !request.yes && !(await agreed(signal))) return 1;
    await carryOut(repository, choice, folder, plan, signal);
  } finally {
    await unlock();
  }
  const [backend = null] = Object.entries(backends).find(([, { kind }]) => kind === 'gpu_backend') ?? [];
  sayConfig(request, choice, backend);
  return 0;
}

async function carryOut(
  repository: Repository,
  choice: Choice,
  folder: string,
  plan: PullPlan,
  signal: AbortSignal,
): Promise<void> {
  const progress = showProgress(choice.size, choice.size - plan.toFetch, process.stdout);
  try {
    await pullModel(repository, choice, folder, plan, progress, { signal });
  } finally {
    progress.stop();
  }
  for (const path of plan.removed) console.log(`Removed ${plain(path)}, of the pull before.`);
  console.log(`${repository.name} is in ${shown(folder)}: ${bytes(choice.size)}, every file checked.`);
}

function announcement({ name, revision, commit }: Repository, { variants, files, size, notes }: Choice, folder: string): string {
  const pinned = revision === commit ? commit : `${revision}, which is commit ${commit}`;
  const several = variants.length > 1 ? `Variants:\n${variantLines(variants)}\n` : '';
  const remarks = notes.map((note) => `${note}\n`).join('');
  return `${name} at ${pinned}\n${several}${remarks}${files.length} files, ${bytes(size)}, into ${shown(folder)}`;
}

function planLine(
  { variant, files, size }: Choice,
  { commit }: Repository,
  { missing, toFetch, removed, earlier }: PullPlan,
): string {
  const other = earlier && (earlier.variant !== variant || earlier.commit !== commit);
  const pieces = [
    missing.length === 0 ? 'All of it is here already, and right.' : '',
    missing.length > 0 && toFetch < size
      ? `${files.length - missing.length} files are here already; ${bytes(toFetch)} have to come.`
      : '',
    other ? `The folder held ${plain(earlier.variant, 80)} at commit ${plain(earlier.commit, 12)}` : '',
    removed.length > 0 ? `Of that pull these will go: ${removed.map((path) => plain(path, 80)).join(', ')}.` : '',
  ];
  return pieces.filter(Boolean).join('\n') || `${bytes(toFetch)} have to come.`;
}

/** Asks in a terminal; a script has read the size in its log and goes on. */
async function agreed(signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question('Download? [Y/n] ', { signal });
    return /^(y|yes|)$/i.test(answer.trim());
  } catch {
    throw new Interrupted('Interrupted.');
  } finally {
    terminal.close();
  }
}

/** Prints, or with --write adds, the entry of winnow.config.json. */
function sayConfig({ folder, configPath, modelName, write }: Request, choice: Choice, backend: string | null): void {
  const place = join(folder, choice.folder);
  const described = describeFolder(place);
  const entries = configEntries(modelName, inConfig(dirname(configPath), place), described, backend);
  for (const problem of described.problems) console.log(`Note: ${problem}`);
  if (write) addToConfig(configPath, entries);
  console.log(
    write
      ? `Added to ${shown(configPath)}: ${named(entries)}.`
      : `\nIn ${shown(configPath)} (--write adds it):\n${formatConfig(entries)}`,
  );
  if (described.kind === 'policy')
    console.log('typical_tokens is a guess: set it to what your answers have. `npm start` serves it.');
  else if (described.kind === 'process')
    console.log('`reduction` is for a reward that judges each step; for a value of what is reached so far it is "last".');
  else if (described.kind !== 'outcome') console.log('It is neither a policy nor a reward by its files; no entry uses it yet.');
}

const named = (entries: ConfigEntries): string =>
  Object.entries(entries)
    .flatMap(([section, inner]) => Object.keys(inner).map((name) => `${section}.${name}`))
    .join(', ');

/** A path as the config has it: from its folder where it lies in there, with `/` on every system. */
function inConfig(configFolder: string, place: string): string {
  const path = relative(configFolder, place);
  return path.startsWith('..') || isAbsolute(path) ? place : path.split(sep).join('/');
}

function shown(path: string): string {
  const here = relative(process.cwd(), path);
  return here && !here.startsWith('..') ? here : path;
}
