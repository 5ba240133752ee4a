"""The command line: one module a command, imported only when that command runs.

A command is a function `command` in `smc/cli/<name>.py` (dashes become underscores), typed for Typer; its docstring is its help. It prints
results on stdout (`smc.cli.output`), progress and notes on stderr, and returns its exit code. Add a line to `COMMANDS` for the overview.
Command modules import what is heavy (engines, proofs, sympy, numpy) inside their function, so that `--help` answers at once.

Exit codes: 0 holds, 1 refuted, 2 bad input or a missing extra, 3 undecided, 70 internal error, 130 interrupted, 141 closed pipe.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import re
import sys
from collections.abc import Sequence
from contextvars import ContextVar

import typer
from typer.core import TyperCommand, TyperGroup

from smc.interrupts import interrupted, watched
from smc.present.words import SPELLED

HOLDS, REFUTED, BAD_INPUT, UNDECIDED, INTERNAL, INTERRUPTED, CLOSED_PIPE = 0, 1, 2, 3, 70, 130, 141
TRACEBACK = "BELLMAN_SMC_TRACEBACK"
"""Environment variable that shows where an internal error came from."""

COMMANDS = {
    "verify": "The main job: check the shipped models against every theorem; writes build/.",
    "check": "Check a model of yours: exact laws beside every bound.",
    "plan": "How many particles or proposals each theorem asks for.",
    "audit": "Which law does my loop sample, is its reward model good enough?",
    "prove": "Replay every proof down to the kernel.",
    "campaign": "A long search for counterexamples.",
    "atlas": "Every bound beside the exact truth, over N, T and eps.",
    "convert": "Write a table or a model as native JSON.",
    "vectors": "Exact test vectors for samplers in any language.",
}
PROGRAM = "bellman-smc"
RUNNING: ContextVar[str] = ContextVar("running", default="")
"""The command that was called last: its options are those that a message may advise."""


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
        RUNNING.set(name or "")
        return name, load(name) if stand_in is not None and name else stand_in, rest


def _module(name: str) -> str:
    return f"smc.cli.{name.replace('-', '_')}"


def load(name: str):
    """The command `name`, its module imported."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    command = importlib.import_module(_module(name)).command
    app.command(name, help=flowing(command.__doc__), context_settings={"help_option_names": ["-h", "--help"]})(command)
    return typer.main.get_command(app)


def flowing(text: str) -> str:
    """Help without the line breaks of its source, which a narrow terminal would show beside its own; paragraphs that begin with a
    backspace keep them, and exit codes begin a line."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(p if p.startswith("\b") else re.sub(r"\n(?!Exit codes)", " ", p) for p in paragraphs)


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

    Exit codes: 0 holds, 1 refuted, 2 bad input or a missing extra, 3 undecided, 70 internal error, 130 interrupted.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on `arguments` (those of the process when None) and return the exit code.

    What went wrong is one line on stderr, never a traceback: bad input, a missing extra, a full disk are 2, a fault of the program 70.
    """
    if sys.stderr is None:  # closed by the caller: notes are lost, results are not
        sys.stderr = open(os.devnull, "w", encoding="utf-8")
    if sys.stdout is None:
        return (
            _tell("standard output is closed, so that nothing can be reported; open it, or send it to a file")
            and BAD_INPUT
        )
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show must not stop the report
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=SPELLED)
    with watched():
        try:
            code = app(args=None if arguments is None else list(arguments), prog_name=PROGRAM, standalone_mode=False)
            sys.stdout.flush()
        except BaseException as error:
            code = INTERRUPTED if interrupted() else _ended(error)
        if code == INTERRUPTED or interrupted():  # seen by nobody, it may have cut short what was computed
            return _tell("interrupted") and INTERRUPTED
        return code or HOLDS


def _ended(error: BaseException) -> int:
    """The exit code for what ended a command, said in one line."""
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return INTERRUPTED
    if isinstance(error, SystemExit):  # Typer's answer to a closed pipe, with code 1, which would say refuted here
        return CLOSED_PIPE
    if isinstance(error, BrokenPipeError):
        _abandon_output()
        return CLOSED_PIPE
    if isinstance(error, MemoryError):
        return _tell(f"out of memory; {_smaller()}") and BAD_INPUT
    if isinstance(error, Exception):
        return _failed(error)
    raise error


def _smaller() -> str:
    """What the running command can do with less memory, by the options that it has."""
    from smc.cli.mends import options_of

    has = options_of(RUNNING.get()) if RUNNING.get() in COMMANDS else frozenset()
    less = {
        "--horizon": "a shorter --horizon", "--horizons": "shorter --horizons", "--particles": "fewer --particles"
    }  # fmt: skip
    return " or ".join(["give less to read", *(words for option, words in less.items() if option in has)])


def _advised(message: str) -> str:
    """`message`, with the commands that have the options which the running one lacks."""
    from smc.cli.mends import owned

    return owned(message, RUNNING.get()) if RUNNING.get() in COMMANDS else message


def _failed(error: Exception) -> int:
    """One line for what stopped a command, and its exit code."""
    from smc.errors import EXTRAS, InputError, missing_extra

    if isinstance(error, InputError):
        return _tell(_advised(str(error))) and BAD_INPUT
    if isinstance(error, ImportError) and error.name and error.name.partition(".")[0] in EXTRAS:
        return _tell(str(missing_extra(error.name))) and BAD_INPUT
    if hasattr(error, "format_message"):  # the parser's own errors, whose class moved between versions of Typer
        return _usage(error)
    if isinstance(error, OSError):  # the machine's: a full disk, a closed or forbidden place
        place = error.filename if isinstance(error.filename, str) else "standard output"
        if error.filename is None:
            _abandon_output()
        return (
            _tell(f"{place} cannot be used ({error.strerror or error}); free some space, or choose another place")
            and BAD_INPUT
        )
    if os.environ.get(TRACEBACK):
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    said = " ".join(str(error).split())
    what = f"{type(error).__name__}: {said[:200]}" if said else type(error).__name__
    return (
        _tell(
            f"internal error, no verdict ({what}); please report the command, its input and what it prints with {TRACEBACK}=1"
        )
        and INTERNAL
    )


def _abandon_output() -> None:
    """Send what is still to be written nowhere, so that the interpreter's own flush at its end stays quiet."""
    with contextlib.suppress(OSError):  # an output that is no file has no buffer of the interpreter's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage(error) -> int:
    message, context = error.format_message(), getattr(error, "ctx", None)
    path = context.command_path if context is not None else PROGRAM
    if type(error).__name__ == "NoArgsIsHelpError":  # with Rich the help is printed by now, and the message is empty
        if message.strip():
            typer.echo(message, err=True)
        return BAD_INPUT
    mistyped = re.fullmatch(r"No such command '(.*)'\.?", message)
    if mistyped:
        from smc.errors import one_of

        message = f"{message.rstrip('.')}; {one_of(COMMANDS, mistyped.group(1))}"
    return _tell(f"{message.rstrip('.')}; see {path} --help") and BAD_INPUT


def _tell(message: str) -> bool:
    from smc.present.words import on_terminal

    print(f"{PROGRAM}: {on_terminal(' '.join(message.split()))}", file=sys.stderr)
    return True
