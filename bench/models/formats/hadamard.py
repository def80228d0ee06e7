"""Orthogonal matrices whose entries all have one magnitude: they spread what stands in one channel over all of them."""

import math

import numpy as np


def rotation(size: int, seed: int) -> np.ndarray:
    """[size, size], float64, orthogonal: a Hadamard matrix with rows of random sign."""
    signs = np.random.default_rng(seed).integers(0, 2, size) * 2 - 1
    return signs[:, None] * hadamard(size).T / math.sqrt(size)


def hadamard(size: int) -> np.ndarray:
    """For sizes that are products of 2 and 12 (576 = 12 x 12 x 4, 64, 128, 768 = 12 x 64, ...)."""
    if size == 1:
        return np.ones((1, 1))
    if size == 12:
        return paley(11)
    if size % 12 == 0:
        return np.kron(paley(11), hadamard(size // 12))
    if size % 2:
        raise SystemExit(f"No Hadamard matrix of a size with the factor {size} is known here; 2 and 12 are.")
    return np.kron([[1, 1], [1, -1]], hadamard(size // 2))


def paley(prime: int) -> np.ndarray:
    """Paley's first construction: prime + 1 rows, for a prime that is 3 modulo 4."""
    squares = {value * value % prime for value in range(1, prime)}
    character = lambda value: 0 if value % prime == 0 else 1 if value % prime in squares else -1  # noqa: E731
    skew = np.zeros((prime + 1, prime + 1))
    skew[0, 1:], skew[1:, 0] = 1, -1
    skew[1:, 1:] = [[character(column - row) for column in range(prime)] for row in range(prime)]
    return skew + np.eye(prime + 1)
