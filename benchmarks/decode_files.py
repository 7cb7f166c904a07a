"""Our side of the benchmark of decoding: files of one form, decoded and staged as a pass does it."""

import resource
import shutil
import sys
import time
from pathlib import Path
from zoneinfo import ZoneInfo

from aponta.config.master import Machine
from aponta.contract.layout import Layout
from aponta.decode.account import EncodedFile
from aponta.decode.choose import choose_layout
from aponta.decode.files import decode
from benchmarks.forms import layout

ZONE = "America/Sao_Paulo"


def main() -> None:
    factory, folder, staging = map(Path, sys.argv[1:])
    using = Layout.model_validate(layout(factory, folder.name))
    paths = sorted(folder.glob("*.txt"))
    names = sorted({path.name[:3] for path in paths})
    known = {name: Machine.model_validate({"machine": name, "line": "L1", "layout": using.name}) for name in names}
    stored = {str(number): path for number, path in enumerate(paths)}
    shutil.rmtree(staging, ignore_errors=True)
    since = time.perf_counter()
    incoming = [
        EncodedFile(number, str(number), path.stat().st_size, chosen, dict.fromkeys(known, 0), 2**61)
        for number, path in enumerate(paths)
        for chosen in (choose_layout(path.name, "", {using.name: using}, known, ZoneInfo(ZONE)),)
    ]
    staged = decode(incoming, lambda sha256: [stored[sha256].read_bytes()], ZONE, sorted(using.sensors), staging)
    seconds = time.perf_counter() - since
    if staged.refused:
        raise SystemExit("some rows were refused: nothing was measured")
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    shutil.rmtree(staging)


if __name__ == "__main__":
    main()
