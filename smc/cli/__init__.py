"""The command line: one module a command, imported only when that command runs.

A command is a function `command` in `smc/cli/<name>.py` (dashes become underscores), typed for Typer; its docstring is its help. It prints
results on stdout (`smc.cli.output`), progress and notes on stderr, and returns its exit code. Add a line to `COMMANDS` for the overview.
Command modules import what is heavy (engines, proofs, sympy, numpy) inside their function, so that `--help` answers at once.

Exit codes: 0 holds, 1 refuted, 2 bad input, 3 undecided, 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import typer
from typer.core import TyperCommand, TyperGroup

HOLDS, REFUTED, BAD_INPUT, UNDECIDED, INTERRUPTED, CLOSED_PIPE = 0, 1, 2, 3, 130, 141

COMMANDS = {
    "verify": "The main job: check the shipped models against every theorem; writes build/.",
    "check": "Check a model of yours: exact laws beside every bound.",
    "plan": "How many particles or proposals each theorem asks for.",
    "prove": "Replay every proof down to the kernel.",
    "campaign": "A long search for counterexamples.",
    "atlas": "Every bound beside the exact truth, over N, T and eps.",
    "convert": "Write a table or a model as native JSON.",
}
PROGRAM = "bellman-smc"


class Commands(TyperGroup):
    """The commands that are installed; the overview is made from `COMMANDS` alone, and a module is imported when its command is called."""

    def list_commands(self, ctx):
        """Names of the commands whose module exists, in the order of the overview."""
        del ctx
        return [name for name in COMMANDS if importlib.util.find_spec(_module(name)) is not None]

    def get_command(self, ctx, cmd_name):
        """A stand-in that knows its one line of help; None for an unknown name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name])

    def resolve_command(self, ctx, args):
        """The real command, with its module imported."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        return name, load(name) if stand_in is not None and name else stand_in, rest


def _module(name: str) -> str:
    return f"smc.cli.{name.replace('-', '_')}"


def load(name: str):
    """The command `name`, its module imported."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(name, context_settings={"help_option_names": ["-h", "--help"]})(
        importlib.import_module(_module(name)).command
    )
    return typer.main.get_command(app)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"{PROGRAM} {version(PROGRAM)}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def overview(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_version, is_eager=True),
) -> None:
    """How far reward-guided Sequential Monte Carlo is from its target, exactly, and which theorem guarantees it.

    Exit codes: 0 holds, 1 refuted, 2 bad input, 3 undecided, 130 interrupted.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on `arguments` (those of the process when None) and return the exit code. Bad input is one line on stderr."""
    from smc.errors import InputError

    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show must not stop the report
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(args=None if arguments is None else list(arguments), prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
        return INTERRUPTED if code == INTERRUPTED and _tell("interrupted") else code or HOLDS
    except InputError as error:
        return _tell(str(error)) and BAD_INPUT
    except MemoryError:
        return _tell("out of memory; choose a shorter horizon, fewer particles, or --method monte-carlo") and BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        return _tell("interrupted") and INTERRUPTED
    except SystemExit:  # Typer's answer to a closed pipe, with code 1, which would say refuted here
        return CLOSED_PIPE
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # so that the interpreter's own flush stays quiet
        return CLOSED_PIPE
    except Exception as error:
        if not hasattr(
            error, "format_message"
        ):  # not one of the parser's own errors, whose class moved between versions of Typer
            raise
        return _usage(error)


def _usage(error) -> int:
    message, context = error.format_message(), getattr(error, "ctx", None)
    path = context.command_path if context is not None else PROGRAM
    if type(error).__name__ == "NoArgsIsHelpError":  # with Rich the help is printed by now, and the message is empty
        if message.strip():
            typer.echo(message, err=True)
        return BAD_INPUT
    return _tell(f"{message.rstrip('.')}; see {path} --help") and BAD_INPUT


def _tell(message: str) -> bool:
    print(f"{PROGRAM}: {' '.join(message.split())}", file=sys.stderr)
    return True
