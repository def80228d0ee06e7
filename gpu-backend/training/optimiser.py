"""Muon for the matrices inside the layers, AdamW for the rest, and a trapezoid learning rate."""

from __future__ import annotations

import torch


class Muon(torch.optim.Optimizer):
    """Momentum whose update is made orthogonal by Newton-Schulz iterations (Jordan et al., 2024).

    torch.optim.Muon does the same a matrix at a time; here matrices of one
    shape go together, which takes a third of the time for layers this small.
    """

    def __init__(self, parameters, lr: float, momentum: float = 0.95, weight_decay: float = 0.0):
        super().__init__(list(parameters), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            by_shape: dict[tuple[int, ...], list[torch.nn.Parameter]] = {}
            for p in group["params"]:
                if p.grad is not None:
                    by_shape.setdefault(tuple(p.shape), []).append(p)
            for shape, parameters in by_shape.items():
                updates = []
                for p in parameters:
                    state = self.state[p]
                    if "momentum" not in state:
                        state["momentum"] = torch.zeros_like(p)
                    state["momentum"].lerp_(p.grad, 1 - group["momentum"])
                    updates.append(p.grad.lerp(state["momentum"], group["momentum"]))
                scale = max(1, shape[0] / shape[1]) ** 0.5
                for p, update in zip(parameters, orthogonal(torch.stack(updates))):
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.add_(update, alpha=-group["lr"] * scale)


def orthogonal(matrices: torch.Tensor, iterations: int = 5) -> torch.Tensor:
    """The nearest (semi-)orthogonal matrices, roughly: all singular values end between 0.7 and 1.2."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.size(-2) > matrices.size(-1)
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(iterations):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


def optimisers(model: torch.nn.Module, muon_lr: float, adam_lr: float, weight_decay: float = 0.01):
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and ".layers." in f".{n}"]
    inside = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in inside]
    result = [torch.optim.AdamW(rest, adam_lr, betas=(0.9, 0.95), weight_decay=0.0, fused=True)]
    if muon_lr:
        result.append(Muon(matrices, muon_lr, weight_decay=weight_decay))
    else:
        result.append(torch.optim.AdamW(matrices, adam_lr, betas=(0.9, 0.95), weight_decay=weight_decay, fused=True))
    for optimiser in result:
        for group in optimiser.param_groups:
            group["peak_lr"] = group["lr"]
    return result


def trapezoid(step: int, steps: int, warm_up: int, decay: float) -> float:
    """The share of the peak learning rate at a step: up, level, then down over the last part `decay`."""
    down_from = steps * (1 - decay)
    if step < warm_up:
        return (step + 1) / warm_up
    return 1.0 if step < down_from else max(0.0, (steps - step) / (steps - down_from))


def set_rate(optimisers, share: float) -> None:
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = group["peak_lr"] * share
