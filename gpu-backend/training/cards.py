"""The model cards, written from what was measured."""

from __future__ import annotations

from pathlib import Path

import evaluate

TITLES = {"puzzles-3": "3 numbers", "puzzles-4": "4 numbers", "puzzles-5": "5 numbers", "puzzles": "all puzzles", "chains": "chains"}
HEAD = """---
license: apache-2.0
language: en
library_name: onnx
---
"""
INPUTS = {
    "outcome": "`input_ids` and `attention_mask`, int64 [batch, length].",
    "process": """`input_ids`, int64 [batch, length], and behind what they are read:
`past_key_values.N.key` and `.value`, float32 [batch, 2, past, 32], of each of 6 layers, without positions for a whole text;
`present.N.key` and `.value` are these with the tokens' own.""",
}
TASKS_TEXT = """## The tasks

- **Puzzles.** `Use 3, 7, 12, 20 to make 45.` One operation a line with what is left, each number used once, until one is left:
  `20 - 12 = 8 | 3 7 8`, `8 + 7 = 15 | 3 15`, `15 * 3 = 45 | 45`. 3 to 5 numbers up to 25, targets 10-99, no negative results, exact division only.
- **Chains.** `Start with 37, add 48, multiply by 2, subtract 15.` One operation a line (`37 + 48 = 85`), last `Answer: 155`.
  3 to 5 operations of add, subtract, multiply by, divide by; values up to 9,999.

A step is a line. The last line has no newline: the end token follows.
"""


def write(facts: dict, weights: Path) -> None:
    for name, text in (
        ("policy", policy_card(facts)),
        ("reference", reference_card(facts)),
        ("outcome", reward_card(facts, "outcome")),
        ("process", reward_card(facts, "process")),
    ):
        (weights / name / "README.md").write_text(text)


def percent(solved: float, count: int) -> str:
    low, high = evaluate.interval(solved, count)
    return f"{100 * solved / count:.1f} % ({100 * low:.1f}-{100 * high:.1f})"


def rate_table(report: dict) -> str:
    present = [t for t in TITLES if t in report["greedy"]]
    lines = ["| | " + " | ".join(TITLES[t] for t in present) + " |", "|---" * (len(present) + 1) + "|"]
    for name, row in report.items():
        if isinstance(row, dict) and row and all(isinstance(v, (tuple, list)) for v in row.values()):
            cells = (percent(*row[t]) if t in row else "-" for t in present)
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    count = ", ".join(f"{report['greedy'][t][1]} of {TITLES[t]}" for t in present if t != "puzzles")
    return "\n".join(lines) + f"\n\nHeld-out problems: {count}. In brackets Wilson's 95 % interval.\n"


def training_line(facts: dict) -> str:
    stages = facts["plan"]["policy"]
    steps = " and then ".join(f"{s['steps']:,} steps (seed {s['seed']})" for s in stages)
    return f"{steps} of {stages[0]['batch']} problems, each problem new; {facts['seconds']['policy'] / 60:.0f} minutes on at most two CPU cores"


def policy_card(facts: dict) -> str:
    held = facts["reports"]["held-out"]
    choice, measured = facts["choice"], facts["choice"]["measured"]
    chosen, best = measured[choice["policy"]], measured[choice["best_by_greedy"]]
    tokens, typical = held["tokens"], held["typical"]
    lines = [
        HEAD,
        "# Puzzle policy\n",
        "A decoder-only transformer (Llama: 4 layers, width 128, 4 query and 2 key/value heads of 32, 0.8 million parameters, context 256)",
        "that writes solutions of number puzzles and of chains of operations. Its errors are real and it gains much from search;",
        "that is what it is for. It knows nothing else.\n",
        TASKS_TEXT,
        "## Input\n",
        "The chat template joins the contents of the messages, each with a newline; assistant and tool turns are refused. A raw prompt may",
        "leave its last newline out. 32 tokens; digits are single; `<unk>` (3) stands for any character outside of the alphabet; nothing is",
        "added at the front; the end token is `<eos>` (2). The layout is that of onnxruntime-genai, precision "
        + f"{facts['precision']}; sample at temperature 1.\n",
        "## Training\n",
        f"Random valid solutions; {training_line(facts)}. Loss on the solution only. One example in ten has no newline after the prompt,",
        "15 % of the puzzles do not list their numbers in ascending order. Muon for the matrices, AdamW for the rest; averaged weights.",
        "Problems go to training, validation and held-out by a hash, so they cannot overlap.\n",
        f"Of {len(measured)} checkpoints the one with the largest one-of-16 minus greedy on validation puzzles ships ({choice['policy']}; among gaps",
        f"within {100 * facts['plan']['equal_gap']:.0f} points the strongest), because there is most to gain by searching. Beside it, on the same validation puzzles:\n",
        "| checkpoint | greedy | one of 16 by oracle | gap |\n|---|---|---|---|",
    ]
    for label, row in ((f"shipped: {choice['policy']}", chosen), (f"best by greedy: {choice['best_by_greedy']}", best)):
        greedy, oracle = row["greedy"]["puzzles"], row["one of 16 by oracle"]["puzzles"]
        lines.append(f"| {label} | {percent(*greedy)} | {percent(*oracle)} | {100 * evaluate.gap(row):.1f} points |")
    lines += ["\n## Held-out figures\n", rate_table(held)]
    if "best by greedy, held-out" in facts["reports"]:
        lines += ["The checkpoint that is best by greedy, which does not ship:\n", rate_table(facts["reports"]["best by greedy, held-out"])]
    lines += [
        "Tokens spent on a problem: "
        + "; ".join(
            f"{TITLES[t]} {tokens['best of 16'][t]:.0f} by best of 16, {tokens['beam search 4 x 4'][t]:.0f} by the beam search"
            for t in tokens["best of 16"]
        )
        + ".\n",
        "Typical lengths: "
        + "; ".join(
            f"{TITLES[t]} {row['tokens']:.0f} tokens (95th percentile {row['tokens_95th']:.0f}), {row['tokens_of_a_step']:.1f} a step"
            for t, row in typical.items()
        )
        + ".\n",
        "## The graph\n",
        "| precision | file | puzzles greedy | puzzles one sample | chains greedy | chains one sample | tokens/s at 1, 16, 64 rows | largest logit difference from torch |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for precision, row in facts["reports"]["graph"].items():
        lines.append(
            f"| {precision} | {row['bytes'] / 1e6:.2f} MB | {percent(*row['greedy']['puzzles'])} | {percent(*row['one sample']['puzzles'])} "
            f"| {percent(*row['greedy']['chains'])} | {percent(*row['one sample']['chains'])} "
            f"| {', '.join(f'{speed:,.0f}' for speed in row['tokens_per_second'].values())} | {row['logit_difference']:.1e} |"
        )
    lines += [
        "\nBoth over the held-out problems. Speed: one thread, in turns, the best of seven, prefill included, other programs on the machine.\n",
        "## Limits\n",
        "Only these two tasks, in these words. It often writes a wrong result or leaves a number out to reach the target: check its answers,",
        "or let the rewards beside it do so. Licence: Apache-2.0.\n",
    ]
    return "\n".join(lines)


def reference_card(facts: dict) -> str:
    choice = facts["choice"]
    return "\n".join(
        [
            HEAD,
            "# Reference policy\n",
            f"An earlier, weaker checkpoint ({choice['reference']}) of the policy in `../policy`: the same architecture, tokenizer, template and data.",
            "It is what the policy is compared with where a method needs a reference (implicit rewards, divergence from the reference).\n",
            TASKS_TEXT,
            f"Training: the first part of the policy's run ({training_line(facts)} in all). The checkpoint is the one whose greedy rate on validation",
            f"puzzles is nearest to {100 * facts['plan']['reference_share']:.0f} % of the policy's.\n",
            "## Held-out figures\n",
            rate_table(facts["reports"]["reference, held-out"]),
            "Limits: as the policy, and weaker on purpose. Licence: Apache-2.0.\n",
        ]
    )


def reward_card(facts: dict, kind: str) -> str:
    held, data, settings = facts["reports"]["held-out"], facts["plan"]["data"], facts["plan"][kind]
    shared = facts["plan"]["outcome"] == facts["plan"]["process"]
    seconds = facts["seconds"].get(kind, facts["seconds"].get("outcome", 0))
    title = "# Outcome reward\n" if kind == "outcome" else "# Process reward\n"
    what = (
        [
            "One logit for a whole text: how likely it is that the text is a valid and complete solution of the prompt.",
            "The label is the checker's: every line valid and the target reached; for chains the right `Answer: N`. An unfinished text is wrong.\n",
        ]
        if kind == "outcome"
        else [
            "One probability for each step: that every step so far is valid AND the target is still within reach of what is left (exhaustive",
            "search; the last step: the target is reached). For chains: that the running value is right. A value, so its reduction is `last`;",
            "after the first wrong step the label is 0. It is causal: the score of a step does not depend on later steps, so a text that ends",
            "after any step (with its newline) is meaningful input.\n",
        ]
    )
    output = (
        "`logits` [batch, 1]: read at the last real token, in the graph."
        if kind == "outcome"
        else "`logits` [batch, length, 2]: softmax over the last axis, index 1, at the newline (id 14) that ends each step of the text (not the prompt's own newline), and at the last token where the text ends without one."
    )
    lines = [
        HEAD,
        title,
        *what,
        TASKS_TEXT,
        "## Input\n",
        "The ids of the rendered prompt (the user's text and a newline; without the newline works too), then the ids of the text; nothing at the",
        f"front, no end token (`append_eos: false` in config.json). {INPUTS[kind]} Padded on the right, up to 256.",
        f"{output} Plain ONNX operators (opset 18), float32; largest difference from torch {facts['differences'][kind]['logit_difference']:.0e}.\n",
        "## Training\n",
        f"From the policy's trunk and {settings['extra_layers']} layers more (checking a digit means comparing it with what the policy's last layer expected one token",
        f"before). {settings['steps']:,} steps of {settings['batch']} texts, seed {settings['seed']}, {seconds / 60:.0f} minutes on two CPU cores. Of the texts",
        f"{100 * (1 - settings['walks'] - settings['chains']):.0f} % are the policy's own samples: {facts['examples']['texts']:,} different ones ({100 * facts['examples']['right'] / facts['examples']['texts']:.0f} % right) for {sum(data['problems']):,} training problems,",
        f"{data['samples']} each at T = 1 and {data['warm_samples']} at T = {data['warm_temperature']} (seed {data['seed']}), and damaged right solutions of {100 * data['corrupted']:.0f} % of the problems.",
        f"{100 * settings['walks']:.0f} % are valid random walks over training puzzles, new ones in every batch, each line labelled by exhaustive search; {100 * settings['chains']:.0f} % are",
        f"chains, half of them with one wrong digit that the later lines go on from. Loss weights: outcome {settings['outcome_weight']}, steps {settings['process_weight']}, next token {settings['language_weight']} (right texts only).",
        "The two rewards are the two heads of one trunk, trained together; each file carries the trunk, so they are no independent opinions.\n"
        if shared
        else "The head of the other reward was trained beside it as an auxiliary loss and is not in the file.\n",
        "## Held-out figures\n",
        rate_table(held),
        "AUROC over the policy's 16 samples of each held-out problem (the process reward by its last step): overall, and within a problem (the mean",
        "over problems that have right and wrong samples).\n",
        "| | outcome, overall | outcome, within | process, overall | process, within | problems with both |\n|---|---|---|---|---|---|",
    ]
    number = lambda value: "-" if value is None else f"{value:.3f}"
    for task, row in held["auroc"].items():
        lines.append(
            f"| {TITLES[task]} | {number(row['outcome']['overall'])} | {number(row['outcome']['within_problem'])} | {number(row['process']['overall'])} "
            f"| {number(row['process']['within_problem'])} | {row['outcome']['problems_with_both']} |"
        )
    lines.append("")
    if kind == "process":
        lines += ["Finding the first wrong step (the first below the threshold is exactly the first with label 0), and right texts blamed. The label is about",
            "reach: a valid step that leaves the target out of reach counts as wrong.\n"]
        for family, row in held["steps"].items():
            lines += [
                "AUROC over valid lines by how many numbers they leave: "
                + ", ".join(f"{n} left {number(value)}" for n, value in row["auroc_by_numbers_left"].items())
                + ".\n"
                if row["auroc_by_numbers_left"]
                else "",
                f"{family}: {row['texts_with_an_error']:,} texts with an error, {row['texts_without']:,} without; AUROC over steps {number(row['step_auroc'])}.\n",
                "| threshold | first wrong step found | right text blamed |\n|---|---|---|",
            ]
            for limit, by in row["by_threshold"].items():
                found, blamed = by["first_wrong_step_found"], by["right_text_blamed"]
                lines.append(f"| {limit} | {'-' if found is None else f'{100 * found:.1f} %'} | {'-' if blamed is None else f'{100 * blamed:.1f} %'} |")
            lines.append("")
    lines += [
        "## Limits\n",
        *misses(held),
        "It judges texts like those of the policy beside it; a text that was written to deceive it may pass. The exact checker is the judge of last",
        "resort. Licence: Apache-2.0.\n",
    ]
    return "\n".join(lines)


def misses(held: dict) -> list[str]:
    """What the figures say the rewards cannot do; a reader should not have to find it in a table."""
    found = []
    chains = held["auroc"]["chains"]["outcome"]["within_problem"]
    if chains is not None and chains < 0.6:
        found.append(
            f"**Neither reward can tell a right chain from a wrong one of the same problem** (AUROC {chains:.2f}; 0.5 is chance): choose among chains by vote.\n"
        )
    best, beam = held["best of 16 by process reward"], held["beam search 4 x 4 by process reward"]
    behind = [t for t in evaluate.TASKS if t != "chains" and t in best and beam[t][0] < best[t][0]]
    if behind:
        found.append(
            "**At equal tokens the beam search solves fewer puzzles than best of 16** with "
            + " and ".join(TITLES[t] for t in behind)
            + ": the reward checks a finished text well and ranks unfinished ones less well (the same search with exact labels is far above both).\n"
        )
    return found
