/** The command line behind `npx winnow`: finds the command and turns how it went into an exit code. */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { type Command, USAGE, UsageError } from './commands/command.ts';
import { commands } from './commands/registry.ts';
import { CannotStart, root } from './settings.ts';

// Node's fetch heeds HTTPS_PROXY and its kin only when it is told to; this machine itself needs no proxy
const loopback = ['localhost', '127.0.0.1', '[::1]'];
const direct = [process.env.no_proxy || process.env.NO_PROXY, ...loopback].filter(Boolean).join(',');
http.setGlobalProxyFromEnv?.({ ...process.env, no_proxy: direct, NO_PROXY: direct });

// `npx winnow models | head` closes the pipe: nobody reads on, so there is nothing left to do
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

async function main(words: readonly string[]): Promise<number> {
  const [first] = words;
  if (first === '--version' || first === '-v') return print(version());
  if (first === undefined) return print(overview(), USAGE);
  if (first === '--help' || first === '-h') return print(overview());
  if (first === 'help') return help(words.slice(1));
  const command = named(words);
  if (!command) return refuse(`There is no command "${first}".`, overview());
  const args = words.slice(command.name.split(' ').length);
  return asksForHelp(args) ? print(command.usage) : perform(command, args);
}

async function perform(command: Command, args: readonly string[]): Promise<number> {
  try {
    return await command.run(args);
  } catch (error) {
    if (error instanceof UsageError) return refuse(error.message, command.usage);
    console.error(error instanceof CannotStart ? error.message : error);
    return 1;
  }
}

function help(words: readonly string[]): number {
  if (words.length === 0) return print(overview());
  const command = named(words);
  return command ? print(command.usage) : refuse(`There is no command "${words.join(' ')}".`, overview());
}

/** The command whose name, of one word or two, the words begin with. */
const named = (words: readonly string[]): Command | undefined =>
  commands.find(({ name }) => name.split(' ').every((word, index) => words[index] === word));

/** `--help` counts until `--`, behind which everything is a value. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? args.length : end).some((arg) => arg === '--help' || arg === '-h');
}

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: npx winnow COMMAND [OPTIONS]

${lines.join('\n')}
  ${'help'.padEnd(width)}  How a command is called: npx winnow help COMMAND.

--version says the version. \`npm start\` starts Winnow itself.`;
}

const version = (): string => (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;

function print(text: string, code = 0): number {
  (code === 0 ? console.log : console.error)(text);
  return code;
}

const refuse = (problem: string, usage: string): number => print(`${problem}\n\n${usage}`, USAGE);

process.exitCode = await main(process.argv.slice(2));
