"""The computational side of bellman-smc: models, reward models, exact laws of particle runs, and their verification.

The door for a library user: `from smc import Model, Twist, check, load, plan`. Names are imported when they are asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smc.checks.check import check
    from smc.checks.model_plan import plan_model as plan
    from smc.formats import load
    from smc.setting.model import Model
    from smc.setting.twist import Twist

__all__ = ["Model", "Twist", "check", "load", "plan"]

_HOMES = {
    "Model": ("smc.setting.model", "Model"),
    "Twist": ("smc.setting.twist", "Twist"),
    "check": ("smc.checks.check", "check"),
    "load": ("smc.formats", "load"),
    "plan": ("smc.checks.model_plan", "plan_model"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'smc' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
