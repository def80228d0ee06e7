"""TreeQuest on the embedded models: problems as JSON lines on standard input, what it chose as JSON lines on standard output.

    python treequest_peer.py BACKEND_URL ab_mcts|mcts TOKENS

TreeQuest's own trees over steps: a node is the text up to the end of a step, its score the process reward's. It stops before
the token that would go over TOKENS; the answer is the finished text with the best score, else the best text.
"""

import json
import random
import sys

import numpy
from backend import STOP, Backend
from treequest import ABMCTSA, StandardMCTS

BATCH = 4  # leaves of one call, as Winnow's default


def search(name, backend, tokens):
    algorithm = ABMCTSA() if name == "ab_mcts" else StandardMCTS()
    state = algorithm.init_tree()
    while backend.tokens < tokens:
        state, trials = algorithm.ask_batch(state, BATCH, ["step"])
        begun = [trial.parent_state or "" for trial in trials]
        open_ones = [place for place, text in enumerate(begun) if not text.endswith(STOP)]
        steps = dict(zip(open_ones, backend.steps([begun[place] for place in open_ones]) if open_ones else []))
        texts = [text + steps.get(place, "") for place, text in enumerate(begun)]
        scores = backend.scores([text.removesuffix(STOP) for text in texts])
        for trial, text, score in zip(trials, texts, scores):
            state = algorithm.tell(state, trial.trial_id, (text, score))
        if not open_ones:
            break
    found = algorithm.get_state_score_pairs(state)
    ended = [pair for pair in found if pair[0].endswith(STOP)]
    return max(ended or found, key=lambda pair: pair[1])[0]


def main(url, name, tokens):
    for line in sys.stdin:
        problem = json.loads(line)
        random.seed(problem["seed"])
        numpy.random.seed(problem["seed"] % 2**32)
        backend = Backend(url, problem["prompt"], problem["seed"])
        text = search(name, backend, tokens * problem["worth"])
        told = {"id": problem["id"], "text": text.removesuffix(STOP), "tokens": backend.tokens}
        print(json.dumps({**told, "rewardTokens": backend.reward_tokens}), flush=True)


main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
