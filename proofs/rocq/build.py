"""Build the Rocq files and audit what they assume (standard library only; `make rocq` runs it).

Steps, each of which can fail the build: the versions of Coq and MathComp; a scan of the sources for words that would
let a proof be skipped; the compilation; the audit, which prints every headline statement with its assumptions and must
equal `audit.golden` to the letter.  The outcome goes to `.build-status.json`, which `proofs.rocq.status` reads.

Exit codes: 0 built and audited, 1 the build or the audit failed, 2 Coq or MathComp is missing or of another version.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
COQ = "8.16.1"
MATHCOMP = "1.15.0"
PACKAGES = "coq libcoq-mathcomp-ssreflect libcoq-mathcomp-algebra libcoq-mathcomp-algebra-tactics"
FLAGS = ["-w", "-notation-overridden,-ambiguous-paths", "-R", ".", "BellmanSMC"]
AUDITS = ("Audit.v", "AuditReal.v")
GOLDEN, STAMP = "audit.golden", ".build-status.json"
FIRST_LINE = re.compile(r"^#### (\S+)$", re.MULTILINE)

# Ways to state a theorem without proving it, or to switch a check of the kernel off.
FORBIDDEN = (
    r"Admitted", r"admit", r"give_up", r"Axioms?", r"Parameters?", r"Conjectures?", r"Primitive", r"Symbols?",
    r"bypass_check", r"Unset\s+(?:Guard|Positivity|Universe)\s+Checking", r"Set\s+Type\s+In\s+Type", r"Type\s+In\s+Type",
    r"Declare\s+ML\s+Module", r"Load", r"Add\s+(?:Rec\s+)?LoadPath", r"Redirect", r"Extraction", r"Fail",
)  # fmt: skip
FORBIDDEN_WORD = re.compile(r"(?<![\w'.])(?:" + "|".join(FORBIDDEN) + r")(?![\w'])")
# Outside a section these declare axioms too.
SECTION_ONLY = re.compile(r"(?<![\w'.])(Variables?|Hypothes[ie]s|Context|Let)(?![\w'])")
SECTION_EDGE = re.compile(r"(?<![\w'.])(Section|Module(?:\s+Type)?|End)\s+([A-Za-z_]\w*)\s*\.")


class BuildError(Exception):
    """A failed step; the message says what, where and how to mend."""


class VersionError(Exception):
    """Coq or MathComp is missing or of another version; the message is one line."""


# ---- Sources ---------------------------------------------------------------


def without_comments(text: str) -> str:
    """The source with nested comments and strings blanked, line breaks kept: what Coq executes."""
    out, depth, i = [], 0, 0
    while i < len(text):
        if text.startswith("(*", i):
            depth, i = depth + 1, i + 2
        elif depth and text.startswith("*)", i):
            depth, i = depth - 1, i + 2
        elif text[i] == '"':
            end = text.find('"', i + 1)
            end = len(text) if end < 0 else end + 1
            out.append("\n" * text.count("\n", i, end) or " ")
            i = end
        else:
            out.append(text[i] if not depth or text[i] == "\n" else "")
            i += 1
    return "".join(out)


def forbidden_words(text: str) -> Iterator[tuple[int, str]]:
    """(line, word) for every word that would let a proof be skipped, in comment-free text."""
    code = without_comments(text)
    for match in FORBIDDEN_WORD.finditer(code):
        yield code.count("\n", 0, match.start()) + 1, re.sub(r"\s+", " ", match[0])
    open_sections = 0
    events = sorted(
        [(m.start(), "edge", m) for m in SECTION_EDGE.finditer(code)]
        + [(m.start(), "decl", m) for m in SECTION_ONLY.finditer(code)],
        key=lambda event: event[0],
    )
    stack: list[bool] = []
    for position, kind, match in events:
        if kind == "edge":
            if match[1] == "End":
                if stack and stack.pop():
                    open_sections -= 1
            else:
                stack.append(match[1] == "Section")
                open_sections += match[1] == "Section"
        elif not open_sections:
            yield code.count("\n", 0, position) + 1, f"{match[1]} outside a section"


def scan(folder: Path = SOURCE) -> list[str]:
    """One line for each forbidden word in the folder's sources; empty when there is none."""
    return [
        f"{path.name}:{line}: {word}"
        for path in sorted(folder.glob("*.v"))
        for line, word in forbidden_words(path.read_text(encoding="utf-8"))
    ]


def digest(folder: Path = SOURCE) -> str:
    """SHA-256 of all sources and of the golden audit: a stamp of other sources does not count."""
    total = hashlib.sha256()
    for path in [*sorted(folder.glob("*.v")), folder / GOLDEN]:
        total.update(path.name.encode() + b"\0" + (path.read_bytes() if path.exists() else b"") + b"\0")
    return total.hexdigest()


# ---- Versions --------------------------------------------------------------

Run = Callable[[list[str]], str]


def output(command: list[str]) -> str:
    """Standard output of a command, empty when it cannot be run or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def mathcomp_version(run: Run = output) -> str:
    """The installed MathComp version as x.y.z (x.y when only the sources tell), empty when it is not there.

    Asked in turn: dpkg, opam, and the newest release that the installed sources mention as `since="mathcomp x.y"`.
    """
    found = re.match(
        r"(?:\d+:)?(\d+\.\d+\.\d+)", run(["dpkg-query", "-W", "-f", "${Version}", "libcoq-mathcomp-ssreflect"])
    )
    if found:
        return found[1]
    opam = ["opam", "list", "--installed", "--short", "--columns=version", "coq-mathcomp-ssreflect"]
    found = re.match(r"(\d+\.\d+\.\d+)", run(opam))
    if found:
        return found[1]
    library = Path(run(["coqc", "-where"]).strip() or "/nonexistent") / "user-contrib" / "mathcomp"
    marks = [
        tuple(map(int, mark))
        for path in sorted(library.glob("*/*.v"))
        for mark in re.findall(
            r'since\s*=\s*"mathcomp (\d+)\.(\d+)', path.read_text(encoding="utf-8", errors="replace")
        )
    ]
    return "{}.{}".format(*max(marks)) if marks else ""


def check_versions(run: Run = output) -> tuple[str, str]:
    """(Coq, MathComp) when they are the wanted ones.  Raises VersionError with one line otherwise."""
    wanted = f"Coq {COQ} with MathComp {MATHCOMP}"
    mend = f"on Debian 12: apt-get install {PACKAGES}"
    found = re.search(r"version (\S+)", run(["coqc", "--version"]))
    if not found:
        raise VersionError(f"coqc was not found: the Rocq files want {wanted}; {mend}")
    if found[1] != COQ:
        raise VersionError(f"coqc is version {found[1]}: the Rocq files want {wanted}; {mend}")
    mathcomp = mathcomp_version(run)
    if not mathcomp:
        raise VersionError(f"MathComp was not found: the Rocq files want {wanted}; {mend}")
    if not (mathcomp == MATHCOMP or (mathcomp.count(".") == 1 and MATHCOMP.startswith(mathcomp + "."))):
        raise VersionError(f"MathComp is version {mathcomp}: the Rocq files want {wanted}; {mend}")
    tactics = Path(run(["coqc", "-where"]).strip()) / "user-contrib" / "mathcomp" / "algebra_tactics" / "ring.vo"
    if not tactics.exists():
        raise VersionError(f"MathComp's algebra-tactics 1.0.0 was not found: the Rocq files want it; {mend}")
    return found[1], mathcomp


# ---- Compilation and audit ---------------------------------------------------


def compile_all(folder: Path = SOURCE, *, jobs: int = 2) -> None:
    """Compile every file but the audit, in the order of their imports.  Raises BuildError with Coq's message."""
    files = sorted(path.name for path in folder.glob("*.v") if path.name not in AUDITS)
    make = ["coq_makefile", *(part for flag in FLAGS[:2] for part in ("-arg", flag)), *FLAGS[2:], *files]
    made = subprocess.run([*make, "-o", "Makefile.coq"], cwd=folder, capture_output=True, text=True)
    if made.returncode:
        raise BuildError(f"coq_makefile: {made.stderr.strip()}")
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", "--no-print-directory", "-f", "Makefile.coq", f"-j{jobs}"],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise BuildError(f"compilation failed in {folder}:\n{done.stdout[-1000:]}{done.stderr[-4000:]}")


def audit(folder: Path = SOURCE) -> str:
    """What the audit files print: every headline statement with its assumptions.  Raises BuildError."""
    running = [
        subprocess.Popen(
            ["coqc", "-q", *FLAGS, name], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for name in AUDITS
    ]
    printed = [process.communicate() for process in running]
    for name, process, (_, errors) in zip(AUDITS, running, printed, strict=True):
        if process.returncode:
            raise BuildError(f"{name}: {errors.strip()[-4000:]}")
    return "".join(text for text, _ in printed)


def check_compiled(folder: Path = SOURCE) -> int:
    """Type-check every compiled file again with `coqchk`, a checker apart from the compiler; their number. Raises BuildError.

    MathComp and the standard library are trusted as installed (`-norec`); what each theorem assumes is the audit's business.
    """
    names = sorted(path.stem for path in folder.glob("*.vo") if f"{path.stem}.v" not in AUDITS)
    modules = [part for name in names for part in ("-norec", f"BellmanSMC.{name}")]
    command = ["coqchk", "-silent", "-R", ".", "BellmanSMC", *modules]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    except OSError as error:
        raise BuildError(f"coqchk, which comes with Coq, cannot be run: {error}") from error
    if done.returncode:
        raise BuildError(f"coqchk refuses a compiled file:\n{(done.stdout + done.stderr).strip()[-2000:]}")
    return len(names)


def audited(text: str) -> list[str]:
    """Names of the statements in an audit's output or golden file."""
    return FIRST_LINE.findall(text)


def compare(text: str, golden: str) -> str:
    """Unified diff of the audit against the golden file; empty when they are equal."""
    lines = difflib.unified_diff(golden.splitlines(), text.splitlines(), GOLDEN, "this build", lineterm="", n=2)
    return "\n".join(lines)


def build(folder: Path = SOURCE, *, update: bool = False, jobs: int = 2) -> dict:
    """Scan, compile, check again, audit; the stamp as a dictionary.  Raises VersionError or BuildError."""
    start = time.perf_counter()
    coq, mathcomp = check_versions()
    if found := scan(folder):
        raise BuildError("words that skip a proof or a check:\n" + "\n".join(found))
    compile_all(folder, jobs=jobs)
    rechecked = check_compiled(folder)
    text = audit(folder)
    golden = folder / GOLDEN
    if update:
        golden.write_text(text, encoding="utf-8")
    difference = compare(text, golden.read_text(encoding="utf-8") if golden.exists() else "")
    if difference:
        raise BuildError(f"the audit differs from {GOLDEN} (if that is meant, run with --update):\n{difference}")
    return {
        "theorems": audited(text),
        "passed": True,
        "rechecked": rechecked,
        "coq": coq,
        "mathcomp": mathcomp,
        "seconds": round(time.perf_counter() - start, 1),
        "sources": digest(folder),
    }


def lines_of_code(folder: Path = SOURCE) -> tuple[int, int]:
    """(files, lines) of the sources."""
    files = sorted(folder.glob("*.v"))
    return len(files), sum(path.read_text(encoding="utf-8").count("\n") for path in files)


def main(arguments: list[str] | None = None) -> int:
    """The command that `make rocq` runs."""
    parser = argparse.ArgumentParser(description="Build the Rocq files and audit what they assume.")
    parser.add_argument("--update", action="store_true", help="write the golden audit anew instead of comparing")
    parser.add_argument("--jobs", type=int, default=2, help="parallel compilations")
    chosen = parser.parse_args(arguments)
    try:
        stamp = build(update=chosen.update, jobs=chosen.jobs)
    except VersionError as error:
        print(error, file=sys.stderr)
        return 2
    except BuildError as error:
        print(error, file=sys.stderr)
        (SOURCE / STAMP).write_text(json.dumps({"theorems": [], "passed": False, "sources": digest()}) + "\n")
        return 1
    (SOURCE / STAMP).write_text(json.dumps(stamp, indent=1) + "\n")
    files, lines = lines_of_code()
    closed = (SOURCE / GOLDEN).read_text(encoding="utf-8").count("Closed under the global context")
    print(
        f"{len(stamp['theorems'])} statements, {closed} of them closed under the global context; "
        f"{stamp['rechecked']} compiled files checked again by coqchk; "
        f"{files} files, {lines} lines, {stamp['seconds']} s with Coq {stamp['coq']}, MathComp {stamp['mathcomp']}"
    )
    return 0


def coq_is_here() -> bool:
    """Whether the compiler is on the path at all (its version is not asked for)."""
    return shutil.which("coqc") is not None


if __name__ == "__main__":
    sys.exit(main())
