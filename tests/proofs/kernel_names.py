"""Symbols of the kernel's tests."""

from __future__ import annotations

from proofs.language.terms import (
    element,
    fn,
    measure,
    nat,
    real,
)

x, y, a, b = real("x y a b")
n, m, k, d = nat("n m k d")
u, v, w = element("X", "u v w")
f, g, h = fn("f", "X -> real"), fn("g", "X -> real"), fn("h", "real -> real")
mu, nu, kappa = measure("mu", "", "X"), measure("nu", "", "X"), measure("kappa", "X", "X")
