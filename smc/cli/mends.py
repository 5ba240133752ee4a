"""A mend exists for the command that prints it, or the command that has it is named.

Messages come from rooms that serve several commands ("choose --value floor:1/100"); not every command has every option.
"""

from __future__ import annotations

import re
from functools import cache

from smc.cli import COMMANDS, load

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")


@cache
def options_of(command: str) -> frozenset[str]:
    """The options that a command takes."""
    return frozenset(
        name for parameter in load(command).params for name in (*parameter.opts, *parameter.secondary_opts)
    )


def owned(text: str, command: str) -> str:
    """`text`, with the commands that have them after options that `command` lacks."""
    named = dict.fromkeys(OPTION.findall(text))
    missing = [option for option in named if option not in options_of(command)] if named else []
    said = []
    for option in missing:
        owners = [name for name in COMMANDS if option in options_of(name)]
        if owners:  # else it is a word of the user's own
            said.append(f"{option} is an option of {', '.join(owners)}")
    return f"{text} ({'; '.join(said)})" if said else text
