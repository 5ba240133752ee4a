"""Bounds that are not the theorems': a constant one, and one that a test makes false."""

from __future__ import annotations

from proofs import bounds


class Constant(bounds.ClosedForm):
    """A closed form that is `value` whatever its inputs; calls: how often it was asked."""

    def __init__(self, value: object) -> None:
        super().__init__("S3", "instance")
        self.value, self.calls = value, 0

    def __call__(self, **rest: object) -> object:
        self.calls += 1
        return self.value


def divide(monkeypatch, statement: str, by: int) -> None:
    """Every bound of `statement` is `by` times smaller than it should be."""
    honest = bounds.ClosedForm.__call__
    monkeypatch.setattr(
        bounds.ClosedForm,
        "__call__",
        lambda self, **rest: honest(self, **rest) / (by if self.statement == statement else 1),
    )
