"""`python -m tests.notebooks [NAME ...]`: execute the notebooks again and write them with their outputs."""

import sys
import time

from tests.notebooks.execution import SOURCES, execute, read, stored, text


def main(names: list[str]) -> int:
    chosen = [source for source in SOURCES if not names or any(source.stem.startswith(n) for n in names)]
    if not chosen:
        print(f"no such notebook; known: {', '.join(s.stem for s in SOURCES)}", file=sys.stderr)
        return 2
    for source in chosen:
        start = time.perf_counter()
        stored(source).write_text(text(execute(read(source))), encoding="utf-8")
        print(f"{stored(source).name:32} {time.perf_counter() - start:5.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
