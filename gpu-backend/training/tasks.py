"""The two tasks: number puzzles and chains of operations.

Problems, random valid solutions, the exact checker, what is still within
reach, and the splits. Nothing here knows about models.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

LARGEST_NUMBER = 25
TARGETS = (10, 99)
# Larger intermediate results almost never come back into the range of the
# targets; without a bound they would fill the training text with long products.
LARGEST_PUZZLE_RESULT = 999
LARGEST_CHAIN_VALUE = 9999

OPERATORS = "+-*/"


def split_of(canonical: str) -> str:
    """The split a problem belongs to, by a hash of its canonical text: the splits cannot overlap."""
    bucket = int.from_bytes(hashlib.sha256(canonical.encode()).digest()[:8], "big") % 1000
    if bucket < 40:
        return "held-out"
    return "validation" if bucket < 80 else "train"


# --- puzzles ---------------------------------------------------------------


@dataclass(frozen=True)
class Puzzle:
    numbers: tuple[int, ...]
    target: int

    @property
    def prompt(self) -> str:
        return f"Use {', '.join(map(str, self.numbers))} to make {self.target}."

    @property
    def canonical(self) -> str:
        return f"{' '.join(map(str, sorted(self.numbers)))}={self.target}"

    @property
    def task(self) -> str:
        return f"puzzles-{len(self.numbers)}"


@dataclass(frozen=True)
class Chain:
    start: int
    operations: tuple[tuple[str, int], ...]

    @property
    def prompt(self) -> str:
        return f"Start with {self.start}, {', '.join(f'{CHAIN_WORDS[o]} {n}' for o, n in self.operations)}."

    @property
    def canonical(self) -> str:
        return self.prompt

    @property
    def task(self) -> str:
        return "chains"

    @property
    def values(self) -> list[int]:
        """The running value after each operation."""
        values, value = [], self.start
        for operator, number in self.operations:
            value = apply(value, operator, number)
            values.append(value)
        return values

    @property
    def answer(self) -> int:
        return self.values[-1]


CHAIN_WORDS = {"+": "add", "-": "subtract", "*": "multiply by", "/": "divide by"}
CHAIN_OPERATORS = {word: operator for operator, word in CHAIN_WORDS.items()}


def apply(left: int, operator: str, right: int) -> int | None:
    """The result of one operation, or None where it is not allowed (negative, or not exact)."""
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right if left >= right else None
    if operator == "*":
        return left * right
    return left // right if right and left % right == 0 else None


def parse_prompt(prompt: str) -> Puzzle | Chain | None:
    """The problem that a prompt states, or None."""
    puzzle = re.fullmatch(r"Use (\d+(?:, \d+)*) to make (\d+)\.", prompt)
    if puzzle:
        return Puzzle(tuple(map(int, puzzle[1].split(", "))), int(puzzle[2]))
    words = "|".join(CHAIN_OPERATORS)
    chain = re.fullmatch(rf"Start with (\d+)((?:, (?:{words}) \d+)+)\.", prompt)
    if not chain:
        return None
    operations = re.findall(rf", ({words}) (\d+)", chain[2])
    return Chain(int(chain[1]), tuple((CHAIN_OPERATORS[w], int(n)) for w, n in operations))


# --- what is still within reach --------------------------------------------


@lru_cache(maxsize=1 << 18)
def reachable(numbers: tuple[int, ...]) -> frozenset[int]:
    """Every value that the sorted numbers can make, each used once."""
    if len(numbers) == 1:
        return frozenset(numbers)
    values: set[int] = set()
    for i in range(len(numbers)):
        for j in range(i):
            rest = numbers[:j] + numbers[j + 1 : i] + numbers[i + 1 :]
            for operator in OPERATORS:
                result = apply(numbers[i], operator, numbers[j])
                if result is not None:
                    values |= reachable(tuple(sorted((*rest, result))))
    return frozenset(values)


def within_reach(numbers: tuple[int, ...], target: int) -> bool:
    return target in reachable(tuple(sorted(numbers)))


def within_reach_many(states: list[tuple[int, ...]], targets: list[int]) -> np.ndarray:
    """`within_reach` for many states at once, without a table: 100,000 states of 4 numbers in seconds."""
    answer = np.zeros(len(states), bool)
    lengths = np.array([len(s) for s in states])
    for length in np.unique(lengths):
        where = np.flatnonzero(lengths == length)
        chunk = 60_000 if length <= 3 else 8_000 if length == 4 else 150
        for at in range(0, len(where), chunk):
            part = where[at : at + chunk]
            numbers = np.array([states[i] for i in part], np.int64).reshape(len(part), length)
            wanted = np.array([targets[i] for i in part], np.int64)
            answer[part] = _any_equal(numbers, wanted)
    return answer


def _any_equal(numbers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    owner = np.arange(len(numbers))
    while numbers.shape[1] > 1:
        n = numbers.shape[1]
        grown, owners = [], []
        for i in range(n):
            for j in range(i):
                high = np.maximum(numbers[:, i], numbers[:, j])
                low = np.minimum(numbers[:, i], numbers[:, j])
                rest = np.delete(numbers, (i, j), axis=1)
                divisible = (low > 0) & (high % np.maximum(low, 1) == 0)
                for result, ok in (
                    (high + low, None),
                    (high - low, None),
                    (high * low, None),
                    (high // np.maximum(low, 1), divisible),
                ):
                    state = np.concatenate([rest, result[:, None]], axis=1)
                    grown.append(state if ok is None else state[ok])
                    owners.append(owner if ok is None else owner[ok])
        numbers, owner = np.concatenate(grown), np.concatenate(owners)
    hit = np.zeros(len(targets), bool)
    hit[owner[numbers[:, 0] == targets[owner]]] = True
    return hit


# --- the checker -----------------------------------------------------------

_PUZZLE_STEP = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+) \| (\d+(?: \d+)*)")
_CHAIN_STEP = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)")
_CHAIN_ANSWER = re.compile(r"Answer: (\d+)")


def _canonical_number(text: str) -> bool:
    return text == "0" or not text.startswith("0")


def puzzle_states(puzzle: Puzzle, lines: list[str]) -> list[tuple[int, ...] | None]:
    """What is left after each line; None from the first invalid line on."""
    states: list[tuple[int, ...] | None] = []
    left: list[int] | None = list(puzzle.numbers)
    for line in lines:
        left = _after(left, line) if left is not None else None
        states.append(tuple(sorted(left)) if left is not None else None)
    return states


def _after(left: list[int], line: str) -> list[int] | None:
    step = _PUZZLE_STEP.fullmatch(line)
    if not step or not all(map(_canonical_number, re.findall(r"\d+", line))):
        return None
    a, operator, b, result = int(step[1]), step[2], int(step[3]), int(step[4])
    rest = list(left)
    for used in (a, b):
        if used not in rest:
            return None
        rest.remove(used)
    rest.append(result)
    if apply(a, operator, b) != result or sorted(map(int, step[5].split(" "))) != sorted(rest):
        return None
    return rest


def chain_lines(chain: Chain) -> list[str]:
    lines, value = [], chain.start
    for (operator, number), after in zip(chain.operations, chain.values):
        lines.append(f"{value} {operator} {number} = {after}")
        value = after
    return [*lines, f"Answer: {value}"]


def is_correct(problem: Puzzle | Chain, text: str) -> bool:
    """The whole text is right. A chain needs its answer, in its form, as the last line."""
    lines = text.split("\n")
    if isinstance(problem, Chain):
        return lines[-1] == f"Answer: {problem.answer}"
    states = puzzle_states(problem, lines)
    return len(lines) == len(problem.numbers) - 1 and states[-1] == (problem.target,)


def step_labels(problem: Puzzle | Chain, text: str, reach=within_reach) -> list[int]:
    """One label a line: 1 while every line so far is valid and the target is still within reach.

    For chains: 1 while the running value is right. A last line that is not
    closed by a newline is a step too.
    """
    lines = text.removesuffix("\n").split("\n")
    if isinstance(problem, Chain):
        right = chain_lines(problem)
        labels = [int(i < len(right) and line == right[i]) for i, line in enumerate(lines)]
    else:
        labels = []
        for state in puzzle_states(problem, lines):
            labels.append(int(state is not None and reach(state, problem.target)))
    for i in range(1, len(labels)):
        labels[i] &= labels[i - 1]
    return labels


# --- random problems and solutions -----------------------------------------


def random_puzzles(
    rng: np.random.Generator, count: int, size: int, split: str, walks: int = 24
) -> list[tuple[Puzzle, str]]:
    """Puzzles with one random valid solution each.

    From each random set of numbers several random walks are taken, and one of
    the targets they hit is drawn, each target alike: so a target that many
    solutions reach is not drawn more often than a rare one.
    """
    found: list[tuple[Puzzle, str]] = []
    while len(found) < count:
        sets = max(256, count - len(found))
        numbers = np.sort(rng.integers(1, LARGEST_NUMBER + 1, (sets, size)), axis=1)
        walked = _walk(rng, np.repeat(numbers, walks, axis=0))
        by_set: dict[int, dict[int, int]] = {}
        final = walked[-1][:, 3]
        alive = np.flatnonzero((final >= TARGETS[0]) & (final <= TARGETS[1]))
        for row in rng.permutation(alive):
            by_set.setdefault(row // walks, {})[int(final[row])] = row
        for at, targets in by_set.items():
            puzzle_numbers = tuple(map(int, numbers[at]))
            target, row = list(targets.items())[rng.integers(len(targets))]
            puzzle = Puzzle(puzzle_numbers, target)
            if split_of(puzzle.canonical) != split:
                continue
            left, lines = list(puzzle_numbers), []
            for step in walked:
                a, operator, b, result = map(int, step[row])
                left.remove(a)
                left.remove(b)
                left.append(result)
                left.sort()
                lines.append(f"{a} {OPERATORS[operator]} {b} = {result} | {' '.join(map(str, left))}")
            found.append((puzzle, "\n".join(lines)))
    return found[:count]


def _walk(rng: np.random.Generator, numbers: np.ndarray) -> list[np.ndarray]:
    """Random allowed operations until one number is left; a row that leaves the bounds ends at -1."""
    state, steps = numbers.astype(np.int64), []
    rows = np.arange(len(state))
    dead = np.zeros(len(state), bool)
    while state.shape[1] > 1:
        order = rng.random(state.shape).argsort(axis=1)
        state = np.take_along_axis(state, order, axis=1)
        high = np.maximum(state[:, 0], state[:, 1])
        low = np.minimum(state[:, 0], state[:, 1])
        results = np.stack([high + low, high - low, high * low, high // np.maximum(low, 1)], axis=1)
        allowed = np.stack(
            [
                np.ones(len(state), bool),
                high > low,  # a zero helps no solution
                high * low <= LARGEST_PUZZLE_RESULT,
                (low > 0) & (high % np.maximum(low, 1) == 0),
            ],
            axis=1,
        )
        operator = (rng.random(allowed.shape) * allowed).argmax(axis=1)
        result = results[rows, operator]
        dead |= result > LARGEST_PUZZLE_RESULT
        steps.append(np.stack([high, operator, low, np.where(dead, -1, result)], axis=1))
        state = np.concatenate([state[:, 2:], result[:, None]], axis=1)
    return steps


def random_chains(rng: np.random.Generator, count: int, split: str) -> list[tuple[Chain, str]]:
    found: list[tuple[Chain, str]] = []
    while len(found) < count:
        start = value = int(rng.integers(1, 100))
        operations: list[tuple[str, int]] = []
        for _ in range(int(rng.integers(3, 6))):
            divisors = [d for d in range(2, 10) if value % d == 0 and value]
            choices = ["+"]
            if value > 1:
                choices.append("-")
            if 0 < value * 9 <= LARGEST_CHAIN_VALUE:
                choices += ["*", "*"]
            if divisors:
                choices.append("/")
            operator = choices[int(rng.integers(len(choices)))]
            if operator == "+":
                number = int(rng.integers(1, 100))
            elif operator == "-":
                number = int(rng.integers(1, min(value, 100)))
            elif operator == "*":
                number = int(rng.integers(2, 10))
            else:
                number = divisors[int(rng.integers(len(divisors)))]
            operations.append((operator, number))
            value = apply(value, operator, number)
        chain = Chain(start, tuple(operations))
        if value <= LARGEST_CHAIN_VALUE and split_of(chain.canonical) == split:
            found.append((chain, "\n".join(chain_lines(chain))))
    return found[:count]


def distinct(problems: list[tuple[Puzzle | Chain, str]]) -> list[tuple[Puzzle | Chain, str]]:
    """The first of each problem."""
    seen: dict[str, tuple[Puzzle | Chain, str]] = {}
    for problem, solution in problems:
        seen.setdefault(problem.canonical, (problem, solution))
    return list(seen.values())
