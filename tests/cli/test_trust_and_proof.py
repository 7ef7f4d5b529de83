"""Which packs a station loads, and that it judges only while it gives their golden scores, now and not once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from builders import crane_model, model_pack, thresholds
from eventually import eventually
from station_fixtures import alarm_of

from crane_desktop.app.open_station import open_workbench
from crane_desktop.app.station.live_station import LiveStation
from crane_desktop.domain.alarms import AlarmState
from crane_desktop.domain.history import HistoryRow
from crane_desktop.domain.maps import Scored
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState
from crane_desktop.model.crane import Crane
from crane_desktop.model.runner import Runner
from crane_desktop.model.scorer import CraneScorer
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import Settings, load_settings, save_settings

Program = Callable[..., Any]
LogOf = Callable[[Path], list[HistoryRow]]
PACK = ("--pack", "試験用")
PART_PX = 512
"""Side of the simulated line's pictures; a pack's golden pictures are smaller."""


def demo(station_dir: Path, frames: int = 3) -> tuple[str | Path, ...]:
    return ("inspect", "--json", *PACK, "--data-dir", station_dir, "--frames", str(frames))


def off_by(monkeypatch: pytest.MonkeyPatch, error: float) -> None:
    """Let this station compute a little wrong."""
    real = CraneScorer.score

    def score(self: CraneScorer, pixels: Any) -> Scored:
        found = real(self, pixels)
        return Scored(found.score + error, found.anomaly_map)

    monkeypatch.setattr(CraneScorer, "score", score)


class GoldenRuns:
    """Counts the golden pictures that are scored."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real = Runner.__call__

        def call(runner: Runner, pixels: Any) -> Any:
            self.count += pixels.shape[0] != PART_PX
            return real(runner, pixels)

        monkeypatch.setattr(Runner, "__call__", call)

    def since(self) -> int:
        count, self.count = self.count, 0
        return count


class TestProof:
    def test_every_start_proves_the_model_and_a_change_proves_it_whole(
        self, crane: Program, station_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("crane_desktop.services.model_check._ENOUGH_S", 0.0)  # as if each golden picture took long
        runs = GoldenRuns(monkeypatch)
        assert crane(*demo(station_dir)).code == 0
        assert runs.since() == 2
        assert crane(*demo(station_dir)).code == 0
        assert runs.since() == 1
        monkeypatch.setattr(torch, "__version__", "9.9.9")
        assert crane(*demo(station_dir)).code == 0
        assert runs.since() == 2
        assert crane(*demo(station_dir)).code == 0
        assert runs.since() == 1
        assert crane("selftest", "--json", *PACK, "--data-dir", station_dir).code == 0
        assert runs.since() >= 2

    def test_what_is_cheap_is_proven_whole_every_time(
        self, crane: Program, station_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        runs = GoldenRuns(monkeypatch)
        for _ in range(2):
            crane(*demo(station_dir))
            assert runs.since() == 2

    def test_a_station_that_was_fit_once_is_not_believed(
        self, crane: Program, station_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert crane(*demo(station_dir)).code == 0
        off_by(monkeypatch, 1e-3)
        done = crane(*demo(station_dir))
        assert {(line["verdict"], line["reason"]) for line in done.verdicts} == {("NONE", "self_test_failed")}
        assert done.code == 1
        told, details = done.sentences
        assert "install the pack again" in told
        assert "golden/0.png" in details
        assert json.loads(DataDir(station_dir).proofs_file.read_text()) == {}

    def test_the_remedy_is_told_in_japanese_too(
        self, crane: Program, station_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CRANE_LANGUAGE", "ja")
        off_by(monkeypatch, 1e-3)
        done = crane(*demo(station_dir))
        assert "判定なし" in done.sentences[0]
        assert "ドライバー" in done.sentences[0]

    def test_a_pack_that_this_station_does_not_reproduce_is_not_installed(
        self, crane: Program, tmp_path: Path, tiny_pack: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        station = ("--data-dir", tmp_path / "s", "--json")
        with monkeypatch.context() as here:
            off_by(here, 1e-3)
            done = crane("pack", "install", tiny_pack, *station)
            assert (done.code, done.out) == (1, "")
            assert "golden scores" in done.err
        assert list((tmp_path / "s" / "packs").iterdir()) == []
        assert crane("pack", "install", tiny_pack, *station).code == 0

    def test_a_wrong_pack_replaces_no_good_one(
        self, crane: Program, station_dir: Path, tiny_pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        damaged = tmp_path / "d.cranepack"
        damaged.write_bytes(tiny_pack.read_bytes()[:-1] + b"x")
        assert crane("pack", "install", damaged, "--data-dir", station_dir).code == 2
        assert (station_dir / "packs" / tiny_pack.name).read_bytes() == tiny_pack.read_bytes()


@pytest.fixture
def key(crane: Program, tmp_path: Path) -> tuple[Path, str]:
    file = tmp_path / "鍵.pem"
    (told,) = crane("pack", "keygen", "-o", file, "--json", "--data-dir", tmp_path / "maker").objects
    return file, told["public_key"]


class TestTrust:
    def test_the_way_of_a_signed_pack(
        self, crane: Program, station_dir: Path, tiny_pack: Path, tmp_path: Path, key: tuple[Path, str]
    ) -> None:
        station = ("--data-dir", station_dir, "--json")
        signed = tmp_path / "signed.cranepack"
        (told,) = crane("pack", "sign", tiny_pack, "--key", key[0], "-o", signed, *station).objects
        assert told == {"file": str(signed), "public_key": key[1]}
        (told,) = crane("pack", "trust", key[1], "--require", *station).objects
        assert told == {"trusted_keys": [key[1]], "require_signed": True}
        done = crane(*demo(station_dir))
        assert (done.code, done.out) == (2, "")
        assert "signed packs only" in done.err
        assert crane("pack", "install", tiny_pack, *station).code == 2
        assert crane("pack", "install", signed, *station).code == 0
        assert crane(*demo(station_dir)).code == 0
        assert [line["verdict"] for line in crane(*demo(station_dir)).verdicts] != ["NONE"] * 3

    @pytest.mark.parametrize("command", ["score", "bench", "evaluate", "verify", "selftest", "calibrate", "train"])
    def test_no_command_loads_what_the_station_does_not_trust(
        self, crane: Program, station_dir: Path, pictures: Path, tmp_path: Path, key: tuple[Path, str], command: str
    ) -> None:
        crane("pack", "trust", key[1], "--require", "--data-dir", station_dir)
        picture = pictures / "01-部品.png"
        labelled = tmp_path / "set" / "test"
        for kind in ("good", "bad"):
            (labelled / kind).mkdir(parents=True)
            shutil.copy(picture, labelled / kind)
        words: dict[str, tuple[str | Path, ...]] = {
            "score": ("score", picture, *PACK),
            "bench": ("bench", *PACK),
            "evaluate": ("evaluate", labelled.parent, "--method", "clip", *PACK),
            "verify": ("pack", "verify", "試験用"),
            "selftest": ("selftest", *PACK),
            "calibrate": ("calibrate", "--recipe", "r", "--images", pictures, *PACK),
            "train": ("train", labelled.parent, "-o", tmp_path / "x.cranepack", *PACK),
        }
        done = crane(*words[command], "--data-dir", station_dir)
        told = done.out if command == "selftest" else done.err
        assert done.code in {1, 2}
        assert "signed packs only" in told

    def test_without_being_asked_the_station_takes_any_pack(self, crane: Program, tmp_path: Path) -> None:
        assert crane("pack", "trust", "--json", "--data-dir", tmp_path).objects == [
            {"trusted_keys": [], "require_signed": False}
        ]
        assert not (tmp_path / "settings.json").exists()

    def test_trust_is_added_to_and_taken_back(self, crane: Program, tmp_path: Path) -> None:
        file = tmp_path / "settings.json"
        save_settings(file, Settings(pack="demo", recipe="基板"))
        for key in ("1" * 64, "2" * 64, "1" * 64):
            crane("pack", "trust", key, "--data-dir", tmp_path)
        assert load_settings(file)[0] == Settings(pack="demo", recipe="基板", trusted_keys=("1" * 64, "2" * 64))
        assert "2 keys" in crane("pack", "trust", "--no-require", "--data-dir", tmp_path).out
        assert "one of 2 trusted keys" in crane("pack", "trust", "--require", "--data-dir", tmp_path).out

    @pytest.mark.parametrize("wrong", ["", "abc", "G" * 64, "A" * 64, "1" * 63, "1" * 65])
    def test_what_is_no_key_is_not_trusted(self, crane: Program, tmp_path: Path, wrong: str) -> None:
        done = crane("pack", "trust", wrong, "--require", "--data-dir", tmp_path)
        assert done.code == 2
        assert len(done.sentences) == 1
        assert not (tmp_path / "settings.json").exists()

    def test_a_key_is_never_written_over(self, crane: Program, key: tuple[Path, str], tmp_path: Path) -> None:
        before = key[0].read_bytes()
        done = crane("pack", "keygen", "-o", key[0], "--data-dir", tmp_path)
        assert done.code == 2
        assert key[0].read_bytes() == before


def full_gpu(monkeypatch: pytest.MonkeyPatch, *, from_part: int) -> None:
    """The first runner that is made runs out of memory at that part, as PyTorch says it."""
    runners: list[int] = []
    parts = iter(range(1, 1_000_000))
    real_init, real_call = Runner.__init__, Runner.__call__

    def init(runner: Runner, *words: Any) -> None:
        runners.append(id(runner))
        real_init(runner, *words)

    def call(runner: Runner, pixels: Any) -> Any:
        if id(runner) == runners[0] and pixels.shape[0] == PART_PX and next(parts) >= from_part:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return real_call(runner, pixels)

    monkeypatch.setattr(Runner, "__init__", init)
    monkeypatch.setattr(Runner, "__call__", call)
    real_label = iter(["cuda: NVIDIA T4", "cpu", "cpu"])
    monkeypatch.setattr("crane_desktop.model.device.device_label", lambda _device: next(real_label))
    monkeypatch.setattr("crane_desktop.model.proof._of_the_gpu", dict)


class TestFullGpu:
    def test_the_run_goes_on_on_the_cpu_and_says_so(
        self, crane: Program, station_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wanted = crane(*demo(station_dir, 6)).verdicts
        full_gpu(monkeypatch, from_part=3)
        done = crane(*demo(station_dir, 6))
        assert [(v["verdict"], v["score"]) for v in done.verdicts] == [(v["verdict"], v["score"]) for v in wanted]
        assert done.code == 1
        assert len(done.sentences) == 1
        assert "now runs on the CPU" in done.sentences[0]
        assert "NVIDIA T4" in done.sentences[0]
        assert "out of memory" in (station_dir / "logs" / "crane-inspector.log").read_text(encoding="utf-8")

    def test_every_record_says_where_its_verdict_was_computed(
        self, crane: Program, station_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from crane_desktop.records.queries import RecordReader

        full_gpu(monkeypatch, from_part=3)
        crane(*demo(station_dir, 4))
        with RecordReader(DataDir(station_dir)) as reader:
            rows = reader.page(limit=10)[::-1]
            devices = [reader.record(row.record_id).fields["device"] for row in rows]
        assert devices == ["cuda: NVIDIA T4 (full: float32, 56 px)"] * 2 + ["cpu (full: float32, 56 px)"] * 2

    def test_a_cpu_that_computes_wrong_judges_nothing(
        self, crane: Program, station_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        full_gpu(monkeypatch, from_part=2)
        real = CraneScorer.score

        def score(self: CraneScorer, pixels: Any) -> Scored:
            found = real(self, pixels)
            return found if self.info.device != "cpu" else Scored(found.score + 1e-3, found.anomaly_map)

        monkeypatch.setattr(CraneScorer, "score", score)
        done = crane(*demo(station_dir, 4))
        assert [line["verdict"] == "NONE" for line in done.verdicts] == [False, True, True, True]
        assert [line["reason"] for line in done.verdicts[1:]] == ["model_fault", "self_test_failed", "self_test_failed"]
        assert done.code == 1
        assert any("golden scores" in sentence for sentence in done.sentences)

    def test_the_window_shows_an_alarm_that_can_be_acknowledged(
        self, station_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from crane_desktop.app.process.logs import stop_logs

        full_gpu(monkeypatch, from_part=2)
        station = LiveStation(open_workbench(station_dir))
        try:
            station.line.load("試験用")
            station.line.start(SourceChoice(kind="demo", frames=4, seed=4))
            eventually(
                lambda: station.line.view().run_id == 1 and station.line.view().state is StationState.READY,
                what=station.line.view,
            )
            view = station.line.view()
            assert alarm_of(view) is not None
            assert alarm_of(view).key == "model.gpu_out_of_memory"
            assert view.scorer is not None
            assert view.scorer.device == "cpu"
            assert view.balance.judged == 4
            station.alarms.acknowledge()
            (alarm,) = station.line.view().alarms
            assert alarm.state is AlarmState.ACKNOWLEDGED  # it still runs on the CPU
        finally:
            station.close()
            stop_logs()


def test_a_part_that_dino_sees_nothing_in_is_none_with_its_reason(
    crane: Program, station_dir: Path, monkeypatch: pytest.MonkeyPatch, log_of: LogOf
) -> None:
    """GOLDEN fact 10, the whole way: every patch alike, no similarity reaches 1.2 times the mean, NaN, NONE."""
    plus = small_plus()
    write(station_dir / "packs" / "plus.cranepack", plus)
    real = CraneScorer.score

    def score(self: CraneScorer, pixels: Any) -> Scored:
        if pixels.shape[0] == PART_PX:
            with torch.no_grad():
                self.runner.crane.dino.norm.weight.zero_()  # type: ignore[union-attr, operator]
                self.runner.crane.dino.norm.bias.fill_(1.0)  # type: ignore[union-attr, operator]
        return real(self, pixels)

    monkeypatch.setattr(CraneScorer, "score", score)
    done = crane("inspect", "--json", "--pack", "plus", "--data-dir", station_dir, "--frames", "3")
    assert {(v["verdict"], v["reason"], v["score"]) for v in done.verdicts} == {("NONE", "not_a_number", None)}
    assert [row.verdict for row in log_of(station_dir)] == ["NONE"] * 3
    assert done.summary["none"] == 3


def small_plus() -> Crane:
    crane = crane_model("crane-plus")
    crane.dino.pos_embed.normal_(generator=torch.Generator().manual_seed(3))  # type: ignore[union-attr, operator]
    return crane


def write(path: Path, crane: Crane) -> None:
    model_pack(path, crane, thresholds=thresholds(0.7, 0.9, map_review=0.85, map_ng=0.97))


def test_a_baseline_is_measured_from_the_same_pack(
    crane: Program, station_dir: Path, pictures: Path, tmp_path: Path
) -> None:
    for kind, name in (("good", "01-部品.png"), ("scratch", "03-部品.bmp")):
        folder = tmp_path / "set" / "test" / kind
        folder.mkdir(parents=True)
        shutil.copy(pictures / name, folder)
    words = ("evaluate", tmp_path / "set", "--json", *PACK, "--data-dir", station_dir)
    (own,) = crane(*words).objects
    for method in ("clip", "anomalyclip"):
        (base,) = crane(*words, "--method", method).objects
        assert base["method"] == method
        assert base["mean"].keys() == own["mean"].keys()
    done = crane(*words, "--method", "winclip")
    assert (done.code, done.out) == (2, "")
    assert "crane, clip, anomalyclip" in done.err
