"""The policy: a tiny Llama, trained on random valid solutions; and its sampler."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from transformers import LlamaConfig, LlamaForCausalLM

import tasks
import tokenizer
from optimiser import optimisers, set_rate, trapezoid

CONTEXT = 256
# 5 numbers need four lines; the longest of 100,000 random solutions had 96 tokens.
MAX_NEW_TOKENS = 112


@dataclass(frozen=True)
class PolicySettings:
    steps: int = 3300
    batch: int = 192
    pool_batches: int = 48
    muon_lr: float = 0.02
    adam_lr: float = 3e-3
    warm_up: int = 100
    decay: float = 0.25
    ema: float = 0.995
    seed: int = 1
    checkpoint_every: int = 250
    # How much of each task: puzzles of 3, 4, 5 numbers, chains.
    mix: tuple[float, float, float, float] = (0.15, 0.3, 0.3, 0.25)
    compile: bool = True


def config(**changes) -> LlamaConfig:
    return LlamaConfig(
        **{
            "vocab_size": len(tokenizer.VOCABULARY),
            "hidden_size": 128,
            "intermediate_size": 384,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 32,
            "max_position_embeddings": CONTEXT,
            "tie_word_embeddings": False,
            "pad_token_id": tokenizer.PAD,
            "bos_token_id": tokenizer.BOS,
            "eos_token_id": tokenizer.EOS,
            **changes,
        }
    )


def new_model(seed: int) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    return LlamaForCausalLM(config())


def batches(settings: PolicySettings, first_pool: int):
    """Endless batches (ids, labels); rows of similar length go together. Pool k is the same in every run."""
    encoder = tokenizer.build()
    pool = first_pool
    while True:
        rng = np.random.default_rng([settings.seed, pool])
        total = settings.batch * settings.pool_batches
        counts = [int(total * share) for share in settings.mix]
        counts[0] += total - sum(counts)
        examples = [
            *tasks.random_puzzles(rng, counts[0], 3, "train"),
            *tasks.random_puzzles(rng, counts[1], 4, "train"),
            *tasks.random_puzzles(rng, counts[2], 5, "train"),
            *tasks.random_chains(rng, counts[3], "train"),
        ]
        prompts, texts = [], []
        for problem, text in examples:
            # Numbers mostly stand in ascending order, and any order is understood.
            if isinstance(problem, tasks.Puzzle) and rng.random() < 0.15:
                problem = tasks.Puzzle(tuple(map(int, rng.permutation(problem.numbers))), problem.target)
            # A raw prompt often comes without the newline of the chat template.
            prompts.append(problem.prompt + ("" if rng.random() < 0.1 else "\n"))
            texts.append(text)
        prompt_ids = [e.ids for e in encoder.encode_batch(prompts)]
        text_ids = [e.ids for e in encoder.encode_batch(texts)]
        rows = [(p, t + [tokenizer.EOS]) for p, t in zip(prompt_ids, text_ids)]
        by_length = sorted(rng.permutation(len(rows)), key=lambda i: len(rows[i][0]) + len(rows[i][1]))
        groups = [by_length[i : i + settings.batch] for i in range(0, len(rows), settings.batch)]
        for at in rng.permutation(len(groups)):
            chosen = [rows[i] for i in groups[at]]
            width = max(len(p) + len(t) for p, t in chosen)
            ids = np.zeros((len(chosen), width), np.int64)
            labels = np.full((len(chosen), width), -100, np.int64)
            for row, (p, t) in enumerate(chosen):
                ids[row, : len(p) + len(t)] = p + t
                labels[row, len(p) : len(p) + len(t)] = t
            yield torch.from_numpy(ids), torch.from_numpy(labels)
        pool += 1


def train(settings: PolicySettings, folder: Path, log=print, start_from: Path | None = None) -> Path:
    """Trains to the end, or goes on from `folder/latest.pt`. Leaves `step-N.pt` (averaged weights) behind."""
    folder.mkdir(parents=True, exist_ok=True)
    model = new_model(settings.seed)
    if start_from:
        model.load_state_dict(torch.load(start_from, weights_only=True)["raw"])
    average = copy.deepcopy(model)
    pair = optimisers(model, settings.muon_lr, settings.adam_lr)
    step, seconds = 0, 0.0
    latest = folder / "latest.pt"
    if latest.exists():
        state = torch.load(latest, weights_only=True)
        model.load_state_dict(state["raw"])
        average.load_state_dict(state["average"])
        for optimiser, saved in zip(pair, state["optimisers"]):
            optimiser.load_state_dict(saved)
        step, seconds = state["step"], state["seconds"]
        log(f"going on from step {step}")
    stream = batches(settings, step // settings.pool_batches)
    forward = torch.compile(model, dynamic=True) if settings.compile else model
    running, began = None, time.time()
    while step < settings.steps:
        set_rate(pair, trapezoid(step, settings.steps, settings.warm_up, settings.decay))
        ids, labels = next(stream)
        logits = forward(input_ids=ids, use_cache=False).logits
        loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser in pair:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        keep = min(settings.ema, step / (step + 20))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - keep)
        running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
        step += 1
        if step % 50 == 0:
            log(f"step {step} loss {running:.4f} seconds {seconds + time.time() - began:.0f}")
        if step % settings.checkpoint_every == 0 or step == settings.steps:
            seconds += time.time() - began
            began = time.time()
            torch.save({"average": average.state_dict(), "raw": model.state_dict(), "step": step, "seconds": seconds}, folder / f"step-{step:05d}.pt")
            state = {
                "raw": model.state_dict(),
                "average": average.state_dict(),
                "optimisers": [o.state_dict() for o in pair],
                "step": step,
                "seconds": seconds,
            }
            torch.save(state, folder / "latest.new")
            (folder / "latest.new").replace(latest)
    (folder / "settings.json").write_text(json.dumps(asdict(settings), indent=2))
    return folder / f"step-{step:05d}.pt"


def load(checkpoint: Path) -> LlamaForCausalLM:
    model = new_model(0)
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    return model.eval()


# --- sampling --------------------------------------------------------------


class Decoder:
    """Decodes many rows of different lengths at once, with one key/value cache."""

    def __init__(self, model: LlamaForCausalLM):
        self.model, self.config = model, model.config
        positions = torch.arange(CONTEXT)
        with torch.no_grad():
            cos, sin = model.model.rotary_emb(torch.zeros(1), positions[None])
        self.cos, self.sin = cos[0], sin[0]

    def _forward(self, ids, lengths, cache, limit):
        """ids [rows, new]: written at lengths..lengths+new; returns hidden states of the new tokens."""
        config, rows, new = self.config, ids.shape[0], ids.shape[1]
        heads, groups, size = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        positions = (lengths[:, None] + torch.arange(new)).clamp_max(CONTEXT - 1)
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        x = self.model.model.embed_tokens(ids)
        visible = torch.arange(limit)[None, None, None] <= positions[:, None, :, None]
        at = torch.arange(rows)[:, None]
        for layer, (keys, values) in zip(self.model.model.layers, cache):
            h = layer.input_layernorm(x)
            attention = layer.self_attn
            q = attention.q_proj(h).view(rows, new, heads, size).transpose(1, 2)
            k = attention.k_proj(h).view(rows, new, groups, size).transpose(1, 2)
            v = attention.v_proj(h).view(rows, new, groups, size)
            q, k = q * cos + _rotated(q) * sin, k * cos + _rotated(k) * sin
            keys[at, positions], values[at, positions] = k.transpose(1, 2), v
            out = F.scaled_dot_product_attention(
                q, keys[:, :limit].transpose(1, 2), values[:, :limit].transpose(1, 2), attn_mask=visible, enable_gqa=True
            )
            x = x + attention.o_proj(out.transpose(1, 2).reshape(rows, new, -1))
            x = x + layer.mlp(layer.post_attention_layernorm(x))
        return x

    @torch.no_grad()
    def sample(
        self,
        prefixes: list[list[int]],
        temperature: float,
        generator: torch.Generator | None = None,
        until: int | None = None,
        max_new: int = MAX_NEW_TOKENS,
        rows: int = 512,  # more rows no longer fit the processor's caches: 2,048 is a quarter slower
    ) -> list[list[int]]:
        """New tokens for each prefix, the end token (or `until`) included where it came. T = 0 is greedy."""
        results: list[list[int]] = [[] for _ in prefixes]
        order = sorted(range(len(prefixes)), key=lambda i: len(prefixes[i]))
        for start in range(0, len(order), rows):
            part = order[start : start + rows]
            for index, tokens in zip(part, self._sample([prefixes[i] for i in part], temperature, generator, until, max_new)):
                results[index] = tokens
        return results

    def _sample(self, prefixes, temperature, generator, until, max_new):
        config, rows = self.config, len(prefixes)
        # A prefix that stands there many times is read once, and its cache copied.
        unique = {tuple(p): None for p in prefixes}
        place = {p: i for i, p in enumerate(unique)}
        copies = torch.tensor([place[tuple(p)] for p in prefixes])
        lengths = torch.tensor([len(p) for p in unique])
        width = int(lengths.max())
        size = min(CONTEXT, width + max_new + 1)
        shape = (len(unique), size, config.num_key_value_heads, config.head_dim)
        cache = [(torch.zeros(shape), torch.zeros(shape)) for _ in self.model.model.layers]
        ids = torch.zeros(len(unique), width, dtype=torch.long)
        for row, prefix in enumerate(unique):
            ids[row, : len(prefix)] = torch.tensor(prefix)
        hidden = self._forward(ids, torch.zeros(len(unique), dtype=torch.long), cache, width)
        hidden = hidden[torch.arange(len(unique)), lengths - 1][copies]
        cache, lengths = [(k[copies], v[copies]) for k, v in cache], lengths[copies]
        produced: list[list[int]] = [[] for _ in prefixes]
        owner = torch.arange(rows)
        for _ in range(min(max_new, size - width)):
            logits = self.model.lm_head(self.model.model.norm(hidden))
            if temperature == 0:
                tokens = logits.argmax(-1)
            else:
                tokens = torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator)[:, 0]
            for row, token in zip(owner.tolist(), tokens.tolist()):
                produced[row].append(token)
            alive = tokens != tokenizer.EOS
            if until is not None:
                alive &= tokens != until
            if not alive.any():
                break
            if alive.sum() < 0.75 * len(alive):
                tokens, lengths, owner, alive_rows = tokens[alive], lengths[alive], owner[alive], alive
                cache = [(k[alive_rows], v[alive_rows]) for k, v in cache]
            else:
                # Rows that have ended run on until enough of them can be dropped together.
                tokens = torch.where(alive, tokens, tokenizer.PAD)
            limit = int(lengths.max()) + 1
            hidden = self._forward(tokens[:, None], lengths, cache, limit)[:, 0]
            lengths = lengths + 1
        return [_cut(tokens, until) for tokens in produced]


def _rotated(x: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, dim=-1)
    return torch.cat((-second, first), dim=-1)


def _cut(tokens: list[int], until: int | None) -> list[int]:
    for at, token in enumerate(tokens):
        if token == tokenizer.EOS or token == until:
            return tokens[: at + 1]
    return tokens
