"""What the command line answers today, held to what it answered before: JSON, exit codes, sentences and help pages.

Every command is asked at least once for an answer and once for a refusal, on a small station of its own. What came out
is kept in ``recorded_answers``, a file a journey. Where an answer changes on purpose, record again and read the diff::

    CRANE_RECORD_ANSWERS=1 pytest tests/cli/test_recorded_answers.py

What differs from run to run (times, paths, checksums, versions, devices) is written as a ``{placeholder}``; scores may
differ by `CLOSE`, as they do between machines; everything else is exact. No module of the program is imported here but
by the `crane` fixture, so that the answers can be compared before and after modules move.
"""

from __future__ import annotations

import csv
import difflib
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import typer.main
from PIL import Image

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the answers were recorded on Linux")

RECORDED = Path(__file__).with_name("recorded_answers")
RECORD = "CRANE_RECORD_ANSWERS"
ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "ja")
CLOSE = 1e-4
"""How far a figure may be off: weights drawn from a seed answer alike on all machines but for the last bits."""
CLEAR = 1e-3
"""How far from its thresholds a score is to lie, so that no machine gives another verdict."""
PACK = ("--pack", "試験用")

COMMANDS = (
    *("inspect", "score", "evaluate", "evaluate-verdicts", "train", "calibrate", "learn-good", "first-batch"),
    *("selftest", "bench", "licences", "open"),
    *(f"pack {name}" for name in ("fetch", "build", "verify", "info", "install", "use", "back", "compare")),
    *("pack keygen", "pack sign", "pack trust", "pack list"),
    *("recipe list", "recipe export", "recipe import"),
    *("cameras list", "cameras doctor", "cameras reference"),
    *("records stats", "records verify", "records export"),
    "update check",
)
GROUPS = ("pack", "recipe", "cameras", "records", "update")


# -- what is written down --------------------------------------------------------------------------------------

_VARIES_BY_NAME = re.compile(r"(_ms|_ns|^fps|^threads|^size)$")
_NUMBER = re.compile(r"\d+\.\d+(?:e-?\d+)?")
_TEXTS = (
    (re.compile(r"(?<=: )[0-9a-f]{16}(?=[)）])"), "{signer}"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"), "{time}"),
    (re.compile(r"\b20[2-9]\d-\d\d-\d\d\b"), "{date}"),
    (re.compile(r"\d{4}/\d\d/\d\d/\d{6}-\d{6}-[0-9a-f]{8}"), "{day}/{moment}"),
    (re.compile(r"[0-9a-f]{16}(?=\.goodparts)"), "{start of a checksum}"),
    (re.compile(r"(?<=-)[0-9a-f]{8}(?=\.cranepack)"), "{start of a checksum}"),
    (re.compile(r" *\b\d+(\.\d+)? ms\b"), " {number} ms"),
    (re.compile(r"\d+\.\d (?=verdicts/s|判定/秒)"), "{number} "),
    (re.compile(r"(?<!\w)(cpu|cuda: [^|()]+?)(?= \||\)| \(|$)"), "{device}"),
)
_CHECKSUM = re.compile(r"\b(?:[0-9a-f]{128}|[0-9a-f]{64})\b")


@dataclass
class Placeholders:
    """Puts placeholders for what differs from run to run."""

    places: dict[str, str]
    version: str
    _checksums: dict[str, str] = field(default_factory=dict)

    def text(self, words: str) -> str:
        for place in sorted(self.places, key=len, reverse=True):
            words = words.replace(place, self.places[place])
        for pattern, name in _TEXTS:
            words = pattern.sub(name, words)
        words = re.sub(rf"(?<![\w.]){re.escape(self.version)}(?![\w.])", "{version}", words)
        return _CHECKSUM.sub(self._checksum, words)

    def value(self, value: Any, name: str = "") -> Any:
        """Return a piece of JSON as it is written down."""
        if isinstance(value, dict):
            return {self.text(k): self.value(v, name if _VARIES_BY_NAME.search(name) else k) for k, v in value.items()}
        if isinstance(value, list):
            return [self.value(one, name) for one in value]
        if isinstance(value, str):
            return self.text(value)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return "{number}" if number and _VARIES_BY_NAME.search(name) else value

    def row(self, row: dict[str, str]) -> dict[str, str]:
        """Return a row of a table as it is written down: there, figures are text."""
        told = {name: self.text(value) for name, value in row.items()}
        return {name: "{number}" if value and _VARIES_BY_NAME.search(name) else value for name, value in told.items()}

    def _checksum(self, found: re.Match[str]) -> str:
        """Checksums and keys are numbered as they appear: that two are the same is part of an answer."""
        return self._checksums.setdefault(found[0], f"{{checksum {len(self._checksums) + 1}}}")


def shape(value: Any, depth: int) -> Any:
    """Return which keys there are and what kind of value each has."""
    if isinstance(value, dict) and depth:
        return {name: shape(one, depth - 1) for name, one in value.items()}
    return {dict: "an object", list: "a list", str: "text", type(None): "nothing"}.get(
        type(value), type(value).__name__
    )


def settled(found: Any, before: Any) -> Any:
    """Return what was found, but with the figures of `before` wherever they are close."""
    if isinstance(found, dict) and isinstance(before, dict):
        return {name: settled(one, before.get(name)) for name, one in found.items()}
    if isinstance(found, list) and isinstance(before, list):
        return [settled(one, before[i] if i < len(before) else None) for i, one in enumerate(found)]
    if isinstance(found, str) and isinstance(before, str):
        return _settled_text(found, before)
    both = isinstance(found, float) and isinstance(before, float)
    return before if both and abs(found - before) <= CLOSE else found


def _settled_text(found: str, before: str) -> str:
    """Figures in sentences are rounded: one in the last place is close, too."""
    if _NUMBER.sub("", found) != _NUMBER.sub("", before):
        return found
    for one, other in zip(_NUMBER.findall(found), _NUMBER.findall(before), strict=True):
        digits = len(one.partition(".")[2])
        if abs(float(one) - float(other)) > max(CLOSE, 1.01 * 10.0**-digits):
            return found
    return before


def _page(answers: list[dict[str, Any]]) -> str:
    return json.dumps(answers, ensure_ascii=False, indent=1) + "\n"


def hold(journey: str, answers: list[dict[str, Any]]) -> None:
    """Compare a journey's answers with those that were recorded, or record them."""
    file = RECORDED / f"{journey}.json"
    kept = file.read_text(encoding="utf-8") if file.is_file() else "[]\n"
    by_question = {answer["asked"]: answer for answer in json.loads(kept)}
    found = _page([settled(answer, by_question.get(answer["asked"])) for answer in answers])
    if os.environ.get(RECORD):
        RECORDED.mkdir(exist_ok=True)
        file.write_text(found, encoding="utf-8")
        return
    if found != kept:
        lines = difflib.unified_diff(kept.splitlines(), found.splitlines(), "recorded", "answered", "", "", 6, "")
        pytest.fail(f"{journey}: other answers than recorded ({RECORD}=1 records)\n" + "\n".join(lines), pytrace=False)


# -- asking ----------------------------------------------------------------------------------------------------


@dataclass
class Desk:
    """Asks the command line, and notes question and answer."""

    crane: Callable[..., Any]
    speak: Callable[[str], None]
    placeholders: Placeholders
    answers: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, *words: str | Path, depth: int | None = None, language: str = "en") -> Any:
        """Ask once. With a `depth` only the shape of the JSON is noted, each one once."""
        self.speak(language)
        done = self.crane(*words)
        lines = self._lines(done.out, depth)
        self._note(words, done.code, lines, self._lines(done.err, None))
        return done

    def ask_twice(self, *words: str | Path) -> None:
        """Ask in both languages; for what leaves the station as it is."""
        told = {}
        for language in LANGUAGES:
            self.speak(language)
            told[language] = self.crane(*words)
        assert told["en"].code == told["ja"].code
        out, err = ({k: self._lines(getattr(d, at), None) for k, d in told.items()} for at in ("out", "err"))
        self._note(words, told["en"].code, _once(out), _once(err))

    def note_file(self, file: Path) -> None:
        """Note what a command wrote."""
        page = file.read_text("utf-8-sig")
        if file.suffix == ".csv":
            out = [self.placeholders.row(row) for row in csv.DictReader(page.splitlines())]
        elif file.suffix == ".jsonl":
            out = self._lines(page, None)
        else:
            out = [self.placeholders.value(json.loads(page))]
        self.answers.append({"asked": f"file {file.name}", "out": out})

    def _note(self, words: tuple[str | Path, ...], code: int, out: Any, err: Any) -> None:
        asked = self.placeholders.text(" ".join(map(str, words)))
        same = sum(one["asked"].partition(" #")[0] == asked for one in self.answers)
        noted = {"asked": f"{asked} #{same + 1}" if same else asked, "code": code}
        self.answers.append(noted | ({"out": out} if out else {}) | ({"err": err} if err else {}))

    def _lines(self, page: str, depth: int | None) -> list[Any]:
        lines: list[Any] = []
        for line in page.splitlines():
            if not line.startswith("{"):
                lines.append(self.placeholders.text(line.rstrip()))
                continue
            told = json.loads(line)
            _must_be_clear(told)
            one = self.placeholders.value(told) if depth is None else shape(told, depth)
            if depth is None or one not in lines:
                lines.append(one)
        return lines


def _once(told: dict[str, list[Any]]) -> Any:
    """JSON speaks no language: it is noted once, where both are the same."""
    return told["en"] if told["en"] == told["ja"] else told


def _must_be_clear(told: dict[str, Any]) -> None:
    """A verdict that hangs on the last bits would be another one on another machine: choose other pictures then."""
    if os.environ.get(RECORD) and told.get("verdict") in {"OK", "NG", "REVIEW"}:
        for value, limit in (("score", "threshold"), ("map_peak", "map_threshold")):
            assert abs(told[value] - told[limit]) > CLEAR, told


_built = functools.cache(typer.main.get_command)
"""typer builds all commands anew whenever the program is called: most of what a refusal takes."""


@pytest.fixture
def station(station_dir: Path, monkeypatch: pytest.MonkeyPatch, crane: Any) -> Iterator[Path]:
    """The station that commands mean where they name none."""
    monkeypatch.setenv("CRANE_DATA_DIR", str(station_dir))
    monkeypatch.delenv("GENICAM_GENTL64_PATH", raising=False)
    monkeypatch.setattr(typer.main, "get_command", _built)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # of processes that commands start
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # for models as small as these, threads are nothing but waiting
    yield station_dir
    torch.set_num_threads(before)


@pytest.fixture
def journey(
    crane: Callable[..., Any], station: Path, tmp_path: Path, tiny_pack: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Any]:
    """Start a journey: ``with journey("name") as desk`` asks, and compares at its end."""
    genicam = importlib.util.find_spec("genicam")
    assert genicam is not None
    assert genicam.origin is not None
    places = {
        str(station): "{station}",
        str(tmp_path): "{here}",
        str(tiny_pack.parent): "{packs}",
        str(Path(genicam.origin).parents[1]): "{site-packages}",
        str(ROOT): "{checkout}",
    }

    @contextmanager
    def start(name: str) -> Iterator[Desk]:
        version = crane("--version")
        assert (version.code, version.err) == (0, "")
        placeholders = Placeholders(places, version.out.strip())
        desk = Desk(crane, lambda language: monkeypatch.setenv("CRANE_LANGUAGE", language), placeholders)
        yield desk
        hold(name, desk.answers)

    return start


# -- pictures --------------------------------------------------------------------------------------------------


def write_picture(file: Path, seed: int, *, spot: bool = False, side_px: int = 56) -> None:
    """Write grey noise; with a `spot` also a bright square, and its mask where a data set has it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    pixels = random.integers(40, 80, (side_px, side_px), dtype=np.uint8)
    if spot:
        y, x = random.integers(0, side_px // 2, 2)
        square = np.s_[y : y + side_px // 2, x : x + side_px // 2]
        pixels[square] += 150
        mask = np.zeros_like(pixels)
        mask[square] = 255
        drawn = file.parents[2] / "ground_truth" / file.parent.name / f"{file.stem}_mask.png"
        drawn.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(mask).save(drawn)
    Image.fromarray(pixels).save(file)


def write_set(folder: Path, each: int, *, train: int = 0) -> Path:
    """Write a labelled data set in the folders of MVTec AD."""
    for number in range(each):
        write_picture(folder / "test" / "good" / f"{number:03d}.png", number)
        write_picture(folder / "test" / "spot" / f"{number:03d}.png", 100 + number, spot=True)
    for number in range(train):
        write_picture(folder / "train" / "good" / f"{number:03d}.png", 200 + number)
    return folder


def write_parts(folder: Path, seeds: range) -> Path:
    """Write good parts into a folder."""
    for seed in seeds:
        write_picture(folder / f"{seed:02d}-部品.png", seed)
    return folder


# -- the journeys ----------------------------------------------------------------------------------------------

SPEAK = """
import contextlib, functools, io, json, sys
import typer.main
from crane_desktop.__main__ import main
typer.main.get_command = functools.cache(typer.main.get_command)
answers = []
for words in json.load(sys.stdin):
    sys.argv, out, err, code = ["crane-inspector", *words], io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code
    answers.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(answers))
"""
"""The program settles on the language of its help pages when it starts: they need a process a language."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.usefixtures("crane")
def test_help_pages(language: str, tmp_path: Path) -> None:
    pages = [(), *((group,) for group in GROUPS), *(tuple(command.split()) for command in COMMANDS)]
    asked = [[*words, "--help"] for words in pages]
    asked += [[group] for group in GROUPS]  # without its command: its help page, and exit code 2
    asked += [[group, "none"] for group in GROUPS]
    package = sys.modules["crane_desktop"].__file__
    assert package is not None
    environment = {
        **os.environ,
        "CRANE_LANGUAGE": language,
        "CRANE_DATA_DIR": str(tmp_path / "station"),
        "COLUMNS": "100",
        "PYTHONUTF8": "1",
        "PYTHONPATH": os.pathsep.join([str(Path(package).parents[1]), os.environ.get("PYTHONPATH", "")]),
    }
    done = subprocess.run(
        [sys.executable, "-c", SPEAK],
        input=json.dumps(asked),
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = []
    for words, (code, out, err) in zip(asked, json.loads(done.stdout), strict=True):
        told = {"asked": " ".join(words), "code": code}
        told |= {name: [line.rstrip() for line in page.splitlines()] for name, page in (("out", out), ("err", err))}
        answers.append({name: value for name, value in told.items() if value != []})
    hold(f"help_{language}", answers)
    assert not (tmp_path / "station").exists()


def test_version(crane: Callable[..., Any]) -> None:
    done = crane("--version")
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(r"\d+(\.\d+)+\S*\n", done.out)


def test_wrong_words(journey: Callable[[str], Any]) -> None:
    """What was typed is no command of this program: told from the words alone."""
    with journey("wrong_words") as desk:
        for command in COMMANDS:
            desk.ask(*command.split(), "--colour", "red")
        for words in (
            *("score", "evaluate", "train", "train {here}", "calibrate", "calibrate --recipe r", "learn-good", "open"),
            *("pack fetch", "pack build", "pack build --clip a.pt", "pack verify", "pack info", "pack install"),
            *("pack use", "pack compare", "pack compare a", "pack compare a b", "pack keygen", "pack sign"),
            *("pack sign a", "recipe export", "recipe import", "cameras reference", "cameras reference --kind dark"),
            *("records export", "update check", "inspect --frames", "selftest --pack", "pack back extra"),
            *("inspect extra", "bench extra", "licences a b", "records stats extra", "cameras list extra"),
            *("inspect --frames 0", "inspect --frames many", "inspect --seed -1", "inspect --source webcam"),
            *("inspect --rate fast", "inspect --trigger foot", "bench --repeats 2", "train a -o b --epochs 0"),
            *("train a -o b --context none", "train a -o b --most-pictures 5", "learn-good --recipe r --parts 65"),
            *("pack build --variant other", "cameras reference --kind red --recipe r", "--frames 0"),
            *("cameras reference --kind dark --recipe r --frames 0", "records export -o a --format xls"),
            *("records export -o a --verdict BAD", "records export -o a --since yesterday", "inspekt", "--colour"),
        ):
            desk.ask_twice(*words.split())


def test_inspecting_and_its_records(journey: Callable[[str], Any], station: Path, tmp_path: Path) -> None:
    pictures = write_parts(tmp_path / "画像", range(3))
    write_picture(pictures / "set" / "test" / "spot" / "9.png", 9, spot=True)
    (pictures / "set" / "test" / "spot" / "9.png").rename(pictures / "09-傷.png")
    (pictures / "10-途中.png").write_bytes((pictures / "09-傷.png").read_bytes()[:99])
    folder = ("--source", "folder", "--path", pictures)
    empty = tmp_path / "空"
    empty.mkdir()
    text = tmp_path / "メモ.txt"
    text.write_text("no picture", encoding="utf-8")
    with journey("inspecting") as desk:
        desk.ask("records", "stats", "--json")
        desk.ask("records", "verify", "--json")
        desk.ask("inspect", "--json", *PACK, "--frames", "8", "--seed", "4")
        desk.ask("--data-dir", station, "--frames", "1", "inspect", "--json", *PACK, "--device", "woven")
        desk.ask("inspect", "--json", *PACK, "--data-dir", station, *folder)
        # Less than float32 is rounded otherwise on other processors: only the shape is noted.
        fast = ("--profile", "fast", "--frames", "1", "--rate", "50")
        desk.ask("inspect", "--json", *PACK, *folder, *fast, depth=2)
        desk.ask("records", "stats", "--json")
        desk.ask_twice("records", "verify")
        desk.ask("records", "verify", "--json")
        for form in ("csv", "jsonl"):
            out = tmp_path / f"記録.{form}"
            desk.ask("records", "export", "--json", "--format", form, "-o", out, "--verdict", "NG")
            desk.note_file(out)
            desk.ask_twice("records", "export", "--format", form, "-o", out)
        desk.ask_twice("records", "export", "-o", tmp_path / "all.csv", "--since", "2000-01-01", "--overwrite")
        desk.ask("records", "export", "--json", "-o", tmp_path / "all.csv", "--until", "2000-01-01", "--overwrite")
        desk.ask_twice("records", "export", "-o", tmp_path / "none" / "all.csv")
        for words in (
            ("--source", "folder"),
            ("--source", "folder", "--path", tmp_path / "none"),
            ("--source", "folder", "--path", empty),
            ("--source", "folder", "--path", text),
            ("--rate", "0"),
            ("--rate", "nan"),
            ("--device", "unicorn"),
            ("--path", empty),
            ("--cti", text),
            ("--trigger", "software"),
            (*folder, "--device", "red"),
            ("--source", "genicam"),
            ("--source", "genicam", "--rate", "5"),
            ("--source", "genicam", "--cti", tmp_path / "none.cti"),
            ("--source", "genicam", "--cti", text),
            ("--source", "genicam", "--cti", text, "--device", "one", "--device", "two"),
            ("--device", "woven", "--device", "unicorn"),
            ("--recipe", "ない"),
            ("--recipe", "../etc"),
            ("--pack", "ない"),
            ("--pack", text),
            ("--profile", "huge"),
        ):
            own = () if "--pack" in words else PACK
            desk.ask_twice("inspect", "--json", *own, *words)
        for words in (("inspect", *PACK), ("records", "stats"), ("pack", "list"), ("selftest",), ()):
            desk.ask_twice(*words, "--data-dir", "/dev/null/station")
        kept = min((station / "records" / "images").rglob("*-map.png"))
        kept.unlink()
        desk.placeholders.places |= {str(kept): "{map}"}
        desk.ask_twice("records", "verify", "--json")
        (station / "records" / "log.sqlite3").write_bytes(b"no log" * 1000)
        desk.ask_twice("records", "stats", "--json")
        desk.ask_twice("records", "verify", "--json")


def test_without_a_display(journey: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    pictures = write_parts(tmp_path / "画像", range(2))
    with journey("without_a_display") as desk:
        desk.ask("pack", "use", "試験用", "--json")
        desk.ask_twice("--frames", "1")
        desk.ask_twice("inspect", "--source", "folder", "--path", pictures)
        desk.ask_twice("open", tmp_path / "部品.cranerecipe")
        desk.ask_twice(tmp_path / "部品.cranepack")


def test_scoring_and_recipes(journey: Callable[[str], Any], station: Path, tmp_path: Path) -> None:
    good = write_parts(tmp_path / "良品", range(6))
    others = write_parts(tmp_path / "別", range(20, 23))
    file, text, broken = good / "00-部品.png", tmp_path / "メモ.txt", tmp_path / "途中.png"
    text.write_text("no recipe", encoding="utf-8")
    broken.write_bytes(file.read_bytes()[:99])
    stick, other = tmp_path / "部品A.cranerecipe", ("--data-dir", tmp_path / "other")
    with journey("scoring_and_recipes") as desk:
        desk.ask("score", "--json", *PACK, file, others / "20-部品.png", "--out", tmp_path / "maps")
        desk.ask_twice("score", *PACK, file)
        desk.ask_twice("score", "--json", *PACK, tmp_path / "none.png")
        desk.ask_twice("score", "--json", *PACK, broken)
        desk.ask_twice("score", "--json", *PACK, file, "--out", "/dev/null/maps")
        desk.ask_twice("score", "--json", "--pack", "ない", file)

        own = ("--recipe", "部品A")
        desk.ask("recipe", "list", "--json")
        for words in (
            ("--images", tmp_path / "none"),
            ("--images", good, "--false-reject", "0"),
            ("--images", good, "--false-reject", "nan"),
        ):
            desk.ask_twice("calibrate", "--json", *PACK, *own, *words)
        desk.ask_twice("calibrate", "--json", *PACK, "--recipe", "a/b", "--images", good)
        desk.ask("calibrate", "--json", *PACK, *own, "--images", good)
        for language in LANGUAGES:
            desk.ask("calibrate", *own, "--images", good, "--false-reject", "0.3", language=language)
        desk.ask("inspect", "--json", *own, "--source", "folder", "--path", others)
        desk.ask("recipe", "list", "--json")

        desk.ask_twice("learn-good", *own)
        desk.ask_twice("learn-good", *own, "--forget", "--images", good)
        desk.ask_twice("learn-good", *own, "--images", good, "--parts", "9")
        desk.ask_twice("learn-good", "--recipe", "ない", "--forget")
        learn = ("learn-good", *PACK, *own, "--images", good, "--parts", "1")
        desk.ask(*learn, "--seed", "2", language="ja")  # this one does not help
        desk.ask(*learn, "--json")
        desk.ask("recipe", "export", "部品A", "-o", tmp_path / "memory" / "a.cranerecipe", "--json")
        desk.ask("calibrate", "--json", *own, "--images", good)
        desk.ask("inspect", "--json", *own, "--source", "folder", "--path", others)
        desk.ask("learn-good", "--json", *own, "--forget")
        desk.ask_twice("learn-good", *own, "--forget")

        draw, batch = np.random.default_rng(0), tmp_path / "batch"
        batch.mkdir()
        for number in range(20):
            Image.fromarray(draw.integers(40, 80, (64, 64), dtype=np.uint8)).save(batch / f"{number:02d}.png")
        desk.ask_twice("first-batch", good)
        desk.ask_twice("first-batch", batch, "--maps", tmp_path)
        desk.ask("first-batch", "--json", batch, depth=1)

        desk.ask_twice("recipe", "list")
        desk.ask("recipe", "export", "部品A", "-o", stick, "--json")
        desk.ask_twice("recipe", "export", "ない", "-o", stick, "--overwrite")
        desk.ask_twice("recipe", "export", "部品A", "-o", tmp_path / "none" / "a.cranerecipe", "--overwrite")
        desk.note_file(stick)
        desk.ask("recipe", "import", stick, "--json", *other)
        desk.ask_twice("recipe", "import", stick, "--json", *other)
        desk.ask_twice("recipe", "import", tmp_path / "none.cranerecipe", "--json")
        desk.ask_twice("recipe", "import", text, "--json")
        (station / "recipes" / "壊れ.json").write_text("{", encoding="utf-8")
        desk.ask_twice("recipe", "list")
        desk.ask_twice("inspect", "--json", *PACK, "--recipe", "壊れ")
        desk.ask_twice("cameras", "reference", "--kind", "dark", *own)
        desk.ask_twice("cameras", "reference", "--kind", "bright", "--recipe", "ない")


def test_measuring_and_learning(journey: Callable[[str], Any], station: Path, tmp_path: Path) -> None:
    data = write_set(tmp_path / "set", 6, train=3)
    report, learned = tmp_path / "報告.html", tmp_path / "learned.cranepack"
    with journey("measuring_and_learning") as desk:
        desk.ask("evaluate", data, *PACK, "--json")
        desk.ask("evaluate", data, *PACK, "--method", "clip", "--json")
        desk.ask("evaluate", data, *PACK, "--method", "anomalyclip", "--json")
        desk.ask("evaluate", data, *PACK, "--good-parts", "1", "--json")
        desk.ask_twice("evaluate", data, *PACK, "--report", report, "--overwrite")
        assert report.read_bytes().startswith(b"<!DOCTYPE html>")
        desk.ask_twice("evaluate", tmp_path / "none", *PACK, "--json")
        desk.ask_twice("evaluate", data, *PACK, "--method", "winclip", "--json")
        desk.ask_twice("evaluate", data, *PACK, "--report", tmp_path / "none" / "a.html", "--json")
        for number in ("9", "0", "many"):
            desk.ask_twice("evaluate", data, *PACK, "--good-parts", number, "--json")

        desk.ask("evaluate-verdicts", data, *PACK, "--trials", "2", "--json")
        desk.ask_twice("evaluate-verdicts", data, *PACK, "--trials", "1")
        desk.ask_twice("evaluate-verdicts", data, *PACK, "--false-reject", "0.7")
        desk.ask_twice("evaluate-verdicts", write_set(tmp_path / "few", 6, train=2), *PACK)

        desk.ask_twice("train", tmp_path / "none", "-o", learned, *PACK, "--json")
        desk.ask_twice("train", data, "-o", station / "packs" / "試験用.cranepack", *PACK, "--json")
        desk.ask_twice("train", data, "-o", learned, "--pack", "ない", "--json")
        # What is learned differs between machines by more than the last bits: only the shape is noted.
        desk.ask("train", data, "-o", learned, *PACK, "--epochs", "1", "--json", depth=3)

        desk.ask("pack", "compare", "試験用", "試験用", data, "--json", "--report", tmp_path / "ab.html")
        desk.ask("pack", "compare", "試験用", "試験用", data, language="ja")
        desk.ask_twice("pack", "compare", "試験用", "ない", data, "--json")
        desk.ask_twice("pack", "compare", "試験用", learned, tmp_path / "none", "--json")
        desk.ask_twice("pack", "compare", "試験用", learned, data, "--recipe", "ない", "--json")

        desk.ask("pack", "install", learned, "--json", depth=1)
        desk.ask("pack", "use", "learned", "--json")


def test_packs(journey: Callable[[str], Any], station: Path, tmp_path: Path, tiny_pack: Path) -> None:
    key, signed, text = tmp_path / "key.pem", tmp_path / "署名.cranepack", tmp_path / "メモ.txt"
    text.write_text("no pack", encoding="utf-8")
    damaged = tmp_path / "damaged.cranepack"
    content = bytearray(tiny_pack.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    with journey("packs") as desk:
        desk.ask("pack", "info", "試験用", "--json")
        desk.ask_twice("pack", "info", tiny_pack)
        desk.ask("pack", "verify", "試験用", "--json")
        desk.ask_twice("pack", "verify", "試験用")
        desk.ask("pack", "list", "--json", depth=1)
        desk.ask("pack", "install", tiny_pack, "--json")
        desk.ask_twice("pack", "install", tiny_pack)
        for command in ("info", "verify", "install", "use"):
            for file in (text, tmp_path / "none.cranepack", *(() if command == "info" else (damaged,))):
                desk.ask_twice("pack", command, file, "--json")
        desk.ask_twice("pack", "use", "ない")

        desk.ask_twice("pack", "back", "--json")
        desk.ask("pack", "use", "試験用", "--json")
        desk.ask("pack", "use", "試験用", "--profile", "fast", "--json")
        desk.ask("pack", "back", "--json")
        desk.ask("pack", "back", language="ja")
        desk.ask_twice("pack", "use", "試験用")
        desk.ask_twice("pack", "use", "試験用", "--profile", "huge", "--json")

        (made,) = desk.ask("pack", "keygen", "-o", key, "--json").objects
        desk.ask_twice("pack", "keygen", "-o", key)
        desk.ask_twice("pack", "sign", tiny_pack, "--key", text, "-o", signed)
        desk.ask_twice("pack", "sign", text, "--key", key, "-o", signed)
        desk.ask("pack", "sign", tiny_pack, "--key", key, "-o", signed, "--json")
        desk.ask_twice("pack", "trust", "no key", "--json")
        desk.ask_twice("pack", "trust")
        desk.ask("pack", "trust", "--require", made["public_key"], "--json")
        desk.ask_twice("pack", "trust")
        desk.ask_twice("inspect", "--frames", "1", *PACK, "--json")
        desk.ask("pack", "install", signed, "--json", depth=1)
        desk.ask("pack", "trust", "--no-require", "--json")
        (station / "packs" / "0.cranepack").write_bytes(b"no pack")
        desk.ask("pack", "list", "--json", depth=1)


def test_packs_from_published_weights(
    journey: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, prompts, out = tmp_path / "clip.safetensors", tmp_path / "prompts.safetensors", tmp_path / "工場A.cranepack"
    write_published(clip, prompts)
    files = ("--clip", clip, "--prompts", prompts)
    with journey("packs_from_published_weights") as desk:
        desk.ask("pack", "build", *files, "-o", out, "--profile", "small:70", "--json")
        desk.ask_twice("pack", "build", "--clip", tmp_path / "none.pt", "--prompts", prompts, "-o", out, "--overwrite")
        desk.ask_twice("pack", "build", "--clip", prompts, "--prompts", prompts, "-o", out, "--overwrite")
        desk.ask_twice("pack", "build", *files, "--variant", "crane-plus", "-o", out, "--overwrite")
        desk.ask_twice("pack", "build", *files, "-o", tmp_path / "a:b.cranepack")
        desk.ask_twice("pack", "build", *files, "-o", out, "--profile", "small", "--overwrite")

        import huggingface_hub

        monkeypatch.setattr(huggingface_hub.HfApi, "model_info", _on_the_hub)
        monkeypatch.setattr(huggingface_hub, "hf_hub_download", _download)
        desk.ask("pack", "fetch", "-o", tmp_path / "weights", "--variant", "crane-plus", "--json")
        desk.ask_twice("pack", "fetch", "-o", tmp_path / "weights")
        desk.ask_twice("pack", "fetch", "-o", "/dev/null/weights", "--json")
        monkeypatch.setattr(huggingface_hub.HfApi, "model_info", _no_network)
        desk.ask_twice("pack", "fetch", "-o", tmp_path / "weights", "--json")


def _on_the_hub(_api: Any, repo: str, **_: Any) -> Any:
    declared = SimpleNamespace(size=7, sha256=hashlib.sha256(b"weights").hexdigest())
    names = ("open_clip_model.safetensors", "model.safetensors")
    return SimpleNamespace(sha="c" * 40, siblings=[SimpleNamespace(rfilename=name, lfs=declared) for name in names])


def _download(_repo: str, name: str, *, local_dir: Path, **_: Any) -> str:
    local_dir.mkdir(parents=True, exist_ok=True)
    (local_dir / name).write_bytes(b"weights")
    return str(local_dir / name)


def _no_network(*_: Any, **__: Any) -> Any:
    raise OSError("there is no network here")


def write_published(clip: Path, prompts: Path) -> None:
    """Write weights as they are published, but small ones."""
    from safetensors.numpy import save_file

    width, patch_px, random = 64, 14, np.random.default_rng(5)

    def drawn(*sizes: int) -> Any:
        return (0.1 * random.standard_normal(sizes)).astype(np.float32)

    def norm(name: str) -> dict[str, Any]:
        return {f"{name}.weight": np.ones(width, np.float32), f"{name}.bias": np.zeros(width, np.float32)}

    def linear(name: str, outputs: int, inputs: int) -> dict[str, Any]:
        return {f"{name}.weight": drawn(outputs, inputs), f"{name}.bias": drawn(outputs)}

    def block(name: str) -> dict[str, Any]:
        return {
            **norm(f"{name}.ln_1"),
            **norm(f"{name}.ln_2"),
            f"{name}.attn.in_proj_weight": drawn(3 * width, width),
            f"{name}.attn.in_proj_bias": drawn(3 * width),
            **linear(f"{name}.attn.out_proj", width, width),
            **linear(f"{name}.mlp.c_fc", 4 * width, width),
            **linear(f"{name}.mlp.c_proj", width, 4 * width),
        }

    tower = {
        "visual.class_embedding": drawn(width),
        "visual.positional_embedding": drawn(10, width),
        "visual.proj": drawn(width, width),
        "visual.conv1.weight": drawn(width, 3, patch_px, patch_px),
        **norm("visual.ln_pre"),
        **norm("visual.ln_post"),
        "positional_embedding": drawn(77, width),
        "text_projection": drawn(width, width),
        **norm("ln_final"),
        "logit_scale": np.float32([4.6]),
    }
    for number in range(2):
        tower |= block(f"visual.transformer.resblocks.{number}")
    for number in range(3):
        tower |= block(f"transformer.resblocks.{number}")
    save_file(tower, clip)
    learned = {f"compound_prompts_text.{number}": drawn(4, width) for number in range(2)}
    for name in ("pos", "neg"):
        learned |= {
            f"ctx_{name}": drawn(1, 1, 12, width),
            f"token_prefix_{name}": drawn(1, 1, 1, width),
            f"token_suffix_{name}": drawn(1, 1, 64, width),
            f"tokenized_prompts_{name}": np.arange(77, dtype=np.int32).reshape(1, 1, 77),
        }
    save_file(learned, prompts)


def test_the_station_and_its_cameras(journey: Callable[[str], Any], station: Path, tmp_path: Path) -> None:
    spec = importlib.util.find_spec("genicam")
    assert spec is not None
    assert spec.origin is not None
    viky = Path(spec.origin).with_name("viky.cti")  # the test producer that the genicam wheel brings
    text = tmp_path / "メモ.txt"
    text.write_text("no driver", encoding="utf-8")
    with journey("station_and_cameras") as desk:
        desk.ask("selftest", *PACK, "--json")
        desk.ask("selftest", "--pack", "ない", language="ja")
        desk.ask("bench", *PACK, "--repeats", "3", "--json")
        desk.ask("bench", *PACK, "--repeats", "3", "--profile", "full", "--profile", "full", "--json", depth=1)
        desk.ask_twice("bench", *PACK, "--against", tmp_path / "none.py")
        desk.ask_twice("bench", "--pack", "ない", "--json")
        desk.ask("licences", "--json", depth=1)
        desk.placeholders.places |= {importlib.metadata.version("PySide6-Essentials"): "{version of Qt}"}
        desk.ask("licences", "qt", "--json")
        desk.ask_twice("licences", "ない", "--json")

        desk.ask("cameras", "list", "--cti", viky, "--json")
        desk.ask_twice("cameras", "list", "--json")
        desk.ask_twice("cameras", "list", "--cti", text)
        desk.ask("cameras", "doctor", "--cti", viky, "--json")
        desk.ask_twice("cameras", "doctor", "--cti", text, "--json")
        desk.ask_twice("cameras", "doctor", "--cti", tmp_path / "none.cti")
        camera = {"kind": "genicam", "cti": str(viky), "device": "VikyTL_DEV_red"}
        (station / "recipes").mkdir(exist_ok=True)
        recipe = {"name": "カメラ", "version": 1, "pack": "試験用", "source": camera}
        (station / "recipes" / "カメラ.json").write_text(json.dumps(recipe), encoding="utf-8")
        desk.ask("cameras", "reference", "--kind", "dark", "--recipe", "カメラ", "--frames", "2", "--json")
        # What this camera shows moves: only the shape is noted.
        genicam = ("--source", "genicam", "--cti", viky, "--device", "VikyTL_DEV_green", "--frames", "1")
        desk.ask("inspect", "--json", *PACK, *genicam, depth=2)

        (station / "settings.json").write_text("{", encoding="utf-8")
        desk.ask("records", "stats", "--json")


def test_releases(journey: Callable[[str], Any], tmp_path: Path) -> None:
    with journey("releases") as desk:
        (made,) = desk.ask("pack", "keygen", "-o", tmp_path / "key.pem", "--json").objects
        for name, version in (("newer", "99.0"), ("older", "0.0.1"), ("same", desk.placeholders.version)):
            write_release(tmp_path / name, version, tmp_path / "key.pem", made["public_key"])
        desk.ask_twice("update", "check", tmp_path / "newer", "--json")
        desk.ask("pack", "trust", made["public_key"], "--json")
        for name in ("newer", "older", "same"):
            desk.ask("update", "check", tmp_path / name, "--json")
            desk.ask_twice("update", "check", tmp_path / name)
        (tmp_path / "newer" / "CraneInspector-Setup.exe").write_bytes(b"other")
        desk.ask_twice("update", "check", tmp_path / "newer", "--json")
        desk.ask_twice("update", "check", tmp_path / "none", "--json")


def write_release(folder: Path, version: str, key: Path, public_key: str) -> None:
    """Write a signed release, as it travels on a stick."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    folder.mkdir()
    files = []
    for name in ("CraneInspector-Setup.exe", "craneinspector.deb", "CraneInspector.run"):
        (folder / name).write_bytes(b"#!/bin/sh\nexit 1\n")
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        files.append({"name": name, "size_bytes": 17, "sha256": digest})
    blank = "0" * 128
    manifest = {"format_version": 1, "product": "CraneInspector", "version": version, "date": "2001-02-03"}
    manifest |= {"files": files, "signature": {"key": public_key, "value": blank}}
    page = json.dumps(manifest, indent=1)
    private: Any = load_pem_private_key(key.read_bytes(), None)
    (folder / "release-manifest.json").write_text(page.replace(blank, private.sign(page.encode()).hex()))


# -- nothing is forgotten --------------------------------------------------------------------------------------


@functools.cache
def _recorded() -> list[dict[str, Any]]:
    return [answer for file in sorted(RECORDED.glob("*.json")) for answer in json.loads(file.read_text("utf-8"))]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_answers_and_refuses(command: str) -> None:
    words = command.split()
    codes = {
        answer["code"]
        for answer in _recorded()
        if "code" in answer and "--help" not in answer["asked"] and set(words) <= set(answer["asked"].split())
    }
    assert 2 in codes
    # A window opens on a display only, and the camera that is everywhere is too bright for a reference picture.
    assert 0 in codes or command in {"open", "cameras reference"}


def test_every_command_of_the_help_page_is_known_here() -> None:
    (page, *_), told = [answer["out"] for answer in _recorded() if answer["asked"] == "--help"], set()
    told |= {
        line.split()[0] for line in page[page.index("Commands:") + 1 :] if line.startswith("  ") and line[2] != " "
    }
    assert told == {command.split()[0] for command in COMMANDS}
