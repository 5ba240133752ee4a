"""The author command: `python -m proofs.derive.author [ID ...] [--seal]` derives and writes `proofs/sealed/*.json`.  Untrusted.

What a derivation is written with is in `proofs.derive.proof`.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path

from proofs.derive.stored import encode, statement_text
from proofs.kernel.replay import SEALS, STORED, behind, digest, load_seals

CERTIFICATES = Path("build") / "certificates.json"
"""Certificates found in earlier builds (`proofs.derive.cache`), where the command is run; it may be deleted at any time."""


def main(names: list[str]) -> int:
    """Derive the named statements (all by default) and write their stored proofs; a failure is reported and the others go on.

    A new statement is sealed: its fingerprint enters `sealed/_seals.json`, its text `sealed/ID.txt`, and what each
    proof rests on `sealed/_rests_on.golden`.  A statement that differs from its seal is reported and not written, unless `--seal` is given.
    """
    from proofs.derive.cache import CACHE
    from proofs.reading.blueprint import RESTS_ON, rests_on
    from proofs.registry import library, load

    CACHE.read(CERTIFICATES)
    reseal = "--seal" in names
    names = [name for name in names if name != "--seal"]
    made, registry = library(), load()
    unknown = [name for name in names if name not in made.derivations]
    if unknown:
        print(f"unknown ID {', '.join(unknown)}; known: {', '.join(made.derivations)}", file=sys.stderr)
        return 2
    STORED.mkdir(parents=True, exist_ok=True)
    seals = load_seals() if (STORED / SEALS).exists() else {}
    failed = 0
    for name in names or made.derivations:
        try:
            proof = made.proof(name)
        except Exception as error:  # a derivation is a program: report what it did and go on with the others
            failed += 1
            traceback.print_exc(limit=-4)
            print(f"FAILED {name}: {error}", file=sys.stderr)
            continue
        mark = digest(proof.theorems[-1], made.behind(name))
        if seals.get(name, mark) != mark and not reseal:
            failed += 1
            print(
                f"CHANGED {name}: the statement is not the sealed one; use --seal {name} if this is meant",
                file=sys.stderr,
            )
            continue
        seals[name] = mark
        (STORED / f"{name}.json").write_text(encode(proof), encoding="utf-8")
        if registry[name].source != "lemma":
            path = STORED / f"{name}.txt"
            written = statement_text(proof.theorems[-1], behind(proof.theorems[-1], made.behind(name)), path)
            path.write_text(registry[name].text(written), encoding="utf-8")
    (STORED / SEALS).write_text(json.dumps(dict(sorted(seals.items())), indent=0) + "\n", encoding="utf-8")
    (STORED / RESTS_ON).write_text(rests_on(), encoding="utf-8")
    CACHE.write(CERTIFICATES)
    stale = [name for name in seals if name not in made.derivations]
    if stale:
        print(f"sealed without a derivation: {', '.join(stale)}", file=sys.stderr)
    print(f"{len(names or made.derivations) - failed} proofs written to {STORED.name}/, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
