"""The child process that draws one paper and ends: typst alone, in a fixed space and time, and none of our own code.

`python -I -S press.py LIBRARIES MEMORY_BYTES CPU_SECONDS`; the order comes as JSON on standard input, the paper goes out on
standard output after one line with its number of pages. A process of its own, because typst never forgets what it has drawn.
"""

import json
import resource
import sys
from datetime import datetime
from typing import Any

FAULTY, NO_MEMORY = 70, 71
MOST_BYTES = 100_000_000


def main(libraries: str, memory: str, cpu: str) -> int:
    _confine(int(memory), int(cpu))
    sys.path.insert(0, libraries)
    import typst

    order: dict[str, Any] = json.load(sys.stdin)
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[order["fonts"]])
    try:
        compiler = typst.Compiler(order["template"], root=order["root"], font_paths=fonts, sys_inputs=order["inputs"])
        drawn = compiler.compile(
            format="pdf", pdf_standards=order["standards"], timestamp=datetime.fromisoformat(order["midnight"])
        )
        pages = compiler.query("<pages>", field="value", one=True)
    except typst.TypstError as error:
        sys.stderr.write(f"{error.message}\n{error.diagnostic}")
        return FAULTY
    if not isinstance(drawn, bytes) or len(drawn) > MOST_BYTES:
        return NO_MEMORY
    sys.stdout.buffer.write(b"%d\n" % int(pages))
    sys.stdout.buffer.write(drawn)
    sys.stdout.buffer.flush()
    return 0


def _confine(memory: int, cpu: int) -> None:
    """No more address space, time, files or core dumps than this; the kernel holds it, whatever is drawn."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    try:
        code = main(*sys.argv[1:])
    except MemoryError:
        code = NO_MEMORY
    sys.exit(code)
