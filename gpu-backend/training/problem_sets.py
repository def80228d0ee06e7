"""The held-out problems of bench/problems, as JSON Lines."""

from __future__ import annotations

import json
from pathlib import Path

import evaluate
import tasks

HELD_OUT = (300, 300, 300, 500)
HELD_OUT_SEED = 2026
VALIDATION = (150, 150, 150, 100)
VALIDATION_SEED = 70

README = """# Held-out problems

`puzzles.jsonl` (300 puzzles each of 3, 4 and 5 numbers) and `chains.jsonl` (500 chains of 3 to 5 operations), written by
`gpu-backend/training`. One JSON object a line: `id`, `prompt` (no newline at its end), and `numbers` and `target`, or `answer`.

A problem belongs to training, validation or held-out by a hash of its canonical text, so no problem of these files was ever
trained on or used for a choice. Every puzzle has a solution.

A puzzle is solved by one operation a line with what is left, each number used once, no negative results and exact division
only; the last line leaves the target and ends without a newline:

    Use 3, 7, 12, 20 to make 45.

    20 - 12 = 8 | 3 7 8
    8 + 7 = 15 | 3 15
    15 * 3 = 45 | 45

A chain is solved by one operation a line, then `Answer: N`.
"""


def write(folder: Path, counts=HELD_OUT) -> list[tasks.Puzzle | tasks.Chain]:
    problems = evaluate.problem_set("held-out", counts, HELD_OUT_SEED)
    folder.mkdir(parents=True, exist_ok=True)
    puzzles = [p for p in problems if isinstance(p, tasks.Puzzle)]
    chains = [p for p in problems if isinstance(p, tasks.Chain)]
    lines = []
    for i, p in enumerate(puzzles):
        row = {"id": f"puzzle-{len(p.numbers)}-{i % 1000:03d}", "prompt": p.prompt, "numbers": p.numbers, "target": p.target}
        lines.append(json.dumps(row) + "\n")
    (folder / "puzzles.jsonl").write_text("".join(lines))
    (folder / "chains.jsonl").write_text(
        "".join(json.dumps({"id": f"chain-{i:03d}", "prompt": c.prompt, "answer": c.answer}) + "\n" for i, c in enumerate(chains))
    )
    (folder / "README.md").write_text(README)
    return problems
