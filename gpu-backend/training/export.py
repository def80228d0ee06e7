"""From checkpoints to the folders that the backend loads, each compared with the torch model that it came from."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from torch import nn

import evaluate
import policy
import rewards
import tasks
import tokenizer

OPSET = 18
PRECISION = "fp32"  # measured against int8 in every run: see the card of the policy
LARGEST_DIFFERENCE = 1e-4  # of a logit; what float32 gives is nearer to 1e-5


# --- policies: the onnxruntime-genai layout ---------------------------------


def export_policy(model, folder: Path, precision: str) -> dict[str, float]:
    """genai_config.json, one model.onnx, the tokenizer. Returns how far its logits are from torch's."""
    with tempfile.TemporaryDirectory() as temporary:
        source, built = Path(temporary) / "source", Path(temporary) / "built"
        model.save_pretrained(source)
        tokenizer.save(source, policy.CONTEXT)
        subprocess.run(
            [sys.executable, "-m", "onnxruntime_genai.models.builder", "-m", "none", "-i", source, "-o", built]
            + ["-p", precision, "-e", "cpu", "-c", Path(temporary) / "cache"],
            check=True,
            capture_output=True,
        )
        folder.mkdir(parents=True, exist_ok=True)
        save_single_file(onnx.load(built / "model.onnx"), folder / "model.onnx")
        for name in ("genai_config.json", "chat_template.jinja"):
            shutil.copyfile(built / name, folder / name)
        for name in ("config.json", "generation_config.json"):
            (folder / name).write_text((source / name).read_text().rstrip() + "\n")
    tokenizer.save(folder, policy.CONTEXT)
    check_cache(folder)
    return {"logit_difference": compare_policy(model, folder)}


def save_single_file(model: onnx.ModelProto, path: Path) -> None:
    for node in [*model.graph.node, *(n for f in model.functions for n in f.node)]:
        # Where an operator came from in the exporter's Python: half of the file, and of no use later.
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
    del model.metadata_props[:]
    model.doc_string = ""
    onnx.save(model, path)


def check_cache(folder: Path) -> None:
    settings = json.loads((folder / "genai_config.json").read_text())
    graph = onnx.load(folder / "model.onnx", load_external_data=False).graph
    attention = [n for n in graph.node if n.op_type == "GroupQueryAttention"]
    assert len(attention) == settings["model"]["decoder"]["num_hidden_layers"], "no GroupQueryAttention"
    assert settings["search"]["past_present_share_buffer"], "the cache cannot be one buffer"


class GraphPolicy:
    """The exported policy with one cache of full length, as the engine runs it."""

    def __init__(self, folder: Path, threads: int = 1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
        # The head size is symbolic in the graph; the configuration knows it.
        decoder = json.loads((folder / "genai_config.json").read_text())["model"]["decoder"]
        self.heads, self.head_size = decoder["num_key_value_heads"], decoder["head_size"]
        self.past = [i.name for i in self.session.get_inputs() if i.name.startswith("past")]

    def new_cache(self, rows: int, length: int = policy.CONTEXT) -> dict[str, np.ndarray]:
        return {name: np.zeros((rows, self.heads, length, self.head_size), np.float32) for name in self.past}

    def run(self, ids: np.ndarray, mask: np.ndarray, cache: dict[str, np.ndarray]) -> np.ndarray:
        binding = self.session.io_binding()
        binding.bind_cpu_input("input_ids", ids)
        binding.bind_cpu_input("attention_mask", mask)
        binding.bind_output("logits")
        for name, array in cache.items():
            # Past and present are the same memory: the array's own.
            place = ("cpu", 0, np.float32, array.shape, array.ctypes.data)
            binding.bind_input(name, *place)
            binding.bind_output(name.replace("past_key_values", "present"), *place)
        self.session.run_with_iobinding(binding)
        return binding.get_outputs()[0].numpy()

    def generate(self, prompts: list[list[int]], rng: np.random.Generator | None = None) -> list[list[int]]:
        """Greedy, or one sample at T = 1 with a generator. Rows of different lengths decode together."""
        rows = len(prompts)
        cache = self.new_cache(rows)
        lengths = np.array([len(p) for p in prompts])
        logits = np.zeros((rows, len(tokenizer.VOCABULARY)), np.float32)
        for row, prompt in enumerate(prompts):  # prefill one by one, then copied into the row's slot
            own = self.new_cache(1)
            logits[row] = self.run(np.array([prompt], np.int64), np.ones((1, len(prompt)), np.int64), own)[0, -1]
            for name, array in cache.items():
                array[row] = own[name][0]
        produced: list[list[int]] = [[] for _ in prompts]
        alive = np.ones(rows, bool)
        for _ in range(policy.MAX_NEW_TOKENS):
            noise = rng.gumbel(size=logits.shape) if rng else 0.0
            tokens = (logits + noise).argmax(-1)
            for row in np.flatnonzero(alive):
                produced[row].append(int(tokens[row]))
            alive &= tokens != tokenizer.EOS
            if not alive.any():
                break
            lengths += 1
            # A row's length is the sum of its row of the mask.
            mask = (np.arange(int(lengths.max()))[None] < lengths[:, None]).astype(np.int64)
            logits = self.run(tokens[:, None].astype(np.int64), mask, cache)[:, -1]
        return produced


def measure_precisions(model, problems, rows: int = 64) -> dict[str, dict]:
    """Greedy and one-sample accuracy, size and speed of the int8 and the float32 graph, over the same problems."""
    ids = evaluate.encode_prompts(problems)
    result, graphs = {}, {}
    for precision in ("int8", "fp32"):
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            difference = export_policy(model, folder, precision)["logit_difference"]
            graph = graphs[precision] = GraphPolicy(folder)
            solved = {}
            for name, rng in (("greedy", None), ("one sample", np.random.default_rng(8))):
                right = []
                for at in range(0, len(ids), rows):
                    produced = graph.generate(ids[at : at + rows], rng)
                    right += [tasks.is_correct(p, t) for p, t in zip(problems[at : at + rows], rewards.decode(produced))]
                solved[name] = evaluate.rates(problems, right)
            alone = all(graph.generate([row])[0] == whole for row, whole in zip(ids[:24], graph.generate(ids[:24])))
            result[precision] = {
                **solved,
                "bytes": (folder / "model.onnx").stat().st_size,
                "logit_difference": difference,
                "ragged_rows_equal_rows_alone": alone,
                "tokens_per_second": {},
            }
    # In turns, and the best of seven: what else runs on the machine must not decide.
    for together in (1, 16, 64):
        for _ in range(7):
            for precision, graph in graphs.items():
                parts = [ids[i : i + together] for i in range(0, max(together, 8), together)]
                began = time.time()
                tokens = sum(len(row) for part in parts for row in graph.generate(part))
                speeds = result[precision]["tokens_per_second"]
                speeds[together] = max(speeds.get(together, 0.0), tokens / (time.time() - began))
    return result


@torch.no_grad()
def compare_policy(model, folder: Path) -> float:
    """The largest difference of a logit over a text, prefilled by the graph and read by torch."""
    graph = GraphPolicy(folder)
    ids = tokenizer.build().encode("Use 3, 7, 12, 20 to make 45.\n20 - 12 = 8 | 3 7 8\n").ids
    ours = graph.run(np.array([ids], np.int64), np.ones((1, len(ids)), np.int64), graph.new_cache(1))
    theirs = model(input_ids=torch.tensor([ids])).logits.numpy()
    return float(np.abs(ours - theirs).max())


# --- rewards: plain ONNX ----------------------------------------------------


class Graph(nn.Module):
    """One reward as a graph of plain operators: right padding, so the causal mask is all the masking it needs."""

    def __init__(self, reward: rewards.Reward, head: nn.Module):
        super().__init__()
        self.trunk, self.head, self.config = reward.trunk, head, reward.config
        positions = torch.arange(policy.CONTEXT)
        with torch.no_grad():
            cos, sin = reward.trunk.rotary_emb(torch.zeros(1), positions[None])
        self.register_buffer("cos", cos[0].clone())
        self.register_buffer("sin", sin[0].clone())

    def read(self, input_ids: torch.Tensor, pasts: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Hidden states of these tokens, and the keys and values of each layer: those of `pasts`, then their own."""
        config, (rows, length) = self.config, input_ids.shape
        heads = config.num_key_value_heads
        past = pasts[0].shape[2] if pasts else 0
        cos, sin = self.cos[past : past + length], self.sin[past : past + length]
        place = torch.arange(past + length)
        future = (place[None] > place[past:, None]).to(torch.float32) * -1e9
        x, presents = self.trunk.embed_tokens(input_ids), []
        for index, layer in enumerate(self.trunk.layers):
            h = self.norm(x, layer.input_layernorm)
            q, k, v = (
                projection(h).reshape(rows, length, -1, config.head_dim).transpose(1, 2)
                for projection in (layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj)
            )
            q, k = q * cos + policy._rotated(q) * sin, k * cos + policy._rotated(k) * sin
            if pasts:
                k, v = torch.cat([pasts[2 * index], k], 2), torch.cat([pasts[2 * index + 1], v], 2)
                presents += [k, v]
            # queries by the head whose keys they share: no copy of keys and values for each
            q = q.reshape(rows, heads, -1, length, config.head_dim) * config.head_dim**-0.5
            weights = (q @ k[:, :, None].transpose(3, 4) + future).softmax(-1)
            mixed = (weights @ v[:, :, None]).reshape(rows, -1, length, config.head_dim)
            x = x + layer.self_attn.o_proj(mixed.transpose(1, 2).reshape(rows, length, -1))
            h = self.norm(x, layer.post_attention_layernorm)
            x = x + layer.mlp.down_proj(F.silu(layer.mlp.gate_proj(h)) * layer.mlp.up_proj(h))
        return x, presents


    def norm(self, x: torch.Tensor, norm: nn.Module) -> torch.Tensor:
        """Root mean square, in the operators that ONNX Runtime makes one of."""
        return x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + self.config.rms_norm_eps) * norm.weight


class OutcomeGraph(Graph):
    """Reads a whole text: one logit, at its last token."""

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        x, _ = self.read(input_ids, ())
        last = attention_mask.sum(1, keepdim=True) - 1
        return self.head(self.norm(x.gather(1, last[:, :, None].expand(-1, -1, self.config.hidden_size))[:, 0], self.trunk.norm))


class ProcessGraph(Graph):
    """Reads what comes behind a past: a search asks again and again for texts that begin with what was read before."""

    def forward(self, input_ids: torch.Tensor, *pasts: torch.Tensor) -> tuple[torch.Tensor, ...]:
        x, presents = self.read(input_ids, pasts)
        return self.head(self.norm(x, self.trunk.norm)), *presents


def export_outcome(reward: rewards.Reward):
    ids = torch.randint(4, len(tokenizer.VOCABULARY), (3, 40))
    batch, length = torch.export.Dim("batch", min=1, max=4096), torch.export.Dim("length", min=1, max=policy.CONTEXT)
    return torch.onnx.export(
        OutcomeGraph(reward, reward.outcome).eval(),
        (ids, torch.ones_like(ids)),
        dynamo=True,
        opset_version=OPSET,
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_shapes={"input_ids": {0: batch, 1: length}, "attention_mask": {0: batch, 1: length}},
        verbose=False,
    )


def export_process(reward: rewards.Reward):
    """Names and shapes of the past are those of Optimum's exports of language models."""
    config = reward.config
    ids = torch.randint(4, len(tokenizer.VOCABULARY), (3, 40))
    pasts = [torch.zeros(3, config.num_key_value_heads, 7, config.head_dim) for _ in range(2 * config.num_hidden_layers)]
    names = [f"{index}.{part}" for index in range(config.num_hidden_layers) for part in ("key", "value")]
    batch, length = torch.export.Dim("batch", min=1, max=4096), torch.export.Dim("length", min=1, max=policy.CONTEXT)
    past = torch.export.Dim("past", min=0, max=policy.CONTEXT)
    return torch.onnx.export(
        ProcessGraph(reward, reward.process).eval(),
        (ids, *pasts),
        dynamo=True,
        opset_version=OPSET,
        input_names=["input_ids", *(f"past_key_values.{name}" for name in names)],
        output_names=["logits", *(f"present.{name}" for name in names)],
        dynamic_shapes={"input_ids": {0: batch, 1: length}, "pasts": tuple({0: batch, 2: past} for _ in names)},
        verbose=False,
    )


def export_reward(reward: rewards.Reward, kind: str, folder: Path) -> dict[str, float]:
    program = export_outcome(reward) if kind == "outcome" else export_process(reward)
    folder.mkdir(parents=True, exist_ok=True)
    save_single_file(program.model_proto, folder / "model.onnx")
    config = reward.config.to_dict() | {
        "architectures": ["LlamaForSequenceClassification" if kind == "outcome" else "LlamaForTokenClassification"],
        "id2label": {"0": "LABEL_0"} if kind == "outcome" else {"0": "wrong", "1": "right"},
        "label2id": {"LABEL_0": 0} if kind == "outcome" else {"wrong": 0, "right": 1},
        # What the graph reads: the ids of the rendered prompt (its newline included)
        # and then the ids of the text, padded on the right.
        "winnow": {"kind": kind, "append_eos": False, "padding_side": "right"}
        | (
            {"pooling": "last", "output": "logit"}
            if kind == "outcome"
            else {"step_delimiter": "\n", "step_token_id": tokenizer.NEWLINE, "output": "softmax", "positive_label": 1}
        ),
    }
    for unused in ("transformers_version", "_name_or_path"):
        config.pop(unused, None)
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    tokenizer.save(folder, policy.CONTEXT)
    return {"logit_difference": compare_reward(reward, kind, folder)}


@torch.no_grad()
def compare_reward(reward: rewards.Reward, kind: str, folder: Path) -> float:
    """The largest difference from the training model over ragged batches, padding included; of a process reward also in parts."""
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    generator, worst = torch.Generator().manual_seed(7), 0.0
    for rows, length in ((1, 1), (1, 17), (5, 64), (2, policy.CONTEXT)):
        ids = torch.randint(4, len(tokenizer.VOCABULARY), (rows, length), generator=generator)
        lengths = torch.randint(1, length + 1, (rows,), generator=generator)
        mask = (torch.arange(length)[None] < lengths[:, None]).long()
        ids = ids * mask
        hidden = reward(ids)
        if kind == "outcome":
            (ours,) = session.run(None, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
            theirs = reward.outcome(hidden[torch.arange(rows), lengths - 1]).numpy()
            assert ours.shape == (rows, 1)
            worst = max(worst, float(np.abs(ours - theirs).max()))
        else:
            theirs = reward.process(hidden).numpy()
            for cuts in ([0, length], sorted({0, length // 3, length // 2, length})):
                ours = in_parts(session, ids.numpy(), cuts)
                assert ours.shape == (rows, length, 2)
                worst = max(worst, float((np.abs(ours - theirs) * mask.numpy()[:, :, None]).max()))
    assert worst < LARGEST_DIFFERENCE, f"{kind}: the graph is {worst} away from torch"
    return worst


def in_parts(session: onnxruntime.InferenceSession, ids: np.ndarray, cuts: list[int]) -> np.ndarray:
    """Logits of each token, read part by part, each on the past that the one before it left."""
    names = [given.name for given in session.get_inputs()[1:]]
    shapes = [given.shape for given in session.get_inputs()[1:]]
    pasts = [np.zeros((len(ids), heads, 0, size), np.float32) for _, heads, _, size in shapes]
    logits = []
    for start, end in zip(cuts, cuts[1:]):
        part, *pasts = session.run(None, {"input_ids": ids[:, start:end], **dict(zip(names, pasts))})
        logits.append(part)
    return np.concatenate(logits, 1)
