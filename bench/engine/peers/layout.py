"""A folder in the layout of transformers.js from a genai one: layout.py GENAI HF OUT.

The graph is the same but for the cache's last dimension, which the exporter leaves open and transformers.js takes for 0.
"""

import json
import shutil
import sys
from pathlib import Path

import onnx

genai, hf, out = (Path(argument).resolve() for argument in sys.argv[1:])
head_size = json.loads((genai / "genai_config.json").read_text())["model"]["decoder"]["head_size"]
shutil.rmtree(out, ignore_errors=True)
(out / "onnx").mkdir(parents=True, exist_ok=True)
model = onnx.load(genai / "model.onnx", load_external_data=False)
for value in [*model.graph.input, *model.graph.output]:
    if value.name.startswith(("past_key_values.", "present.")):
        value.type.tensor_type.shape.dim[3].dim_value = head_size
(out / "onnx/model.onnx").write_bytes(model.SerializeToString())
links = [(genai / "model.onnx.data", "onnx/model.onnx.data"), *((hf / name, name) for name in ("config.json", "generation_config.json"))]
links += [(genai / name, name) for name in ("tokenizer.json", "tokenizer_config.json")]
for source, name in links:
    shutil.copyfile(source, out / name)  # not a link: onnx takes a second hard link for an attack
