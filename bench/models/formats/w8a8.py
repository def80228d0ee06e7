"""Weights and activations of 8 bits, after rotations that leave the float32 model as it was (QuaRot, Ashkboos et al. 2024).

Where the rotations stand: the residual stream (folded into the embedding and every matrix that reads or writes it; a norm
commutes with them once its weights are folded into the matrix behind it), the values of each head (folded into the value and
output projections), and blocks of the input of the down projection (computed, 64 channels at a time).

Activations are scaled by the largest magnitude of their own row, so that what a row gives does not depend on what else is in
the batch: DynamicQuantizeLinear takes one scale for all rows, and a seed would not repeat. Weights are unsigned: on x86
without VNNI the kernel for signed ones (vpmaddubsw) saturates at 16 bits, without a word.
"""

import numpy as np
from onnx import helper

from .graph import EMBEDDING, HEAD, Graph
from .hadamard import rotation

RESIDUAL, VALUES, BLOCK = 0, 1, 3  # seeds
BLOCK_SIZE = 64
QUERY_KEY_VALUE, OUTPUT = "attn.qkv_proj", "attn.o_proj"
GATE, UP, DOWN = "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"


def convert(graph: Graph, _cache) -> None:
    rotate(graph)
    graph.constant("row_scale", np.float32(1 / 127))
    graph.constant("row_zero", np.array(128, np.uint8))
    graph.constant("least", np.float32(1e-12))  # a row of zeros has no magnitude to divide by
    graph.constant("last", np.array([-1], np.int64))
    graph.constant("blocks", np.array([0, 0, -1, BLOCK_SIZE], np.int64))
    graph.constant("joined", np.array([0, 0, -1], np.int64))
    graph.constant("block_rotation", rotation(BLOCK_SIZE, BLOCK).astype(np.float32))
    rows = {}

    def product(node, weight):
        source, name, target = node.input[0], node.input[1], node.output[0]
        rotated = DOWN in name
        before = []
        if source not in rows:
            before, rows[source] = quantised_rows(source, rotated)
        quantised, magnitude = rows[source]
        names = quantised_columns(graph, name, in_blocks(weight) if rotated else weight)
        inputs = [quantised, names[0], "row_scale", names[1], "row_zero", names[2]]
        return [
            *before,
            helper.make_node("MatMulIntegerToFloat", inputs, [f"{target}_of_unit"], name=f"{node.name}_W8A8", domain="com.microsoft"),
            helper.make_node("Mul", [f"{target}_of_unit", magnitude], [target], name=f"{node.name}_Rescale"),
        ]

    graph.replace_products(product)


def rotate(graph: Graph) -> None:
    residual, values = rotation(graph.hidden, RESIDUAL), rotation(graph.head_size, VALUES)
    weights = graph.weights

    def reads(name, norm):  # a matrix that reads the residual stream behind the norm of this name
        weights[name] = (residual.T @ (weights[name] * weights[norm][:, None].astype(np.float64))).astype(np.float32)

    weights[EMBEDDING] = (weights[EMBEDDING] @ residual).astype(np.float32)
    norms = [f"model.layers.{graph.layers}.final_norm_layernorm.weight"]
    reads(HEAD, norms[0])
    for layer in range(graph.layers):
        name = lambda part: f"model.layers.{layer}.{part}.MatMul.weight"  # noqa: B023, E731
        attention_norm = f"model.layers.{layer}.input_layernorm.weight"
        mlp_norm = f"model.layers.{layer}.post_attention_layernorm.weight"
        reads(name(QUERY_KEY_VALUE), attention_norm)
        reads(name(GATE), mlp_norm)
        reads(name(UP), mlp_norm)
        for part in (OUTPUT, DOWN):
            weights[name(part)] = (weights[name(part)] @ residual).astype(np.float32)
        first = (graph.heads + graph.kv_heads) * graph.head_size  # queries and keys stand before the values
        of_values = weights[name(QUERY_KEY_VALUE)][:, first:].reshape(graph.hidden, graph.kv_heads, graph.head_size)
        weights[name(QUERY_KEY_VALUE)][:, first:] = (of_values @ values).reshape(graph.hidden, -1)
        of_heads = weights[name(OUTPUT)].reshape(graph.heads, graph.head_size, -1)
        weights[name(OUTPUT)] = (values.T @ of_heads).reshape(weights[name(OUTPUT)].shape).astype(np.float32)
        norms += [attention_norm, mlp_norm]
    for norm in norms:
        weights[norm] = np.ones_like(weights[norm])


def in_blocks(weight: np.ndarray) -> np.ndarray:
    """The down projection for an input whose blocks are rotated."""
    blocks = weight.reshape(-1, BLOCK_SIZE, weight.shape[1])
    return (rotation(BLOCK_SIZE, BLOCK).T @ blocks).reshape(weight.shape)


def quantised_rows(source: str, rotated: bool):
    """Nodes that give a float tensor as unsigned bytes around 128, and each row's largest magnitude."""
    nodes = []
    if rotated:
        nodes += [
            helper.make_node("Reshape", [source, "blocks"], [f"{source}_blocks"]),
            helper.make_node("MatMul", [f"{source}_blocks", "block_rotation"], [f"{source}_turned"]),
            helper.make_node("Reshape", [f"{source}_turned", "joined"], [f"{source}_rotated"]),
        ]
        source = f"{source}_rotated"
    nodes += [
        helper.make_node("Abs", [source], [f"{source}_abs"]),
        helper.make_node("ReduceMax", [f"{source}_abs", "last"], [f"{source}_max"], keepdims=1),
        helper.make_node("Max", [f"{source}_max", "least"], [f"{source}_magnitude"]),
        helper.make_node("Div", [source, f"{source}_magnitude"], [f"{source}_unit"]),
        helper.make_node("QuantizeLinear", [f"{source}_unit", "row_scale", "row_zero"], [f"{source}_bytes"]),
    ]
    return nodes, (f"{source}_bytes", f"{source}_magnitude")


def quantised_columns(graph: Graph, name: str, weight: np.ndarray) -> tuple[str, str, str]:
    """A matrix as unsigned bytes with a scale and a zero point for each column. The asymmetric range is worth it: symmetric
    ones lost 1.2 % of perplexity where these lose 0.2 %."""
    low, high = np.minimum(weight.min(axis=0), 0), np.maximum(weight.max(axis=0), 0)
    scale = np.maximum((high - low) / 255, 1e-12)
    zero = np.rint(-low / scale)
    quantised = np.clip(np.rint(weight / scale) + zero, 0, 255).astype(np.uint8)
    return (
        graph.constant(f"{name}_bytes", quantised),
        graph.constant(f"{name}_scale", scale.astype(np.float32)),
        graph.constant(f"{name}_zero", zero.astype(np.uint8)),
    )
