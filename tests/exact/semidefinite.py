"""Whether a symmetric matrix of rationals is positive semidefinite: exactly, by elimination."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def semidefinite(matrix: Sequence[Sequence[Any]]) -> bool:
    """Whether `x^T A x >= 0` for every x, A symmetric: A = L D L^T, a pivot after the other. A pivot of 0 leaves a row of zeros if A is.

    Raises ValueError for a matrix that is not symmetric.
    """
    rows = [list(row) for row in matrix]
    if any(rows[i][j] != rows[j][i] for i in range(len(rows)) for j in range(i)):
        raise ValueError("not symmetric")
    while rows:
        pivot, *beside = rows[0]
        if pivot < 0 or (pivot == 0 and any(beside)):
            return False
        rows = [
            [entry - (row[0] * other / pivot if pivot else 0) for entry, other in zip(row[1:], beside, strict=True)]
            for row in rows[1:]
        ]
    return True
