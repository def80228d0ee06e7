"""its_hub on the embedded models: problems as JSON lines on standard input, what it chose as JSON lines on standard output.

    python its_hub_peer.py BACKEND_URL beam_search|particle_filter|entropic_particle_filter BUDGET

its_hub's own loops and its own choice among what they found; the model and the reward are Winnow's backend. Its budget is the
number of candidates that each step writes.
"""

import asyncio
import json
import math
import sys
import warnings

warnings.simplefilter("ignore", DeprecationWarning)

from backend import STOP, Backend  # noqa: E402
from its_hub.api import AbstractLanguageModel, AbstractProcessRewardModel  # noqa: E402
from its_hub.core.algorithms.beam_search import BeamSearch  # noqa: E402
from its_hub.core.algorithms.particle_gibbs import ParticleGibbs  # noqa: E402
from its_hub.core.lms.step_generation import StepGeneration  # noqa: E402

MAX_STEPS = 8  # a puzzle has at most four


class Policy(AbstractLanguageModel):
    def __init__(self, backend):
        self.backend = backend

    async def agenerate(self, messages, stop=None, **_):
        texts = [m[-1].content if m[-1].role == "assistant" else "" for m in messages]
        return [{"role": "assistant", "content": step} for step in self.backend.steps(texts)]


class Reward(AbstractProcessRewardModel):
    def __init__(self, backend):
        self.backend = backend

    def score(self, prompt_or_messages, steps):
        return self.backend.scores([text.removesuffix(STOP) for text in steps])

    async def ascore(self, prompt_or_messages, steps):
        return self.score(prompt_or_messages, steps)


def algorithm(name, backend, budget):
    steps = StepGeneration(MAX_STEPS, ["\n"], STOP, temperature=backend.temperature, include_stop_str_in_output=True)
    reward = Reward(backend)
    if name == "beam_search":
        return BeamSearch(steps, reward, beam_width=math.isqrt(budget))
    entropic = name == "entropic_particle_filter"
    return ParticleGibbs(steps, reward, does_entropic_annealing=entropic, **({"resampling_method": "systematic"} if entropic else {}))


async def main(url, name, budget):
    for line in sys.stdin:
        problem = json.loads(line)
        backend = Backend(url, problem["prompt"], problem["seed"])
        chosen = await algorithm(name, backend, budget).ainfer(Policy(backend), problem["prompt"], budget)
        told = {"id": problem["id"], "text": chosen["content"].removesuffix(STOP), "tokens": backend.tokens}
        print(json.dumps({**told, "rewardTokens": backend.reward_tokens}), flush=True)


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
