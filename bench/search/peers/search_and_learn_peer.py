"""search-and-learn on the embedded models: problems as JSON lines on standard input, what it chose as JSON lines on standard output.

    python search_and_learn_peer.py BACKEND_URL beam_search|dvts BUDGET CHECKOUT

The loops of a checkout of github.com/huggingface/search-and-learn, as they are: beam search and DVTS with its defaults, and its
choice among what they found. They call vLLM and a reward model of their own; here both are Winnow's backend, and a step ends
at a newline. Its budget is `n`, its beam width the square root of it. What they import and never call is not installed.
"""

import json
import math
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

from backend import STOP, Backend

MAX_STEPS = 8  # a puzzle has at most four


class Sampling:
    """What vLLM is told: steps end at a stop text; without one a text is written to its end."""

    def __init__(self, stop=None, **others):
        self.stop = stop
        self.temperature = others.get("temperature")


class Policy:
    """vLLM as the loops see it; it is its own tokenizer, whose template is the text that was written so far."""

    def __init__(self, backend):
        self.backend = backend

    def get_tokenizer(self):
        return self

    def apply_chat_template(self, conversations, **_):
        return [c[-1]["content"] if c[-1]["role"] == "assistant" else "" for c in conversations]

    def generate(self, texts, sampling, **_):
        written = list(self.backend.steps(texts))
        for _ in range(0 if sampling.stop else MAX_STEPS - 1):
            open_ones = [i for i, text in enumerate(written) if not text.endswith(STOP)]
            if not open_ones:
                break
            for i, step in zip(open_ones, self.backend.steps([texts[i] + written[i] for i in open_ones])):
                written[i] += step
        return [SimpleNamespace(outputs=[output(text)]) for text in written]


def output(text):
    """vLLM's stop_reason is the stop text that was met, and None where the model ended."""
    return SimpleNamespace(text=text.removesuffix(STOP), stop_reason=None if text.endswith(STOP) else "\n")


class Reward:
    """Scores of every step; the loops read the last one."""

    def __init__(self, backend):
        self.backend = backend

    def score(self, prompts, completions):
        flat = self.backend.scores([text for texts in completions for text in texts])
        values = iter(flat)
        return [[[next(values)] for _ in texts] for texts in completions]


def loops(checkout):
    """Its functions. Stand-ins take the places of modules that they import and, for these two loops, never call."""
    names = {
        "vllm": {"LLM": Policy, "SamplingParams": Sampling},
        "datasets": {"Dataset": object},
        "sal.config": {"Config": SimpleNamespace},
        "sal.models.reward_models": {"PRM": Reward},
        "sal.utils.math": dict.fromkeys(
            [
                "compute_maj_pred",
                "compute_naive_pred",
                "compute_weighted_pred",
                "extract_completion_answers",
                "subsample_completions",
            ]
        ),
    }
    for name, members in names.items():
        module = ModuleType(name)
        module.__dict__.update(members)
        sys.modules[name] = module
    sys.path.insert(0, str(Path(checkout) / "src"))
    from sal.search import beam_search, dvts

    return {"beam_search": beam_search, "dvts": dvts}


def config(name, budget):
    width = math.isqrt(budget)
    return SimpleNamespace(
        n=budget,
        beam_width=width,
        n_beams=budget // width,
        num_iterations=MAX_STEPS,
        lookahead=0,
        temperature=1.0,
        top_p=1.0,
        max_tokens=2048,
        agg_strategy="last",
        filter_duplicates=False,
        sort_completed=False,
        system_prompt="",
        custom_chat_template=None,
    )


def main(url, name, budget, checkout):
    search = loops(checkout)[name]
    sys.stderr = open("/dev/null", "w")  # its progress bars
    for line in sys.stdin:
        problem = json.loads(line)
        backend = Backend(url, problem["prompt"], problem["seed"])
        try:
            found = search({"problem": [problem["prompt"]]}, config(name, budget), Policy(backend), Reward(backend))
            text = found["pred"][0]
        except ZeroDivisionError:  # no beam was completed
            text = ""
        told = {"id": problem["id"], "text": text, "tokens": backend.tokens}
        print(json.dumps({**told, "rewardTokens": backend.reward_tokens}), flush=True)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
