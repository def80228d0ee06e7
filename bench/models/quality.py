"""Perplexity and agreement with float32 of weight formats of one model, on the texts beside this file.

    bench/models/.cache/venv/bin/python bench/models/quality.py [FORMAT...] [--cache FOLDER] [--tokens N]

Every text is read alone, from its first token, in one run at batch 1, as a prompt is. The reference is the float32 export
through the same library. Agreement counts the positions where both put the same token first.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

HERE = Path(__file__).parent
REFERENCE = "fp32"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("formats", nargs="*", help="folders of the cache; all that are there when none is named")
    parser.add_argument("--cache", type=Path, default=HERE / ".cache/smollm2")
    parser.add_argument("--tokens", type=int, default=None, help="read only so many tokens of each text")
    arguments = parser.parse_args()
    there = sorted(path.parent.name for path in arguments.cache.glob("*/model.onnx"))
    formats = arguments.formats or there
    unknown = sorted(set([REFERENCE, *formats]) - set(there))
    if unknown:
        raise SystemExit(f"{arguments.cache} has no {', '.join(unknown)}; there are: {', '.join(there)}. Make them with bench/models/smollm2.sh.")

    texts = read_texts(arguments.cache / REFERENCE, arguments.tokens)
    reference = evaluate(arguments.cache / REFERENCE, texts)
    tokens = sum(len(ids) for ids in texts)
    print(f"{tokens} tokens, {len(texts)} texts, ONNX Runtime {onnxruntime.__version__}")
    print(f"{'format':<16}{'perplexity':>12}{'to float32':>12}{'top-1 agreement':>18}")
    for name in [REFERENCE, *(name for name in formats if name != REFERENCE)]:
        losses, best = reference if name == REFERENCE else evaluate(arguments.cache / name, texts)
        perplexity, base = math.exp(losses.mean()), math.exp(reference[0].mean())
        agreement = np.mean(best == reference[1])
        print(f"{name:<16}{perplexity:>12.3f}{100 * (perplexity / base - 1):>+11.2f}%{100 * agreement:>17.1f}%", flush=True)


def read_texts(folder: Path, limit: int | None) -> list[list[int]]:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return [tokenizer.encode(path.read_text()).ids[:limit] for path in sorted((HERE / "text").glob("*.txt"))]


def evaluate(folder: Path, texts: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Negative log-likelihood (nats) of each token but the first of a text, and the likeliest token at each position."""
    decoder = json.loads((folder / "genai_config.json").read_text())["model"]["decoder"]
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(folder / decoder["filename"]), options, providers=["CPUExecutionProvider"])
    losses, best = [], []
    for ids in texts:
        empty = np.zeros((1, decoder["num_key_value_heads"], 0, decoder["head_size"]), np.float32)
        feeds = {value.name: empty for value in session.get_inputs() if value.name.startswith("past_key_values.")}
        feeds["input_ids"] = np.array([ids], np.int64)
        feeds["attention_mask"] = np.ones((1, len(ids)), np.int64)
        logits = session.run(["logits"], feeds)[0][0].astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        normaliser = np.log(np.exp(logits).sum(axis=1))
        losses.append((normaliser - logits[np.arange(len(ids)), np.roll(ids, -1)])[:-1])
        best.append(logits.argmax(axis=1))
    return np.concatenate(losses), np.concatenate(best)


if __name__ == "__main__":
    main()
