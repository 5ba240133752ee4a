"""`bellman-smc convert`: a table or a model as native JSON, for editing, sharing and checking elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    model: Annotated[
        str,
        typer.Argument(
            help="A native JSON file, gym:ENV?horizon=8, shipped:NAME, or a .prism, .drn, .tra, .umb, .POMDP, .npz, .csv or .jsonl file.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="File to write.", show_default="standard output")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            help="mdp, layered or tree (layered, a state a path); of a file that audit reads: particles or prefixes.",
            show_default="as the source is",
        ),
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(
            help="Reward model to write into the file: file, floor:c, file:kill, perfect, constant:c, bellman-error:eps or rounded:eps, "
            "each also to a power, as perfect^1/2 (see check)."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the model in place of its own.")] = None,
    horizon: Annotated[int | None, typer.Option(help="Horizon in place of the model's own (MDPs and tables).")] = None,
    rationalise: Annotated[
        bool,
        typer.Option("--rationalise", help="Read decimals as exact fractions and mend rows that miss 1 by rounding."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
) -> int:
    """Convert a model: a Gymnasium table to an MDP, an MDP to the layered model that it unrolls to, a model to its prefix
    tree; or a file that audit reads.

    Exact; nothing is written on bad input. Both kinds are JSON; numbers are whole or text such as "1/3".

    \b
    Layered: states by step, edges with probability and potential (a factor of
    the weight, 1 if left out), rewards of the last layer, and the reward
    model's values for the layers before it (may be left out):
    {"format": "bellman-smc/layered-1",
     "layers": [["root"], ["a", "b"], ["win", "lose"]],
     "edges": [[{"from": "root", "to": "a", "prob": "1/3"},
                {"from": "root", "to": "b", "prob": "2/3"}],
               [{"from": "a", "to": "win", "prob": 1},
                {"from": "b", "to": "win", "prob": "1/4", "potential": "1/2"},
                {"from": "b", "to": "lose", "prob": "3/4"}]],
     "reward": {"win": 1, "lose": "1/10"},
     "value": [{"root": "2/5"}, {"a": 1, "b": "1/5"}]}

    \b
    MDP: a reference policy over actions, and a horizon; "initial" may be a
    distribution, "value" one map for all steps or a list, one map a step:
    {"format": "bellman-smc/mdp-1", "states": ["s", "goal"],
     "actions": ["stay", "go"], "horizon": 3, "initial": "s",
     "transitions": [
       {"from": "s", "action": "stay", "to": "s", "prob": 1},
       {"from": "s", "action": "go", "to": "goal", "prob": "3/4"},
       {"from": "s", "action": "go", "to": "s", "prob": "1/4"},
       {"from": "goal", "action": "stay", "to": "goal", "prob": 1}],
     "policy": {"s": {"stay": "1/2", "go": "1/2"}, "goal": {"stay": 1}},
     "reward": {"s": "1/10", "goal": 1}, "value": {"s": "1/2", "goal": 1}}
    """
    import sys

    from smc.cli.output import remarks
    from smc.cli.places import file_to_write
    from smc.errors import InputError
    from smc.formats import document, load, native
    from smc.present.tables import write_atomically
    from smc.rewards.writing import KINDS, converted
    from smc.setting.named_twists import uses_file

    if name == "":
        raise InputError("no name is given", where="name", mend="give one, or leave --name out")
    place = None if output is None else file_to_write("output", output)
    if place is not None and not force and place.is_file():
        raise InputError("exists already", where=output or "", mend="name another file, or pass --force")
    if to in KINDS:
        of_models = {"value": value, "name": name, "horizon": horizon, "rationalise": rationalise or None}
        for option, given in of_models.items():
            if given is not None:
                raise InputError(
                    "belongs to a model",
                    where=option,
                    mend=f"leave --{option} out, or choose --to mdp, layered or tree",
                )
        if place is not None:
            write_atomically(place, converted(model, to))
            return 0
        for _ in converted(model, to):
            pass  # a fault is told before anything is printed
        sys.stdout.writelines(converted(model, to))
        return 0
    source = load(model, rationalise=rationalise, horizon=horizon, with_values=uses_file(value)).meant(value)
    text = native.dumps(document(source, to, value, name))
    if place is None:
        sys.stdout.write(text)
    else:
        write_atomically(place, text)
    for note in source.model.notes:
        remarks().print(f"note: {note}", soft_wrap=True)
    return 0
