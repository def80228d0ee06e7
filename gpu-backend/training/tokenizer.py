"""The tokenizer of all four models: single digits, and one token for each fixed word of the tasks.

A text is cut by one regular expression and each piece is looked up whole, so
the ids of a text do not depend on how it was put together (a prefix keeps its
ids when it grows). A character outside of the alphabet becomes `<unk>`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from tokenizers import Tokenizer

SPECIAL = ["<pad>", "<bos>", "<eos>", "<unk>"]
PAD, BOS, EOS, UNK = range(4)
PIECES = [
    *"0123456789",
    "\n",
    " ",
    ".",
    ", ",
    " + ",
    " - ",
    " * ",
    " / ",
    " = ",
    " | ",
    "Use ",
    " to make ",
    "Start with ",
    ", add ",
    ", subtract ",
    ", multiply by ",
    ", divide by ",
    "Answer: ",
]
NEWLINE = len(SPECIAL) + PIECES.index("\n")
VOCABULARY = {piece: id for id, piece in enumerate([*SPECIAL, *PIECES])}

# The template that every policy and reward of this folder renders with: what
# the messages say, one line each, and the newline that ends the prompt.
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] not in ['system', 'user'] -%}"
    "{{- raise_exception('This policy answers one prompt: only user messages can be served, not the role ' + message['role']) -}}"
    "{%- endif -%}"
    "{{- message['content'] + '\\n' -}}"
    "{%- endfor -%}"
)


def build() -> Tokenizer:
    longest_first = sorted(PIECES, key=lambda piece: (-len(piece), piece))
    # [\s\S] keeps every other character as a piece of its own, which the
    # model then maps to <unk>: without it some runtimes drop what is between two matches.
    pattern = "|".join([*(re.escape(p).replace("\\\n", "\\n").replace("\\ ", " ") for p in longest_first), r"[\s\S]"])
    return Tokenizer.from_str(
        json.dumps(
            {
                "version": "1.0",
                "truncation": None,
                "padding": None,
                "added_tokens": [
                    {
                        "id": id,
                        "content": content,
                        "single_word": False,
                        "lstrip": False,
                        "rstrip": False,
                        "normalized": False,
                        "special": True,
                    }
                    for id, content in enumerate(SPECIAL)
                ],
                "normalizer": None,
                "pre_tokenizer": {
                    "type": "Split",
                    "pattern": {"Regex": pattern},
                    "behavior": "Isolated",
                    "invert": False,
                },
                "post_processor": None,
                "decoder": {"type": "Fuse"},
                "model": {
                    "type": "BPE",
                    "dropout": None,
                    "unk_token": "<unk>",
                    "continuing_subword_prefix": None,
                    "end_of_word_suffix": None,
                    "fuse_unk": False,
                    "byte_fallback": False,
                    # Each piece is a whole word of the vocabulary; there is nothing to merge.
                    "ignore_merges": True,
                    "vocab": VOCABULARY,
                    "merges": [],
                },
            }
        )
    )


def save(folder: Path, max_length: int) -> None:
    """tokenizer.json, tokenizer_config.json and special_tokens_map.json."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(json.loads(build().to_str()), indent=2, ensure_ascii=False)
    (folder / "tokenizer.json").write_text(text + "\n")
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": max_length,
        "pad_token": "<pad>",
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "unk_token": "<unk>",
        "add_bos_token": False,
        "add_eos_token": False,
        "clean_up_tokenization_spaces": False,
        "padding_side": "right",
        "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
