"""Makes data, trains, chooses, exports, evaluates and writes the cards.

    python gpu-backend/training/run.py            # everything, going on from whatever is already in .cache
    python gpu-backend/training/run.py --quick    # a smoke run of two minutes into a temporary folder
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pickle
import sys
import tempfile
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))

import cards
import evaluate
import export
import policy
import problem_sets
import rewards

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent


@dataclasses.dataclass(frozen=True)
class Plan:
    """All that decides the result."""

    policy: tuple[policy.PolicySettings, ...]  # each stage goes on from the weights of the one before
    data: rewards.DataSettings
    outcome: rewards.RewardSettings
    process: rewards.RewardSettings
    held_out: tuple[int, int, int, int] = problem_sets.HELD_OUT
    validation: tuple[int, int, int, int] = problem_sets.VALIDATION
    # Checkpoints this near to the largest gap count as equal; the one that is stronger by greedy ships.
    # 0.05 is two standard errors of a gap on 450 puzzles.
    equal_gap: float = 0.05
    # The reference is the checkpoint whose greedy rate on validation puzzles is nearest to this share of the policy's.
    reference_share: float = 0.5


FULL = Plan(
    policy=(policy.PolicySettings(steps=2600, checkpoint_every=200, decay=0.15),),
    data=rewards.DataSettings(problems=(1500, 3500, 4500, 3500), samples=5, warm_samples=1, seed=502),
    outcome=rewards.RewardSettings(),
    process=rewards.RewardSettings(),
)
QUICK = Plan(
    policy=(policy.PolicySettings(steps=60, batch=64, pool_batches=8, checkpoint_every=20, warm_up=10, compile=False),),
    data=rewards.DataSettings(problems=(30, 30, 30, 30), samples=2, warm_samples=1, corrupted=1.0),
    outcome=rewards.RewardSettings(steps=20, batch=64, pool_batches=5, compile=False),
    process=rewards.RewardSettings(steps=20, batch=64, pool_batches=5, compile=False),
    held_out=(8, 8, 8, 8),
    validation=(8, 8, 8, 8),
)


def log(*words) -> None:
    print(*words, flush=True)


def train_policy(plan: Plan, cache: Path) -> list[Path]:
    """All checkpoints of all stages, in order."""
    start, checkpoints = None, []
    for number, settings in enumerate(plan.policy, 1):
        folder = cache / "policy" / f"stage-{number}"
        if not (folder / "settings.json").exists():
            policy.train(settings, folder, log, start)
        found = sorted(folder.glob("step-*.pt"))
        checkpoints += found
        start = found[-1]
    return checkpoints


def choose(plan: Plan, checkpoints: list[Path], cache: Path) -> dict:
    """The checkpoint with the largest one-of-16 minus greedy on validation puzzles, the best by greedy, the reference."""
    measured_file = cache / "checkpoints.json"
    measured = json.loads(measured_file.read_text()) if measured_file.exists() else {}
    problems = evaluate.problem_set("validation", plan.validation, problem_sets.VALIDATION_SEED)
    for checkpoint in checkpoints:
        name = f"{checkpoint.parent.name}/{checkpoint.stem}"
        if name not in measured:
            measured[name] = evaluate.measure_policy(policy.Decoder(policy.load(checkpoint)), problems)
            measured_file.write_text(json.dumps(measured, indent=1))
            log(name, f"gap {evaluate.gap(measured[name]):.3f}", measured[name])
    greedy = lambda name: measured[name]["greedy"]["puzzles"][0] / measured[name]["greedy"]["puzzles"][1]
    names = [f"{c.parent.name}/{c.stem}" for c in checkpoints]
    largest = max(evaluate.gap(measured[n]) for n in names)
    chosen = max((n for n in names if evaluate.gap(measured[n]) >= largest - plan.equal_gap), key=greedy)
    earlier = names[: names.index(chosen)] or names
    return {
        "policy": chosen,
        "best_by_greedy": max(names, key=greedy),
        "reference": min(earlier, key=lambda n: abs(greedy(n) - plan.reference_share * greedy(chosen))),
        "measured": {n: measured[n] for n in names},
    }


def reward_data(plan: Plan, decoder: policy.Decoder, name: str, cache: Path) -> list[rewards.Example]:
    path = cache / "samples" / f"{name.replace('/', '-')}-{plan.data.seed}-{sum(plan.data.problems)}.pickle"
    if not path.exists():
        data = rewards.examples(decoder, plan.data, "train", log)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(data))
    return pickle.loads(path.read_bytes())


def train_rewards(plan: Plan, source, data, name: str, cache: Path) -> tuple[rewards.Reward, rewards.Reward]:
    folder = cache / "rewards" / name.replace("/", "-")
    outcome = rewards.train(source, data, plan.outcome, folder / "outcome.pt", log)
    if plan.process == plan.outcome:  # one trunk with two heads: each export keeps one
        return outcome, outcome
    return outcome, rewards.train(source, data, plan.process, folder / "process.pt", log)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke run of two minutes into a temporary folder")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--cache", type=Path, help="checkpoints, samples, measurements (default: .cache beside this file)")
    parser.add_argument("--weights", type=Path, help="where the four models go (default: gpu-backend/weights)")
    parser.add_argument("--problems", type=Path, help="where the held-out problems go (default: bench/problems)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    plan = QUICK if arguments.quick else FULL
    base = Path(tempfile.mkdtemp(prefix="winnow-training-")) if arguments.quick else None
    cache = arguments.cache or (base / "cache" if base else HERE / ".cache")
    weights = arguments.weights or (base / "weights" if base else REPOSITORY / "gpu-backend" / "weights")
    problems_folder = arguments.problems or (base / "problems" if base else REPOSITORY / "bench" / "problems")
    cache.mkdir(parents=True, exist_ok=True)

    held_out = problem_sets.write(problems_folder, plan.held_out)
    checkpoints = train_policy(plan, cache)
    choice = choose(plan, checkpoints, cache)
    log("chosen", {k: v for k, v in choice.items() if k != "measured"})
    path_of = {f"{c.parent.name}/{c.stem}": c for c in checkpoints}
    source = policy.load(path_of[choice["policy"]])
    decoder = policy.Decoder(source)
    data = reward_data(plan, decoder, choice["policy"], cache)
    log(f"{len(data)} texts, {sum(e.correct for e in data) / len(data):.3f} of them right")
    outcome, process = train_rewards(plan, source, data, choice["policy"], cache)

    differences = {
        "policy": export.export_policy(source, weights / "policy", export.PRECISION),
        "reference": export.export_policy(policy.load(path_of[choice["reference"]]), weights / "reference", export.PRECISION),
        "outcome": export.export_reward(outcome, "outcome", weights / "outcome"),
        "process": export.export_reward(process, "process", weights / "process"),
    }
    log("exported", differences)
    reports = {"held-out": evaluate.measure(decoder, outcome, process, held_out)}
    if choice["best_by_greedy"] != choice["policy"]:
        best = policy.Decoder(policy.load(path_of[choice["best_by_greedy"]]))
        reports["best by greedy, held-out"] = evaluate.measure_policy(best, held_out)
    reports["reference, held-out"] = evaluate.measure_policy(policy.Decoder(policy.load(path_of[choice["reference"]])), held_out)
    reports["graph"] = export.measure_precisions(source, held_out)
    facts = {
        "plan": dataclasses.asdict(plan),
        "precision": export.PRECISION,
        "choice": choice,
        "differences": differences,
        "examples": {"texts": len(data), "right": sum(e.correct for e in data)},
        "seconds": {
            "policy": sum(torch.load(s[-1], weights_only=True)["seconds"] for s in _stages(checkpoints)),
            **{
                kind: torch.load(file, weights_only=True)["seconds"]
                for kind in ("outcome", "process")
                if (file := cache / "rewards" / choice["policy"].replace("/", "-") / f"{kind}.pt").exists()
            },
        },
        "reports": reports,
    }
    (cache / "facts.json").write_text(json.dumps(facts, indent=1))
    cards.write(facts, weights)
    log("done:", weights)


def _stages(checkpoints: list[Path]) -> list[list[Path]]:
    folders = sorted({c.parent for c in checkpoints})
    return [[c for c in checkpoints if c.parent == folder] for folder in folders]


if __name__ == "__main__":
    main()
