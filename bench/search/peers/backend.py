"""The backend of a running Winnow as peers' code sees it: next steps and process scores, with the tokens that they cost."""

import itertools
import json
import urllib.request

STOP = "<end>"  # what a peer is shown where the policy ended its answer: its text never holds it


class Backend:
    """One problem's calls. Counts what was sampled and what the reward read."""

    def __init__(self, url, prompt, seed, temperature=1.0, max_step_tokens=32):
        self.url = url
        self.prompt = {"text": prompt}
        self.seed = seed
        self.temperature = temperature
        self.max_step_tokens = max_step_tokens
        self.tokens = 0
        self.reward_tokens = 0
        self._number = itertools.count()
        self._scores = {}

    def steps(self, beginnings):
        """The next step of each text, with its newline, or with STOP where the answer ended. One call for all."""
        ids = [f"0.{next(self._number)}" for _ in beginnings]
        lines = self._post(
            "/generate",
            {
                "model": "puzzle-policy",
                "prompt": self.prompt,
                "prefixes": [
                    {"id": id, "text": text, "count": 1, "first_child": 0, "max_tokens": self.max_step_tokens}
                    for id, text in zip(ids, beginnings)
                ],
                "until": "step",
                "step": {"delimiter": "\n", "max_tokens": self.max_step_tokens},
                "sampling": {
                    "temperature": self.temperature,
                    "top_p": 1,
                    "top_k": 0,
                    "min_p": 0,
                    "max_tokens": 4096,
                    "stop": [],
                },
                "seed": self.seed,
                "deadline_ms": 60000,
            },
        )
        written = {}
        for line in lines:
            if line["type"] == "candidate":
                written[line["parent"]] = line["text"] + (STOP if line["finish"] == "stop" else "")
                self.tokens += line["token_count"]
        return [written[id] for id in ids]

    def scores(self, texts):
        """Probability of the last step of each text. An equal text is read once."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._scores]
        if missing:
            (answer,) = self._post(
                "/score",
                {
                    "model": "puzzle-process",
                    "prompt": self.prompt,
                    "candidates": [
                        {"id": str(place), "text": text, "steps": text.splitlines(keepends=True)}
                        for place, text in enumerate(missing)
                    ],
                    "deadline_ms": 60000,
                },
            )
            for text, score in zip(missing, answer["scores"]):
                self._scores[text] = score["value"] if score["ok"] else 0.0
            self.reward_tokens += answer["usage"]["tokens"]
        return [self._scores[text] for text in texts]

    def _post(self, path, body):
        key = f"peer-{self.seed}-{id(self)}-{next(self._number)}"
        data = json.dumps({"key": key, **body}).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"})
        with urllib.request.urlopen(request) as response:
            return [json.loads(line) for line in response.read().decode().splitlines() if line]
