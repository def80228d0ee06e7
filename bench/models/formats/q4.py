"""The GGUF's own weights: Q4_1 (weight = scale x q + minimum, blocks of 32) and, for the head, Q8_0 (scale x q).

MatMulNBits takes the minimum as a zero point, weight = scale x (q - zero). A float zero point is exact, but the CPU's fast
kernels know whole ones only (with float ones a step takes 3 to 18 times as long), and rounding it loses 40 % of perplexity. So
the zero point is rounded, and what that leaves, one number for each block and column, is a second, 32 times smaller product
with the sums of the blocks of the input.
"""

import numpy as np
from gguf import GGUFReader
from onnx import helper

from .graph import HEAD, Graph

BLOCK = 32
ACCURACY_LEVEL = 4  # activations as 8 bits, a scale for each block of each row
PARTS = {"o_proj": "attn_output", "gate_proj": "ffn_gate", "up_proj": "ffn_up", "down_proj": "ffn_down"}


def convert(graph: Graph, cache) -> None:
    (path,) = (cache / "gguf").glob("*.gguf")
    tensors = {tensor.name: tensor for tensor in GGUFReader(path).tensors}
    graph.constant("blocks", np.array([0, 0, -1, BLOCK], np.int64))
    graph.constant("last", np.array([-1], np.int64))
    sums = {}

    def product(node, weight):
        source, target, name = node.input[0], node.output[0], node.input[1]
        shape = {"K": weight.shape[0], "N": weight.shape[1], "block_size": BLOCK, "accuracy_level": ACCURACY_LEVEL}
        if name == HEAD:
            quantised, scale = read_q8_0(tensors["token_embd.weight"])
            expect_equal(name, quantised * scale[..., None], weight)
            graph.constant(f"{name}_bytes", (quantised.astype(np.int16) + 128).astype(np.uint8))
            graph.constant(f"{name}_scale", scale.reshape(-1))
            return [many_bits([source, f"{name}_bytes", f"{name}_scale"], target, node.name, bits=8, **shape)]
        quantised, scale, minimum = of_layer(graph, tensors, name)
        expect_equal(name, quantised * scale[..., None] + minimum[..., None], weight)
        zero = np.clip(np.rint(np.divide(-minimum, scale, out=np.zeros_like(scale), where=scale != 0)), 0, 15)
        graph.constant(f"{name}_nibbles", quantised[..., 0::2] | (quantised[..., 1::2] << 4))
        graph.constant(f"{name}_scale", scale.reshape(-1))
        graph.constant(f"{name}_zero", pairs(zero.astype(np.uint8)))
        graph.constant(f"{name}_rest", (minimum + scale * zero).T.astype(np.float32))
        before = []
        if source not in sums:
            sums[source] = f"{source}_sums"
            before = [
                helper.make_node("Reshape", [source, "blocks"], [f"{source}_blocks"]),
                helper.make_node("ReduceSum", [f"{source}_blocks", "last"], [sums[source]], keepdims=0),
            ]
        inputs = [source, f"{name}_nibbles", f"{name}_scale", f"{name}_zero"]
        return [
            *before,
            many_bits(inputs, f"{target}_of_q4", node.name, bits=4, **shape),
            helper.make_node("MatMul", [sums[source], f"{name}_rest"], [f"{target}_of_rest"]),
            helper.make_node("Add", [f"{target}_of_q4", f"{target}_of_rest"], [target]),
        ]

    graph.replace_products(product)


def many_bits(inputs, output, name, **attributes):
    return helper.make_node("MatMulNBits", inputs, [output], name=f"{name}_Q4", domain="com.microsoft", **attributes)


def of_layer(graph: Graph, tensors, name: str):
    """Quantised values [columns, blocks, 32], scales and minima [columns, blocks] of a matrix of the float32 graph."""
    layer, part = name.split(".")[2], name.split(".")[4]
    if part != "qkv_proj":
        return read_q4_1(tensors[f"blk.{layer}.{PARTS[part]}.weight"])
    read = [read_q4_1(tensors[f"blk.{layer}.attn_{which}.weight"]) for which in "qkv"]
    # llama.cpp interleaves the two halves of a rotary pair in queries and keys; transformers keeps them apart
    apart = [[halves_apart(values, heads) for values in of] for of, heads in zip(read, (graph.heads, graph.kv_heads))]
    return [np.concatenate(values) for values in zip(*apart, read[2])]


def halves_apart(values: np.ndarray, heads: int) -> np.ndarray:
    return values.reshape(heads, -1, 2, *values.shape[1:]).swapaxes(1, 2).reshape(values.shape)


def raw_blocks(tensor, kind: str) -> np.ndarray:
    if tensor.tensor_type.name != kind:
        raise SystemExit(f"{tensor.name} is {tensor.tensor_type.name} in the GGUF; {kind} is what this format keeps.")
    inputs, columns = (int(size) for size in tensor.shape)
    return np.array(tensor.data).reshape(columns, inputs // BLOCK, -1)


def half(raw: np.ndarray) -> np.ndarray:
    return raw.copy().view(np.float16)[..., 0].astype(np.float32)


def read_q4_1(tensor):
    raw = raw_blocks(tensor, "Q4_1")
    return np.concatenate([raw[..., 4:] & 15, raw[..., 4:] >> 4], axis=-1), half(raw[..., 0:2]), half(raw[..., 2:4])


def read_q8_0(tensor):
    raw = raw_blocks(tensor, "Q8_0")
    return raw[..., 2:].copy().view(np.int8), half(raw[..., 0:2])


def pairs(zeros: np.ndarray) -> np.ndarray:
    """Two zero points a byte; a column begins at a byte."""
    if zeros.shape[1] % 2:
        zeros = np.concatenate([zeros, np.zeros_like(zeros[:, :1])], axis=1)
    return (zeros[:, 0::2] | (zeros[:, 1::2] << 4)).reshape(-1)


def expect_equal(name: str, blocks: np.ndarray, weight: np.ndarray) -> None:
    if not np.allclose(blocks.reshape(weight.shape[1], weight.shape[0]).T, weight, atol=1e-5):
        raise SystemExit(f"{name} in the GGUF is not {name} of the float32 export: they are not of one model.")
