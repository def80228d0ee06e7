/**
 * The engine beside its peers: the same weights, prompts and sampling, in the same run, in turn. Winnow is asked over HTTP.
 *
 *     npm run bench:engine -- [--quick] [--model FOLDER] [--peers llama,genai,transformers] [--rows 1,4,16,64] [--runs 5]
 *
 * The model is SmolLM2-135M-Instruct (bench/models/smollm2.sh int8 fp32, once); FOLDER is another format of it. Peers are
 * installed at pinned versions into bench/engine/.cache at the first run; `--peers none` leaves them out. --quick: fewer runs
 * and rows. What else runs on the machine slows all of them, but not alike: llama.cpp's threads spin and lose most.
 */
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { smollm2Folder } from '../models/smollm2.ts';
import { growth, promptCost, scoringCost, searchCost } from './measures.ts';
import { type PeerName, peerNames, startPeer, type Writer } from './peers.ts';
import { PROMPT_TOKENS } from './prompts.ts';
import { NEW_TOKENS, throughput, throughputTable } from './throughput.ts';
import { Winnow } from './winnow.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const WHOLE = { rows: '1,4,16,64', runs: '5', counts: [16, 64, 256] };
const QUICK = { rows: '1,16', runs: '2', counts: [16, 64] };

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    model: { type: 'string', default: smollm2Folder('int8') },
    peers: { type: 'string', default: peerNames.join(',') },
    rows: { type: 'string' },
    runs: { type: 'string' },
  },
});
const size = options.quick ? QUICK : WHOLE;
const rowCounts = (options.rows ?? size.rows).split(',').map((text) => wholeNumber('--rows', text, 256));
const runs = wholeNumber('--runs', options.runs ?? size.runs, 20);
const peers = options.peers === 'none' ? [] : options.peers.split(',').map(peerName);
const model = resolve(options.model);
const sources = {
  genai: smollm2Folder('int8'),
  hf: smollm2Folder('hf'),
  gguf: join(smollm2Folder('gguf'), 'SmolLM2-135M-Instruct.Q4_1.gguf'),
  threads: availableParallelism(),
};
for (const path of [join(model, 'genai_config.json'), ...(peers.length > 0 ? [sources.genai, sources.hf, sources.gguf] : [])]) {
  if (existsSync(path)) continue;
  fail(`${relative(ROOT, path)} is not there. Make it with bench/models/smollm2.sh int8, or name a folder with --model.`);
}

console.log(
  `${cpus().length} x ${cpus()[0]!.model}, load ${loadavg()[0]!.toFixed(1)} at the start, Node ${process.version}; Winnow's model: ${relative(ROOT, model)}`,
);
const winnow = await Winnow.start(model, 256);
const writers: Writer[] = [winnow];
for (const name of peers) {
  console.error(`starting ${name}`);
  writers.push(await startPeer(name, sources));
}

console.log(
  `\n${PROMPT_TOKENS}-token prompt, ${NEW_TOKENS} new tokens a row, temperature 1, no top_k or top_p; tokens/s, prompt included; median of ${runs} runs in turn (lowest to highest)\n`,
);
const measured = await throughput(writers, rowCounts, runs);
console.log(throughputTable(measured, rowCounts));
for (const peer of writers.slice(1)) await peer.stop(); // their idle threads would share the cores with what follows
for (const measure of [
  () => promptCost(winnow, runs),
  () => searchCost(winnow),
  () => scoringCost(winnow, runs),
  () => growth(winnow, size.counts, Math.min(runs, 3)),
]) {
  console.log(`\n${await measure()}`);
}
await winnow.stop();
console.log(`\nload ${loadavg()[0]!.toFixed(1)} at the end`);
process.exit(0);

function peerName(name: string): PeerName {
  const known = peerNames.find((peer) => peer === name);
  return known ?? fail(`--peers has "${name}"; there are: ${peerNames.join(', ')}, and none.`);
}

function wholeNumber(option: string, text: string, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  return fail(`${option} has "${text}"; a whole number from 1 to ${most} is allowed.`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
