"""The float32 graph of an onnxruntime-genai folder as numbers and nodes that a format may replace."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

BESIDE = ("genai_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
EMBEDDING = "model.embed_tokens.weight"
HEAD = "lm_head.MatMul.weight"


class Graph:
    """`weights` by name and `nodes` in order. A product's weight is [inputs, outputs]; the embedding [tokens, channels]."""

    def __init__(self, folder: Path):
        self.folder = folder
        decoder = json.loads((folder / "genai_config.json").read_text())["model"]["decoder"]
        self.layers = decoder["num_hidden_layers"]
        self.heads, self.kv_heads = decoder["num_attention_heads"], decoder["num_key_value_heads"]
        self.head_size, self.hidden = decoder["head_size"], decoder["hidden_size"]
        self.model = load(folder / decoder["filename"])
        self.weights = {value.name: numpy_helper.to_array(value) for value in self.model.graph.initializer}
        self.nodes = list(self.model.graph.node)
        self._constants = set()
        self._untie()

    def _untie(self) -> None:
        """Gives the embedding its own table; the exporter looks tokens up in the transposed matrix of the head."""
        transposed = next(node for node in self.nodes if node.op_type == "Transpose" and node.input[0] == HEAD)
        gather = next(node for node in self.nodes if node.input and node.input[0] == transposed.output[0])
        gather.input[0] = EMBEDDING
        self.nodes.remove(transposed)
        self.weights[EMBEDDING] = np.ascontiguousarray(self.weights[HEAD].T)

    def constant(self, name: str, value: np.ndarray) -> str:
        self.weights[name] = value
        self._constants.add(name)
        return name

    def replace_products(self, replacement) -> None:
        """Puts `replacement(node, weight)`, a list of nodes, in the place of each product with a constant matrix."""
        nodes = []
        for node in self.nodes:
            constant = node.op_type == "MatMul" and node.input[1] in self.weights
            nodes += replacement(node, self.weights.pop(node.input[1])) if constant else [node]
        self.nodes = nodes

    def save(self, folder: Path) -> int:
        """Writes the folder whole or not at all; gives the bytes of the weights."""
        used = {name for node in self.nodes for name in node.input}
        if self._constants - used:  # a rotation that no node applies loses quality, and nothing else would tell
            raise SystemExit(f"No node reads {', '.join(sorted(self._constants - used))}: the graph's names are not those expected.")
        unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        values = [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in self.weights.items() if name in used]
        graph = helper.make_graph(self.nodes, "decoder", list(self.model.graph.input), list(self.model.graph.output), values)
        model = helper.make_model(graph, opset_imports=list(self.model.opset_import), ir_version=self.model.ir_version)
        onnx.save(model, unfinished / "model.onnx", save_as_external_data=True, location="model.onnx.data", size_threshold=1024)
        for name in BESIDE:
            shutil.copy(self.folder / name, unfinished)
        os.chmod(unfinished, 0o755)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
        return (folder / "model.onnx.data").stat().st_size


def load(path: Path) -> onnx.ModelProto:
    """Reads a graph with its external data. onnx refuses files with a second hard link, as a cache may have: read here."""
    model = onnx.load(path, load_external_data=False)
    for value in model.graph.initializer:
        if value.data_location != onnx.TensorProto.EXTERNAL:
            continue
        place = {entry.key: entry.value for entry in value.external_data}
        with open(path.parent / place["location"], "rb") as data:
            data.seek(int(place.get("offset", 0)))
            value.raw_data = data.read(int(place["length"]))
        value.data_location = onnx.TensorProto.DEFAULT
        del value.external_data[:]
    return model
