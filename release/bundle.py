"""Writes what installs aponta on a computer without internet: its wheel, the wheels it needs, the docs, a script.

python release/bundle.py --docs build/site                                      for a computer as this one
python release/bundle.py --docs build/site --python 3.11 3.12 3.13 --platform linux windows

pip asks this computer which requirements hold (`; sys_platform == 'win32'`), whatever it downloads for. So they
are followed here, wheel by wheel, with the answers of the computer that the bundle is for.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.parser import Parser
from itertools import product
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

HERE = Path(__file__).parent
EXTRAS = "mariadb,postgresql,sftp"  # later there is no way to fetch it
GLIBC = range(28, 16, -1)  # of the Linux that is not this computer: 2.28, and what is for older ones
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
PLATFORMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"},
    "windows": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
}
TAGS = {
    "linux": [*(f"manylinux_2_{minor}_x86_64" for minor in GLIBC), "manylinux2014_x86_64"],
    "windows": ["win_amd64"],
}


@dataclass(frozen=True)
class Target:
    """A kind of computer that wheels are for; without a platform this one."""

    python: str = f"{sys.version_info.major}.{sys.version_info.minor}"
    platform: str = ""

    def __str__(self) -> str:
        return f"{self.python} ({self.platform} x86-64)" if self.platform else f"{self.python} ({sys.platform})"

    @property
    def environment(self) -> dict[str, str]:
        """What a requirement's marker may ask."""
        if not self.platform:
            return {**default_environment()}
        versions = {"python_version": self.python, "python_full_version": f"{self.python}.0"}
        return {**default_environment(), **PLATFORMS[self.platform], **versions}

    @property
    def options(self) -> list[str]:
        """So pip looks for its wheels."""
        if not self.platform:
            return []
        return ["--python-version", self.python, *(f"--platform={tag}" for tag in TAGS[self.platform])]


def requirements(wheel: Path, extras: Iterable[str], environment: dict[str, str]) -> Iterator[Requirement]:
    """What a wheel needs on a computer of this environment."""
    with ZipFile(wheel) as held:
        name = next(one for one in held.namelist() if one.endswith(".dist-info/METADATA"))
        told = Parser().parsestr(held.read(name).decode())
    for line in told.get_all("Requires-Dist", []):
        one = Requirement(line)
        if not one.marker or any(one.marker.evaluate({**environment, "extra": extra}) for extra in ("", *extras)):
            yield one


def missing(root: Requirement, wheels: Path, environment: dict[str, str]) -> set[str]:
    """Names that `root` needs, or what it needs, and of which there is no wheel."""
    held = {parse_wheel_filename(path.name)[0]: path for path in wheels.glob("*.whl")}
    ahead, seen, lacking = [root], set(), set()
    while ahead:
        one = ahead.pop()
        name, extras = canonicalize_name(one.name), frozenset(one.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        if name in held:
            ahead += requirements(held[name], extras, environment)
        else:
            lacking.add(name)
    return lacking


def fetch(root: Requirement, target: Target, wheels: Path, constraints: Path) -> None:
    """Downloads what `root` needs on the target, of the versions that are pinned, until nothing lacks."""
    while names := missing(root, wheels, target.environment):
        download = [*PIP, "download", "--no-deps", "--only-binary=:all:", "--dest", str(wheels)]
        done = subprocess.run(
            [*download, *target.options, "--constraint", str(constraints), *sorted(names)], check=False
        )
        if done.returncode:
            sys.exit(f"Python {target}: not every wheel is to be had; see above which")


def write(out: Path, docs: Path, targets: list[Target]) -> Path:
    """The folder, made anew, and the zip beside it, which is returned."""
    shutil.rmtree(out, ignore_errors=True)
    wheels = out / "wheels"
    wheels.mkdir(parents=True)
    subprocess.run([*PIP, "wheel", "--no-deps", "--wheel-dir", wheels, HERE.parent], check=True)
    (own,) = wheels.iterdir()
    name, version, *_ = parse_wheel_filename(own.name)
    for target in targets:
        with tempfile.TemporaryDirectory() as scratch:  # of this target only: another's wheel does not serve it
            shutil.copy2(own, scratch)
            fetch(Requirement(f"{name}[{EXTRAS}]"), target, Path(scratch), HERE.parent / "constraints.txt")
            shutil.copytree(scratch, wheels, dirs_exist_ok=True)
    shutil.copytree(docs, out / "docs", ignore=shutil.ignore_patterns(".*"))
    shutil.copy2(HERE / "install.sh", out)
    told = {"version": str(version), "targets": ", ".join(map(str, targets))}
    for file in ("README.txt", "install.cmd"):
        text = (HERE / file).read_text(encoding="utf-8")
        for place, fact in told.items():
            text = text.replace(f"{{{place}}}", fact)
        (out / file).write_text(text, encoding="utf-8-sig" if file == "README.txt" else "ascii", newline="\r\n")
    return packed(out, out.with_name(f"{name}-{version}-{out.name}.zip"))


def packed(folder: Path, path: Path) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as held:  # wheels are compressed already
        for file in sorted(folder.rglob("*")):
            held.write(file, file.relative_to(folder.parent))
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description="What installs aponta on a computer without internet.")
    parser.add_argument("--docs", type=Path, required=True, help="the site")
    parser.add_argument("--out", type=Path, default=Path("build/bundle"))
    parser.add_argument("--python", nargs="*", default=[], help="versions; default this one")
    parser.add_argument("--platform", nargs="*", default=[], choices=PLATFORMS, help="default this computer")
    told = parser.parse_args()
    if told.python and not told.platform:
        parser.error("--python needs --platform: linux, windows, or both")
    pythons = told.python or [Target.python]
    targets = [Target(*one) for one in product(pythons, told.platform)] if told.platform else [Target()]
    path = write(told.out, told.docs, targets)
    wheels = len(list((told.out / "wheels").iterdir()))
    sys.stdout.write(f"{path}: {wheels} wheels, {path.stat().st_size / 1e6:.0f} MB\n")


if __name__ == "__main__":
    main()
