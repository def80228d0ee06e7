/**
 * Published searches on the same models, and Winnow's own for the same tokens:
 *
 *     python -m venv peers && peers/bin/pip install -r bench/search/peers/requirements.txt
 *     node bench/search/peers.ts --python peers/bin/python [--search-and-learn CHECKOUT] [--problems K] [--budgets 4,16]
 *
 * A peer chooses by the process reward, which is all that it is given; so does Winnow here. Where a shape says what a search
 * spends, Winnow's has the shape of the peer's; else its hard limit is the mean of what the peer took on problems of that size.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { command, onInterrupt } from '../../bin/command.ts';
import { CannotStart, root } from '../../bin/settings.ts';
import { subSeed } from '../../src/random.ts';
import { mean } from '../../src/selection/statistics.ts';
import { collect } from '../accuracy/cache.ts';
import { percent, points, tokens as shownTokens, table } from '../accuracy/cells.ts';
import { meanOf, shareOf } from '../accuracy/intervals.ts';
import { isRight, type Problem, PUZZLE_TOKENS, readProblems } from '../accuracy/problems.ts';
import { Progress } from '../accuracy/progress.ts';
import type { RunLine } from '../accuracy/run-line.ts';
import { SEED } from '../accuracy/samples.ts';
import { connect } from '../accuracy/winnow.ts';
import { readCount, readCounts, readOptions } from '../options.ts';
import { contestants } from './lineup.ts';
import { runsOf, type Setting } from './measure.ts';
import { PeerProcess } from './peer-process.ts';

const CACHE = join(import.meta.dirname, '.cache');
const SCRIPTS = join(import.meta.dirname, 'peers');
const WHOLE = 300; // problems of a run that writes docs/search-peers.md
const UNBOUND = 4; // times what the peer took: a limit that stops no search

/** It is no package: it needs a checkout. */
const CHECKED_OUT = 'search_and_learn_peer.py';

interface Peer {
  readonly title: string;
  readonly script: string;
  readonly algorithm: string;
  /** Winnow's strategy of the same kind. */
  readonly strategy: string;
  /** Its shape, where that says what it spends; absent where its hard limit does: what the peer took. */
  readonly shape?: (budget: number) => Readonly<Record<string, unknown>>;
}

/** A peer's beam is the square root of its budget. */
const width = (budget: number): number => Math.floor(Math.sqrt(budget));
const beams = (budget: number) => ({ keep: budget / width(budget), branch: width(budget) });
const subtrees = (budget: number) => ({ n: budget, branch: width(budget) });
const particles = (budget: number) => ({ particles: budget });

const PEERS: readonly Peer[] = [
  { title: 'its_hub beam search', script: 'its_hub_peer.py', algorithm: 'beam_search', strategy: 'beam_search', shape: beams },
  {
    title: 'its_hub particle filtering',
    script: 'its_hub_peer.py',
    algorithm: 'particle_filter',
    strategy: 'particle_filter',
    shape: particles,
  },
  {
    title: 'its_hub entropic particle filtering',
    script: 'its_hub_peer.py',
    algorithm: 'entropic_particle_filter',
    strategy: 'entropic_particle_filter',
    shape: particles,
  },
  { title: 'search-and-learn beam search', script: CHECKED_OUT, algorithm: 'beam_search', strategy: 'beam_search', shape: beams },
  { title: 'search-and-learn DVTS', script: CHECKED_OUT, algorithm: 'dvts', strategy: 'dvts', shape: subtrees },
  { title: 'TreeQuest AB-MCTS-A', script: 'treequest_peer.py', algorithm: 'ab_mcts', strategy: 'ab_mcts' },
  { title: 'TreeQuest standard MCTS', script: 'treequest_peer.py', algorithm: 'mcts', strategy: 'uct' },
];

const peerLine = z.object({ id: z.string(), text: z.string(), tokens: z.int(), rewardTokens: z.int() });
type PeerLine = z.infer<typeof peerLine>;

await command(async () => {
  const values = readOptions({
    python: { type: 'string' },
    'search-and-learn': { type: 'string' },
    problems: { type: 'string', default: String(WHOLE) },
    budgets: { type: 'string', default: '4,16' },
  });
  if (values.python === undefined) throw new CannotStart('--python names a Python with bench/search/peers/requirements.txt.');
  const checkout = values['search-and-learn'];
  const peers = PEERS.filter(({ script }) => script !== CHECKED_OUT || checkout !== undefined);
  const problems = readProblems('puzzles', readCount('--problems', values.problems));
  const budgets = readCounts('--budgets', values.budgets);
  const signal = onInterrupt();
  const winnow = await connect(process.env, signal);
  const progress = new Progress();
  const setting: Setting = { winnow, folder: join(CACHE, winnow.identity), signal, progress: progress.show };
  try {
    if (!winnow.backendUrl) throw new CannotStart('The peers need the backend of a Winnow that is started here.');
    const rows: string[][] = [];
    for (const budget of budgets)
      for (const peer of peers) {
        const run = [values.python, join(SCRIPTS, peer.script), winnow.backendUrl, peer.algorithm, String(budget)];
        const line = peer.script === CHECKED_OUT ? [...run, checkout!] : run;
        const theirs = await measurePeer(peer, budget, problems, line, setting);
        const ours = await ownRuns(peer, budget, problems, theirs, setting);
        rows.push(compared(peer, budget, problems, theirs, ours));
      }
    const text = page(rows, problems.length, winnow.identity);
    if (problems.length >= WHOLE && peers.length === PEERS.length) writeFileSync(join(root, 'docs/search-peers.md'), text);
    console.log(text);
  } finally {
    await winnow.stop();
  }
});

function page(rows: readonly (readonly string[])[], problems: number, identity: string): string {
  return `# Published searches on the same models

\`node bench/search/peers.ts --search-and-learn CHECKOUT\` has its_hub 1.2, TreeQuest 0.3 (PyPI) and search-and-learn (6f81cac) search for
answers to ${problems} held-out puzzles with the policy and the process reward of a Winnow that it starts, and Winnow's strategy of the
same kind after them. Loops and choice are theirs, with the defaults of their code but for the width; their budget is the width of a
step or the number of samples. Beams, subtrees and particles have the peer's shape in Winnow too, and no limit that stops them; of tree
searches the hard limit is the mean of what the peer took on problems of that size. Winnow chooses by the same process reward. Percentages with 95 % intervals (Wilson; a seeded bootstrap over
problems for differences); tokens are means a problem. Models: ${identity}.

${table(['peer', 'budget', 'right', 'tokens', 'Winnow', 'right', 'tokens', 'Winnow less the peer'], rows)}
`;
}

/** So many problems are under way at once; each process answers one after the other. */
async function measurePeer(
  { title, script, algorithm }: Peer,
  budget: number,
  problems: readonly Problem[],
  [python, ...args]: readonly string[],
  { folder, signal, progress }: Setting,
): Promise<PeerLine[]> {
  const idle: PeerProcess[] = [];
  const all: PeerProcess[] = [];
  const started = (): PeerProcess => {
    const one = new PeerProcess(python!, args);
    all.push(one);
    return one;
  };
  try {
    return await collect<Problem, PeerLine>(problems, {
      path: join(folder, `peer-${script.slice(0, -3)}-${algorithm}-${budget}.jsonl`),
      schema: peerLine,
      signal,
      progress: (done, total) => progress(`${title} ${budget}`, done, total),
      measure: async ({ id, prompt }, stop) => {
        stop.throwIfAborted();
        const one = idle.pop() ?? started();
        const answer = await one.ask({ id, prompt, seed: subSeed(SEED, title, id) % 2 ** 31, worth: PUZZLE_TOKENS });
        idle.push(one);
        if (answer === undefined) throw new Error(`${title} answered nothing: ${one.errors.slice(-600)}`);
        return peerLine.parse(JSON.parse(answer));
      },
    });
  } finally {
    for (const one of all) one.end();
  }
}

/** Winnow's runs for what the peer took. */
function ownRuns(
  { strategy, shape }: Peer,
  budget: number,
  problems: readonly Problem[],
  theirs: readonly PeerLine[],
  setting: Setting,
): Promise<RunLine[]> {
  const own = contestants.find(({ name }) => name === strategy)!;
  const contestant = shape ? { ...own, options: shape } : own;
  const groups = [...new Set(problems.map(({ group }) => group))];
  const taken = groups.map((group) =>
    mean(theirs.filter((_, place) => problems[place]!.group === group).map(({ tokens }) => tokens)),
  );
  const limit = shape ? UNBOUND : 1;
  const worth = new Map(groups.map((group, place) => [group, (limit * taken[place]!) / budget]));
  return runsOf(problems, { contestant, answers: budget, worth, rewards: ['process'] }, setting);
}

/** One row of the table. */
function compared(
  { title, strategy }: Peer,
  budget: number,
  problems: readonly Problem[],
  theirs: readonly PeerLine[],
  ours: readonly RunLine[],
): string[] {
  const right = (written: { readonly text: string; readonly finish: string }, place: number) =>
    Number(isRight(problems[place]!, written));
  const [peer, winnow] = [
    theirs.map(({ text }, at) => right({ text, finish: 'stop' }, at)),
    ours.map(({ chosen }, at) => right(chosen, at)),
  ];
  return [
    title,
    String(budget),
    percent(shareOf(peer)),
    shownTokens(mean(theirs.map(({ tokens }) => tokens))),
    `\`${strategy}\``,
    percent(shareOf(winnow)),
    shownTokens(mean(ours.map(({ tokens }) => tokens))),
    points(
      meanOf(
        winnow.map((one, place) => one - peer[place]!),
        SEED,
      ),
    ),
  ];
}
