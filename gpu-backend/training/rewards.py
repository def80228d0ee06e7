"""The outcome and the process reward: the policy's trunk and two layers more, trained on the policy's own samples
and on random walks with exact labels."""

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
    steps: int = 1800
    batch: int = 160
    pool_batches: int = 40
    # Layers on top of the policy's. To check a digit is to compare it with what the policy's last layer expected one
    # token before, and only a later layer can see that; a second one carries the finding to the end of the step.
    extra_layers: int = 2
    # Shares of the texts that are made afresh for each pool; the rest are the policy's own samples.
    walks: float = 0.5
    chains: float = 0.12
    muon_lr: float = 0.01
    adam_lr: float = 1e-3
    warm_up: int = 50
    decay: float = 0.4
    ema: float = 0.99
    seed: int = 11
    outcome_weight: float = 0.5
    process_weight: float = 1.0
    # Next-token loss on right texts: it keeps the arithmetic that the trunk came with.
    language_weight: float = 0.1
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


def walks(rng: np.random.Generator, count: int, split: str, others: int = 2) -> list[Example]:
    """Valid lines with exact labels: for each puzzle a solution, and other random walks from the same numbers.

    These are the prefixes that a search has to rank, more of them than the policy could be asked for.
    """
    rows: list[tuple[tasks.Puzzle | tasks.Chain, str, str]] = []
    for size, share in ((3, 0.2), (4, 0.4), (5, 0.4)):
        wanted = max(1, int(count * share) // (1 + others))
        for puzzle, solution in tasks.random_puzzles(rng, wanted, size, split):
            prompt = puzzle.prompt + ("" if rng.random() < 0.1 else "\n")
            rows.append((puzzle, prompt, solution))
            kept = solution.split("\n")
            for _ in range(others):
                # Half of the walks leave the solution at a random line: there the label turns, or just does not.
                at = int(rng.integers(len(kept))) if rng.random() < 0.5 else 0
                rows.append((puzzle, prompt, random_walk(rng, puzzle, kept[:at])))
    return label(rows)


def random_walk(rng: np.random.Generator, puzzle: tasks.Puzzle, lines: list[str]) -> str:
    """Random allowed lines after the given ones, until one number is left."""
    left = list(tasks.puzzle_states(puzzle, lines)[-1] if lines else sorted(puzzle.numbers))
    lines = list(lines)
    while len(left) > 1:
        i, j = rng.choice(len(left), 2, replace=False)
        high, low = max(left[i], left[j]), min(left[i], left[j])
        choices = [(o, r) for o in tasks.OPERATORS if (r := tasks.apply(high, o, low)) is not None and 0 < r <= tasks.LARGEST_PUZZLE_RESULT]
        if not choices:
            break
        operator, result = choices[int(rng.integers(len(choices)))]
        left.remove(high)
        left.remove(low)
        left = sorted([*left, result])
        lines.append(f"{high} {operator} {low} = {result} | {' '.join(map(str, left))}")
    return "\n".join(lines)


def wrong_chains(rng: np.random.Generator, count: int, split: str) -> list[Example]:
    """Chains, half of them with one wrong result that the later lines go on from."""
    rows: list[tuple[tasks.Puzzle | tasks.Chain, str, str]] = []
    for chain, text in tasks.random_chains(rng, count, split):
        if rng.random() < 0.5:
            at, value, lines = int(rng.integers(len(chain.operations))), chain.start, []
            for i, (operator, number) in enumerate(chain.operations):
                result = tasks.apply(value, operator, number)
                if result is None:  # what is wrong need not divide, nor be large enough
                    result = abs(value - number) if operator == "-" else value // number
                if i == at:
                    digits = list(str(result))
                    place = int(rng.integers(len(digits)))
                    changed = {*"0123456789"} - {digits[place]} - ({"0"} if place == 0 and len(digits) > 1 else set())
                    near = {d for d in changed if abs(int(d) - int(digits[place])) == 1}
                    pool = sorted(near if near and rng.random() < 0.6 else changed)
                    digits[place] = pool[int(rng.integers(len(pool)))]
                    result = int("".join(digits))
                lines.append(f"{value} {operator} {number} = {result}")
                value = result
            text = "\n".join([*lines, f"Answer: {value}"])
        rows.append((chain, chain.prompt + ("" if rng.random() < 0.1 else "\n"), text))
    return label(rows)


# --- models ----------------------------------------------------------------


class Reward(nn.Module):
    """A trunk with two heads; each exported model keeps one of them."""

    def __init__(self, source, extra_layers: int):
        super().__init__()
        self.config = copy.deepcopy(source.config)
        self.config.num_hidden_layers += extra_layers
        self.trunk = type(source.model)(self.config)
        self.trunk.load_state_dict(source.model.state_dict(), strict=False)
        for layer in self.trunk.layers[source.config.num_hidden_layers :]:
            # A new layer adds nothing at first, so training starts from exactly what the policy knows.
            nn.init.zeros_(layer.self_attn.o_proj.weight)
            nn.init.zeros_(layer.mlp.down_proj.weight)
        self.language = copy.deepcopy(source.lm_head)
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
    start: torch.Tensor  # index of the first token of the text
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
    last, starts, rows, columns = [], [], [], []
    for row, i in enumerate(index):
        prompt, text = encoded[i]
        ids[row, : len(prompt) + len(text)] = prompt + text
        last.append(len(prompt) + len(text) - 1)
        starts.append(len(prompt))
        for end in step_ends(text):
            rows.append(row)
            columns.append(len(prompt) + end)
    places = (torch.tensor(column) for column in (last, starts, rows, columns))
    return Batch(torch.from_numpy(ids), *places, list(index))


def train(source, data: list[Example], settings: RewardSettings, path: Path, log=print) -> Reward:
    """Trains from the policy's trunk, or goes on from `path`'s last state; returns (and saves) the averaged weights."""
    torch.manual_seed(settings.seed)
    model = Reward(source, settings.extra_layers)
    if path.exists():
        model.load_state_dict(torch.load(path, weights_only=True)["average"])
        return model.eval()
    average = copy.deepcopy(model)
    pair = optimisers(model, settings.muon_lr, settings.adam_lr)
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
    for batch, correct, labels in batches(data, settings, step):
        set_rate(pair, trapezoid(step, settings.steps, settings.warm_up, settings.decay))
        losses = loss_of(model, forward(batch.ids), batch, correct, labels)
        weights = (settings.outcome_weight, settings.process_weight, settings.language_weight)
        sum(weight * loss for weight, loss in zip(weights, losses)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser in pair:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        keep = min(settings.ema, step / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - keep)
        now = np.array([loss.item() for loss in losses])
        running = now if running is None else 0.97 * running + 0.03 * now
        step += 1
        if step % 50 == 0:
            shown = " ".join(f"{name} {x:.4f}" for name, x in zip(("outcome", "process", "language"), running))
            log(f"reward step {step} {shown} seconds {time.time() - began:.0f}")
        if step % (4 * settings.pool_batches) == 0:
            state = {"raw": model.state_dict(), "average": average.state_dict(), "step": step, "seconds": time.time() - began}
            torch.save(state | {"optimisers": [o.state_dict() for o in pair]}, latest)
    torch.save({"average": average.state_dict(), "seconds": time.time() - began, "examples": len(data)}, path)
    path.with_suffix(".json").write_text(json.dumps(asdict(settings), indent=2))
    latest.unlink(missing_ok=True)
    return average.eval()


def loss_of(model: Reward, hidden: torch.Tensor, batch: Batch, correct: torch.Tensor, labels: torch.Tensor):
    """The outcome's, the steps' and the language loss."""
    pooled = model.outcome(hidden[torch.arange(len(batch.index)), batch.last])[:, 0]
    outcome = F.binary_cross_entropy_with_logits(pooled, correct)
    process = F.cross_entropy(model.process(hidden[batch.rows, batch.columns]), labels)
    place = torch.arange(batch.ids.shape[1] - 1)[None]
    wanted = (place + 1 >= batch.start[:, None]) & (place < batch.last[:, None]) & (correct[:, None] > 0)
    each = F.cross_entropy(model.language(hidden[:, :-1]).flatten(0, 1), batch.ids[:, 1:].flatten(), reduction="none")
    language = (each * wanted.flatten()).sum() / wanted.sum().clamp_min(1)
    return outcome, process, language


def batches(data: list[Example], settings: RewardSettings, first: int):
    """Batches from batch `first` on; texts of similar length go together. Pool k is the same in every run."""
    total = settings.batch * settings.pool_batches
    for step in range(first, settings.steps):
        pool, at = divmod(step, settings.pool_batches)
        if step == first or at == 0:
            rng = np.random.default_rng([settings.seed, pool])
            made = walks(rng, int(total * settings.walks), "train") + wrong_chains(rng, int(total * settings.chains), "train")
            # The policy's samples in their order of an epoch, so that each is seen before one is seen again.
            own, epoch_rows = total - len(made), np.arange(pool * (total - len(made)), (pool + 1) * (total - len(made)))
            order = [_shuffled(settings.seed, int(e), len(data)) for e in np.unique(epoch_rows // len(data))]
            base = int(epoch_rows[0] // len(data))
            made += [data[order[int(r) // len(data) - base][int(r) % len(data)]] for r in epoch_rows[:own]]
            encoded = encode([(e.prompt, e.text) for e in made])
            length = np.array([len(p) + len(t) for p, t in encoded])
            by_length = np.argsort(length + rng.random(len(length)) * 4)
            groups = [by_length[i : i + settings.batch] for i in range(0, len(by_length), settings.batch)]
            shuffled = rng.permutation(len(groups))
        batch = make_batch(encoded, [int(i) for i in groups[shuffled[at]]])
        correct = torch.tensor([made[i].correct for i in batch.index], dtype=torch.float32)
        yield batch, correct, torch.tensor([label for i in batch.index for label in made[i].labels])


def _shuffled(seed: int, epoch: int, count: int) -> np.ndarray:
    return np.random.default_rng([seed, 1_000_000 + epoch]).permutation(count)


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
