"""The outcome and the process reward: one trunk each, the policy's at the start, trained on the policy's own samples."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import policy
import tasks
import tokenizer
from optimiser import optimisers, set_rate, trapezoid


@dataclass(frozen=True)
class DataSettings:
    """Whose samples, and how many. `problems`: puzzles of 3, 4, 5 numbers, chains."""

    problems: tuple[int, int, int, int] = (2000, 4500, 5500, 2500)
    samples: int = 6
    warm_samples: int = 2  # at a higher temperature: errors that T = 1 seldom makes
    warm_temperature: float = 1.3
    corrupted: float = 0.12  # share of problems whose right solution is also shown damaged
    seed: int = 501


@dataclass(frozen=True)
class RewardSettings:
    steps: int = 800
    batch: int = 128
    muon_lr: float = 0.01
    adam_lr: float = 1e-3
    warm_up: int = 50
    decay: float = 0.5
    ema: float = 0.99
    seed: int = 11
    outcome_weight: float = 1.0
    process_weight: float = 1.0
    compile: bool = True


@dataclass(frozen=True)
class Example:
    problem: tasks.Puzzle | tasks.Chain
    prompt: str  # as rendered: with or without its newline
    text: str
    correct: int
    labels: tuple[int, ...]


# --- data ------------------------------------------------------------------


def problems(rng: np.random.Generator, counts, split: str) -> list[tuple[tasks.Puzzle | tasks.Chain, str]]:
    pools = [tasks.random_puzzles(rng, counts[i], size, split) for i, size in enumerate((3, 4, 5))]
    return tasks.distinct([pair for pool in [*pools, tasks.random_chains(rng, counts[3], split)] for pair in pool])


def decode(tokens: list[list[int]]) -> list[str]:
    """The text without the end token; other special tokens become visible characters outside of the alphabet."""
    words = {id: piece for piece, id in tokenizer.VOCABULARY.items()}
    words[tokenizer.EOS] = ""
    return ["".join(words[t] if t >= len(tokenizer.SPECIAL) or t == tokenizer.EOS else "?" for t in row) for row in tokens]


def corrupt(rng: np.random.Generator, text: str, other: str) -> str:
    """A right solution, damaged in one of the ways that are not a policy's own."""
    lines = text.split("\n")
    at = int(rng.integers(len(lines)))
    kind = int(rng.integers(9))
    if kind <= 2:  # one digit
        places = [i for i, c in enumerate(text) if c.isdigit()]
        place = places[int(rng.integers(len(places)))]
        return text[:place] + str(int(rng.integers(10))) + text[place + 1 :]
    if kind == 3:  # another operator
        places = [i for i in range(1, len(text) - 1) if text[i] in "+-*/" and text[i - 1] == " "]
        if places:
            place = places[int(rng.integers(len(places)))]
            return text[:place] + "+-*/"[int(rng.integers(4))] + text[place + 1 :]
    if kind == 4:  # a line left out
        return "\n".join(lines[:at] + lines[at + 1 :])
    if kind == 5:  # cut off anywhere
        return text[: int(rng.integers(1, len(text)))]
    if kind == 6:  # a character outside of the alphabet
        place = int(rng.integers(len(text)))
        return text[:place] + "?" + text[place + int(rng.integers(2)) :]
    if kind == 7:  # a line twice
        return "\n".join(lines[: at + 1] + lines[at:])
    return other  # the solution of another problem


def examples(decoder: policy.Decoder, settings: DataSettings, split: str, log=print) -> list[Example]:
    rng = np.random.default_rng(settings.seed)
    generator = torch.Generator().manual_seed(settings.seed)
    encoder = tokenizer.build()
    pairs = problems(rng, settings.problems, split)
    prompts = [p.prompt + ("" if rng.random() < 0.1 else "\n") for p, _ in pairs]
    ids = [e.ids for e in encoder.encode_batch(prompts)]
    rows: list[tuple[int, str]] = []
    began = time.time()
    for temperature, count in ((1.0, settings.samples), (settings.warm_temperature, settings.warm_samples)):
        repeated = [i for i in range(len(pairs)) for _ in range(count)]
        texts = decode(decoder.sample([ids[i] for i in repeated], temperature, generator))
        rows += zip(repeated, texts)
    log(f"sampled {len(rows)} texts in {time.time() - began:.0f} s")
    for i, (_, solution) in enumerate(pairs):
        if rng.random() < settings.corrupted:
            rows.append((i, corrupt(rng, solution, pairs[int(rng.integers(len(pairs)))][1])))
    rows = [row for row in dict.fromkeys(rows) if row[1]]
    return label([(pairs[i][0], prompts[i], text) for i, text in rows])


def label(rows: list[tuple[tasks.Puzzle | tasks.Chain, str, str]]) -> list[Example]:
    """Exact labels for (problem, prompt, text), by the checker and by exhaustive search."""
    wanted: dict[tuple[tuple[int, ...], int], bool] = {}
    for problem, _, text in rows:
        if isinstance(problem, tasks.Puzzle):
            for state in tasks.puzzle_states(problem, text.removesuffix("\n").split("\n")):
                if state is not None:
                    wanted[state, problem.target] = False
    keys = list(wanted)
    for key, value in zip(keys, tasks.within_reach_many([k[0] for k in keys], [k[1] for k in keys])):
        wanted[key] = bool(value)
    reach = lambda state, target: wanted[tuple(state), target]
    return [
        Example(problem, prompt, text, int(tasks.is_correct(problem, text)), tuple(tasks.step_labels(problem, text, reach)))
        for problem, prompt, text in rows
    ]


# --- models ----------------------------------------------------------------


class Reward(nn.Module):
    """A trunk with two heads; each exported model keeps one of them."""

    def __init__(self, source):
        super().__init__()
        self.config = source.config
        self.trunk = copy.deepcopy(source.model)
        self.outcome = nn.Linear(self.config.hidden_size, 1, bias=False)
        self.process = nn.Linear(self.config.hidden_size, 2, bias=False)
        for head in (self.outcome, self.process):
            nn.init.normal_(head.weight, std=0.02)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.trunk(input_ids=ids, use_cache=False).last_hidden_state


def step_ends(text_ids: list[int]) -> list[int]:
    """Where each step of the text ends: its newline, and the last token where it is none."""
    ends = [i for i, token in enumerate(text_ids) if token == tokenizer.NEWLINE]
    if not ends or ends[-1] != len(text_ids) - 1:
        ends.append(len(text_ids) - 1)
    return ends


@dataclass(frozen=True)
class Batch:
    ids: torch.Tensor
    last: torch.Tensor  # index of the last real token of each row
    rows: torch.Tensor  # step ends: their rows,
    columns: torch.Tensor  # and their columns
    index: list[int]  # which example each row is


def encode(pairs: list[tuple[str, str]]) -> list[tuple[list[int], list[int]]]:
    encoder = tokenizer.build()
    prompts = [e.ids for e in encoder.encode_batch([p for p, _ in pairs])]
    texts = [e.ids for e in encoder.encode_batch([t for _, t in pairs])]
    return list(zip(prompts, texts))


def make_batch(encoded: list[tuple[list[int], list[int]]], index: list[int]) -> Batch:
    width = max(len(encoded[i][0]) + len(encoded[i][1]) for i in index)
    ids = np.zeros((len(index), width), np.int64)
    last, rows, columns = [], [], []
    for row, i in enumerate(index):
        prompt, text = encoded[i]
        ids[row, : len(prompt) + len(text)] = prompt + text
        last.append(len(prompt) + len(text) - 1)
        for end in step_ends(text):
            rows.append(row)
            columns.append(len(prompt) + end)
    return Batch(torch.from_numpy(ids), torch.tensor(last), torch.tensor(rows), torch.tensor(columns), list(index))


def train(source, data: list[Example], settings: RewardSettings, path: Path, log=print) -> Reward:
    """Trains from the policy's trunk; returns (and saves) the averaged weights."""
    torch.manual_seed(settings.seed)
    model = Reward(source)
    if path.exists():
        model.load_state_dict(torch.load(path, weights_only=True)["average"])
        return model.eval()
    average = copy.deepcopy(model)
    pair = optimisers(model, settings.muon_lr, settings.adam_lr)
    encoded = encode([(e.prompt, e.text) for e in data])
    length = np.array([len(p) + len(t) for p, t in encoded])
    forward = torch.compile(model, dynamic=True) if settings.compile else model
    step, seconds, running, latest = 0, 0.0, None, path.with_suffix(".latest")
    if latest.exists():
        state = torch.load(latest, weights_only=True)
        model.load_state_dict(state["raw"])
        average.load_state_dict(state["average"])
        for optimiser, saved in zip(pair, state["optimisers"]):
            optimiser.load_state_dict(saved)
        step, seconds = state["step"], state["seconds"]
    path.parent.mkdir(parents=True, exist_ok=True)
    began = time.time() - seconds
    model.train()
    for index in batch_order(length, settings, step):
        set_rate(pair, trapezoid(step, settings.steps, settings.warm_up, settings.decay))
        batch = make_batch(encoded, index)
        hidden = forward(batch.ids)
        correct = torch.tensor([data[i].correct for i in batch.index], dtype=torch.float32)
        steps = torch.tensor([label for i in batch.index for label in data[i].labels])
        outcome = F.binary_cross_entropy_with_logits(
            model.outcome(hidden[torch.arange(len(batch.index)), batch.last])[:, 0], correct
        )
        process = F.cross_entropy(model.process(hidden[batch.rows, batch.columns]), steps)
        (settings.outcome_weight * outcome + settings.process_weight * process).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser in pair:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        keep = min(settings.ema, step / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - keep)
        losses = np.array([outcome.item(), process.item()])
        running = losses if running is None else 0.97 * running + 0.03 * losses
        step += 1
        if step % 50 == 0:
            log(f"reward step {step} outcome {running[0]:.4f} process {running[1]:.4f} seconds {time.time() - began:.0f}")
        if step % 200 == 0:
            state = {"raw": model.state_dict(), "average": average.state_dict(), "step": step, "seconds": time.time() - began}
            torch.save(state | {"optimisers": [o.state_dict() for o in pair]}, latest)
    torch.save({"average": average.state_dict(), "seconds": time.time() - began, "examples": len(data)}, path)
    path.with_suffix(".json").write_text(json.dumps(asdict(settings), indent=2))
    latest.unlink(missing_ok=True)
    return average.eval()


def batch_order(length: np.ndarray, settings: RewardSettings, first: int):
    """The examples of each batch from batch `first` on; texts of similar length go together."""
    each_epoch = -(-len(length) // settings.batch)
    for step in range(first, settings.steps):
        if step == first or step % each_epoch == 0:
            rng = np.random.default_rng([settings.seed, step // each_epoch])
            # A little noise in the order keeps the same rows from always standing in one batch.
            by_length = np.argsort(length + rng.random(len(length)) * 4)
            groups = [by_length[i : i + settings.batch] for i in range(0, len(by_length), settings.batch)]
            order = rng.permutation(len(groups))
        yield [int(i) for i in groups[order[step % each_epoch]]]


# --- scoring ---------------------------------------------------------------


@torch.no_grad()
def score(model: Reward, pairs: list[tuple[str, str]], rows: int = 512) -> tuple[np.ndarray, list[list[float]]]:
    """For each (prompt, text): the outcome logit, and one probability a step."""
    encoded = encode(pairs)
    order = sorted(range(len(pairs)), key=lambda i: len(encoded[i][0]) + len(encoded[i][1]))
    logits, steps = np.zeros(len(pairs)), [[] for _ in pairs]
    for start in range(0, len(order), rows):
        batch = make_batch(encoded, order[start : start + rows])
        hidden = model(batch.ids)
        pooled = model.outcome(hidden[torch.arange(len(batch.index)), batch.last])[:, 0]
        logits[batch.index] = pooled.numpy()
        probabilities = model.process(hidden[batch.rows, batch.columns]).softmax(-1)[:, 1]
        for row, probability in zip(batch.rows.tolist(), probabilities.tolist()):
            steps[batch.index[row]].append(probability)
    return logits, steps
