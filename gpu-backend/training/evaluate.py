"""What the policy and the rewards can do, on problems that none of them was trained on."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import torch

import policy
import rewards
import tasks
import tokenizer

TASKS = ("puzzles-3", "puzzles-4", "puzzles-5", "chains")
SAMPLES = 16
KEEP, BRANCH = 4, 4
WRONG_BELOW = 0.5


@dataclass(frozen=True)
class Candidate:
    text: str
    tokens: int  # the end token counts
    correct: bool


def problem_set(split: str, counts: tuple[int, int, int, int], seed: int) -> list[tasks.Puzzle | tasks.Chain]:
    """Distinct problems of one split: puzzles of 3, 4, 5 numbers, then chains."""
    rng = np.random.default_rng(seed)
    chosen: list[tasks.Puzzle | tasks.Chain] = []
    for count, size in zip(counts, (3, 4, 5, None)):
        more = count + count // 2 + 20
        pairs = tasks.random_puzzles(rng, more, size, split) if size else tasks.random_chains(rng, more, split)
        chosen += [problem for problem, _ in tasks.distinct(pairs)[:count]]
    return chosen


def encode_prompts(problems) -> list[list[int]]:
    return [e.ids for e in tokenizer.build().encode_batch([p.prompt + "\n" for p in problems])]


def draw(decoder: policy.Decoder, problems, count: int, temperature: float, seed: int) -> list[list[Candidate]]:
    """`count` candidates for each problem."""
    generator = torch.Generator().manual_seed(seed)
    ids = encode_prompts(problems)
    tokens = decoder.sample([row for row in ids for _ in range(count)], temperature, generator)
    texts = rewards.decode(tokens)
    return [
        [
            Candidate(texts[at], len(tokens[at]), tasks.is_correct(problem, texts[at]))
            for at in range(i * count, (i + 1) * count)
        ]
        for i, problem in enumerate(problems)
    ]


def rates(problems, solved: list[bool]) -> dict[str, tuple[int, int]]:
    """Solved and all, for each task, and for the puzzles together."""
    table = {}
    for task in (*TASKS, "puzzles"):
        of_task = [s for p, s in zip(problems, solved) if p.task.startswith(task)]
        if of_task:
            table[task] = (int(sum(of_task)), len(of_task))
    return table


def interval(solved: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a rate."""
    z, p = 1.959964, solved / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return middle - half, middle + half


def measure_policy(decoder: policy.Decoder, problems, seed: int = 90, drawn: list[list[Candidate]] | None = None) -> dict:
    """Greedy, one sample (the mean of all of them), and one of 16 by oracle; no reward needed."""
    greedy = draw(decoder, problems, 1, 0.0, seed)
    drawn = drawn or draw(decoder, problems, SAMPLES, 1.0, seed)
    mean = defaultdict(list)
    for problem, candidates in zip(problems, drawn):
        share = float(np.mean([c.correct for c in candidates]))
        mean[problem.task].append(share)
        if problem.task != "chains":
            mean["puzzles"].append(share)
    return {
        "greedy": rates(problems, [c[0].correct for c in greedy]),
        "one sample": {task: (float(sum(v)), len(v)) for task, v in mean.items()},
        f"one of {SAMPLES} by oracle": rates(problems, [any(c.correct for c in row) for row in drawn]),
    }


def gap(measured: dict, task: str = "puzzles") -> float:
    oracle = next(v for k, v in measured.items() if k.endswith("by oracle"))
    return oracle[task][0] / oracle[task][1] - measured["greedy"][task][0] / measured["greedy"][task][1]


# --- selection and search ---------------------------------------------------


def answer_of(text: str) -> str | None:
    found = re.fullmatch(r"Answer: (\d+)", text.split("\n")[-1])
    return found[1] if found else None


def vote(candidates: list[Candidate], weights: np.ndarray) -> bool:
    """Whether the answer with the largest summed weight is right."""
    mass: dict[str, float] = defaultdict(float)
    for candidate, weight in zip(candidates, weights):
        answer = answer_of(candidate.text)
        if answer is not None:
            mass[answer] += float(weight)
    if not mass:
        return False
    best = max(mass, key=lambda answer: mass[answer])
    return next(c.correct for c in candidates if answer_of(c.text) == best)


@dataclass(frozen=True)
class Beam:
    tokens: tuple[int, ...]
    text: str
    score: float
    ended: bool


def learned(reward: rewards.Reward):
    """The process reward's view of the newest step."""

    def step_scores(pairs: list[tuple[tasks.Puzzle | tasks.Chain, str]]) -> list[float]:
        _, steps = rewards.score(reward, [(problem.prompt + "\n", text) for problem, text in pairs])
        return [values[-1] if values else 0.0 for values in steps]

    return step_scores


def exact(pairs: list[tuple[tasks.Puzzle | tasks.Chain, str]]) -> list[float]:
    """What a perfect process reward would say: the bound of the search, given this policy."""
    examples = rewards.label([(problem, "", text) for problem, text in pairs])
    return [float(e.labels[-1]) for e in examples]


def beam_search(
    decoder: policy.Decoder, step_scores, problems, seed: int, keep: int = KEEP, branch: int = BRANCH
) -> tuple[list[str], list[int]]:
    """Step by step: `keep` distinct beams, `branch` new steps from each, the score of the newest step decides.

    Returns the chosen text of each problem and the tokens it cost.
    """
    generator = torch.Generator().manual_seed(seed)
    prompts = encode_prompts(problems)
    beams: list[list[Beam]] = [[] for _ in problems]
    spent = [0] * len(problems)
    for round_number in range(8):
        grown: list[tuple[int, Beam]] = []
        for i, kept in enumerate(beams):
            if round_number == 0:
                grown += [(i, Beam((), "", 0.0, False))] * (keep * branch)
            else:
                grown += [(i, beam) for beam in kept if not beam.ended for _ in range(branch)]
        if not grown:
            break
        new = decoder.sample(
            [prompts[i] + list(beam.tokens) for i, beam in grown], 1.0, generator, until=tokenizer.NEWLINE, max_new=40
        )
        candidates: list[tuple[int, tuple[int, ...], bool]] = []
        for (i, beam), tokens in zip(grown, new):
            spent[i] += len(tokens)
            whole = (*beam.tokens, *tokens)
            # A step that ran into its limit ends its beam: nothing valid is that long.
            ended = tokens[-1] != tokenizer.NEWLINE or len(prompts[i]) + len(whole) > policy.CONTEXT - 48
            candidates.append((i, whole, ended))
        candidates = list(dict.fromkeys(candidates))
        texts = rewards.decode([list(tokens) for _, tokens, _ in candidates])
        scores = step_scores([(problems[i], text) for (i, _, _), text in zip(candidates, texts)])
        pools: list[list[Beam]] = [[b for b in kept if b.ended] for kept in beams]
        for (i, tokens, ended), text, score in zip(candidates, texts, scores):
            pools[i].append(Beam(tokens, text, score, ended))
        beams = [sorted(pool, key=lambda b: -b.score)[:keep] for pool in pools]
    chosen = []
    for kept in beams:
        ended = [b for b in kept if b.ended] or kept
        chosen.append(max(ended, key=lambda b: b.score).text)
    return chosen, spent


# --- the rewards on their own -------------------------------------------------


def auroc(scores: np.ndarray, labels: np.ndarray) -> float | None:
    """The chance that a right one stands above a wrong one; a tie is half."""
    positives, negatives = int(labels.sum()), int((1 - labels).sum())
    if not positives or not negatives:
        return None
    values, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    rank = np.cumsum(counts) - (counts - 1) / 2
    return float((rank[inverse][labels == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def within_problem(scores: list[np.ndarray], labels: list[np.ndarray]) -> tuple[float | None, int]:
    """The mean over problems that have right and wrong candidates, and how many those are."""
    each = [a for a in (auroc(s, l) for s, l in zip(scores, labels)) if a is not None]
    return (float(np.mean(each)) if each else None), len(each)


def first_wrong(labels, limit: float = 0.5) -> int | None:
    return next((i for i, value in enumerate(labels) if value < limit), None)


def measure(decoder: policy.Decoder, outcome: rewards.Reward, process: rewards.Reward, problems, seed: int = 90) -> dict:
    """Everything that the cards say, on one set of problems."""
    drawn = draw(decoder, problems, SAMPLES, 1.0, seed)
    report = measure_policy(decoder, problems, seed, drawn)
    pairs = [(p.prompt + "\n", c.text) for p, row in zip(problems, drawn) for c in row]
    logits, _ = rewards.score(outcome, pairs)
    _, steps = rewards.score(process, pairs)
    logits = logits.reshape(len(problems), SAMPLES)
    last = np.array([s[-1] if s else 0.0 for s in steps]).reshape(logits.shape)
    right = np.array([[c.correct for c in row] for row in drawn])
    rows = np.arange(len(problems))

    report["best of 16 by outcome reward"] = rates(problems, list(right[rows, logits.argmax(1)]))
    report["best of 16 by process reward"] = rates(problems, list(right[rows, last.argmax(1)]))
    chains = [i for i, p in enumerate(problems) if isinstance(p, tasks.Chain)]
    for name, weights in (("majority vote of 16", np.ones_like(logits)), ("weighted vote of 16", 1 / (1 + np.exp(-logits)))):
        report[name] = rates([problems[i] for i in chains], [vote(drawn[i], weights[i]) for i in chains])

    texts, spent = beam_search(decoder, learned(process), problems, seed)
    report["beam search 4 x 4 by process reward"] = rates(problems, [tasks.is_correct(p, t) for p, t in zip(problems, texts)])
    bound, _ = beam_search(decoder, exact, problems, seed)
    report["beam search 4 x 4 by exact labels"] = rates(problems, [tasks.is_correct(p, t) for p, t in zip(problems, bound)])

    tokens, beam_tokens, typical, auc = {}, {}, {}, {}
    for task in (*TASKS, "puzzles"):
        of_task = [i for i, p in enumerate(problems) if p.task.startswith(task)]
        if not of_task:
            continue
        tokens[task] = float(np.mean([sum(c.tokens for c in drawn[i]) for i in of_task]))
        beam_tokens[task] = float(np.mean([spent[i] for i in of_task]))
        lengths = [c.tokens for i in of_task for c in drawn[i]]
        lines = [c.text.count("\n") + 1 for i in of_task for c in drawn[i]]
        typical[task] = {
            "tokens": float(np.mean(lengths)),
            "tokens_95th": float(np.percentile(lengths, 95)),
            "tokens_of_a_step": float(np.sum(lengths) / np.sum(lines)),
        }
        auc[task] = {}
        for name, scores in (("outcome", logits), ("process", last)):
            overall = auroc(scores[of_task].ravel(), right[of_task].ravel().astype(int))
            inside, count = within_problem([scores[i] for i in of_task], [right[i].astype(int) for i in of_task])
            auc[task][name] = {"overall": overall, "within_problem": inside, "problems_with_both": count}
    report["tokens"] = {"best of 16": tokens, "beam search 4 x 4": beam_tokens}
    report["typical"], report["auroc"] = typical, auc

    labelled = rewards.label([(p, *pair) for (p, pair) in zip([p for p in problems for _ in range(SAMPLES)], pairs) if pair[1]])
    probabilities = [s for s, pair in zip(steps, pairs) if pair[1]]
    report["steps"] = step_report(labelled, probabilities)
    return report


def step_report(labelled: list[rewards.Example], probabilities: list[list[float]]) -> dict:
    """How often the first wrong step is found exactly, and how often a right text is blamed, by threshold."""
    result = {}
    for family in ("puzzles", "chains"):
        part = [(e.labels, p) for e, p in zip(labelled, probabilities) if e.problem.task.startswith(family)]
        wrong = [(l, p) for l, p in part if 0 in l]
        all_right = [(l, p) for l, p in part if 0 not in l]
        labels = np.array([x for l, _ in part for x in l])
        scores = np.array([x for _, p in part for x in p])
        result[family] = {
            "texts_with_an_error": len(wrong),
            "texts_without": len(all_right),
            "step_auroc": auroc(scores, labels),
            "auroc_by_numbers_left": by_numbers_left([(e, p) for e, p in zip(labelled, probabilities) if e.problem.task.startswith(family)]),
            "by_threshold": {
                str(limit): {
                    "first_wrong_step_found": float(np.mean([first_wrong(p, limit) == l.index(0) for l, p in wrong])) if wrong else None,
                    "right_text_blamed": float(np.mean([first_wrong(p, limit) is not None for _, p in all_right])) if all_right else None,
                }
                for limit in (0.2, 0.3, 0.4, WRONG_BELOW, 0.6, 0.7)
            },
        }
    return result


def by_numbers_left(part: list[tuple[rewards.Example, list[float]]]) -> dict[str, float | None]:
    """AUROC of the step labels, apart for the numbers that a valid line leaves: with one left it is only the target, with more a value."""
    pools: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for example, probabilities in part:
        if isinstance(example.problem, tasks.Puzzle):
            states = tasks.puzzle_states(example.problem, example.text.removesuffix("\n").split("\n"))
            for state, probability, label in zip(states, probabilities, example.labels):
                if state is not None:
                    pools[len(state)].append((probability, label))
    return {str(n): auroc(np.array([p for p, _ in rows]), np.array([l for _, l in rows])) for n, rows in sorted(pools.items())}
