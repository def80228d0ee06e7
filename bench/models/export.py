"""Makes weight formats of the model out of its float32 export (and its GGUF), in the onnxruntime-genai layout.

    bench/models/.cache/venv/bin/python bench/models/export.py FORMAT... [--cache FOLDER]

w8a8   weights and activations of 8 bits: MatMulInteger's kernels, a scale for each row of activations and each column of
       weights. Hadamard rotations spread the outliers, which such scales would lose everything to, over all channels.
q4     the very weights of the GGUF: 4 bits, block 32, scale and minimum (Q4_1); the embedding 8 bits (Q8_0).

docs/decisions/0003-weight-formats.md says what each costs and gains.
"""

import argparse
from pathlib import Path

from formats import q4, w8a8
from formats.graph import Graph

FORMATS = {"w8a8": w8a8.convert, "q4": q4.convert}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("formats", nargs="+", choices=FORMATS)
    parser.add_argument("--cache", type=Path, default=Path(__file__).parent / ".cache/smollm2")
    arguments = parser.parse_args()
    for name in arguments.formats:
        graph = Graph(arguments.cache / "fp32")
        FORMATS[name](graph, arguments.cache)
        size = graph.save(arguments.cache / name)
        print(f"{arguments.cache / name}: {size >> 20} MB")


if __name__ == "__main__":
    main()
