"""Where a command will write, looked at before its work: what cannot be written there is told now, not after it. Nothing is made."""

from __future__ import annotations

import errno
import importlib.util
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from smc.errors import InputError, missing_extra

PICTURES = (".png", ".svg", ".pdf")
"""Endings of figures."""
PAGES = (".html", ".htm")
"""Endings of pages."""


def file_to_write(option: str, text: str | Path, endings: Sequence[str] = (), *, drawn: bool = False) -> Path:
    """The file that `option` names. endings: those that it may have, in small letters or not. drawn: whether matplotlib writes it.

    Raises InputError for no name, a folder, another ending, a place that cannot be written, and a missing extra.
    """
    path, where = _named(option, text, "file")
    if endings and path.suffix.lower() not in endings:
        raise InputError(f"unknown ending {path.suffix!r}", where=where, mend=f"choose one of {', '.join(endings)}")
    with _told(where, "choose a file that you may write"):
        if path.is_dir():
            raise InputError("is a folder", where=where, mend="name a file in it")
        if path.exists() and not path.is_file():  # a terminal, a pipe: written to, not replaced
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        else:
            _try(Path(os.path.realpath(path)))
    if drawn and importlib.util.find_spec("matplotlib") is None:
        raise missing_extra("matplotlib")
    return path


def folder_to_write(option: str, text: str | Path) -> Path:
    """The folder that `option` names, which may be made. Raises InputError for no name, a file, and a place that cannot be written."""
    path, where = _named(option, text, "folder")
    with _told(where, "choose a folder that you may write to"):
        if path.exists() and not path.is_dir():
            raise InputError("is a file", where=where, mend="name a folder")
        _try(path / "file")
    return path


def _named(option: str, text: str | Path, kind: str) -> tuple[Path, str]:
    if not str(text):
        raise InputError(f"no {kind} is named", where=option, mend="name one")
    return Path(text), f"{option} {text}"


@contextmanager
def _told(where: str, mend: str) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError) as error:  # a null character is no OSError
        said = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise InputError(f"cannot be written ({said})", where=where, mend=mend) from None


def _try(path: Path) -> None:
    """Make and delete a file in the folder of `path`, or in the nearest one around it that is there. Raises OSError where that fails."""
    if "\0" in str(path):
        raise ValueError("a null character")
    missing, folder = [path], path.parent
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = folder.parent
    longest = os.pathconf(folder, "PC_NAME_MAX") if hasattr(os, "pathconf") else 255
    if any(len(os.fsencode(place.name)) > longest for place in missing):
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    with tempfile.TemporaryFile(dir=folder):
        pass
