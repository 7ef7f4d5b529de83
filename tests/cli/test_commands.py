"""The other commands: score, calibrate, packs, cameras, records, self-test, bench."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crane_desktop.camera.decode import read_image
from crane_desktop.domain.history import HistoryRow
from crane_desktop.model.scorer import load_scorer
from crane_desktop.records import archive

Crane = Callable[..., Any]
LogOf = Callable[[Path], list[HistoryRow]]
PACK = ("--pack", "試験用")


class TestScore:
    def test_it_gives_the_models_own_numbers(
        self, crane: Crane, station_dir: Path, pictures: Path, tiny_pack: Path, tmp_path: Path
    ) -> None:
        files = sorted(pictures.glob("*部品*"))
        out = tmp_path / "地図" / "ここ"
        done = crane("score", "--json", *PACK, "--data-dir", station_dir, *files, "--out", out)
        assert done.code == 0
        assert [thing["file"] for thing in done.objects] == [str(file) for file in files]
        scorer = load_scorer(tiny_pack)
        for thing, file in zip(done.objects, files, strict=True):
            own = scorer.score(read_image(file).pixels)
            values = np.load(thing["map"], allow_pickle=False)
            assert thing["score"] == pytest.approx(own.score, abs=1e-6)
            assert (values.dtype, values.shape) == (np.float32, (56, 56))
            assert np.allclose(values, own.anomaly_map.values, atol=1e-6)

    def test_pictures_of_one_name_keep_a_map_each(
        self, crane: Crane, station_dir: Path, pictures: Path, tmp_path: Path
    ) -> None:
        """Data sets name their pictures 000.png in every folder."""
        files = []
        for folder, source in (("good", "01-部品.png"), ("bad", "03-部品.bmp"), ("bad", "05-深い.png")):
            (tmp_path / folder).mkdir(exist_ok=True)
            files.append(tmp_path / folder / f"000{Path(source).suffix}")
            shutil.copy(pictures / source, files[-1])
        done = crane("score", "--json", *PACK, "--data-dir", station_dir, *files, "--out", tmp_path / "maps")
        maps = [Path(thing["map"]) for thing in done.objects]
        assert len({file.name for file in maps}) == 3
        assert not np.array_equal(np.load(maps[0]), np.load(maps[1]))

    def test_for_people_it_is_a_line_a_picture(self, crane: Crane, station_dir: Path, pictures: Path) -> None:
        done = crane("score", *PACK, "--data-dir", station_dir, pictures / "01-部品.png")
        score, peak, file = done.out.split(maxsplit=2)
        assert 0 <= float(score) <= 1
        assert 0 <= float(peak) <= 1
        assert file.strip().endswith("01-部品.png")


class TestCalibrate:
    def calibrate(self, crane: Crane, station_dir: Path, pictures: Path, *words: str) -> dict[str, Any]:
        images = ("--images", pictures, *(words or PACK))
        done = crane("calibrate", "--json", "--recipe", "部品A", *images, "--data-dir", station_dir)
        assert (done.code, done.err) == (0, "")
        (told,) = done.objects
        return dict(told)

    def test_the_line_then_judges_by_the_recipe(
        self, crane: Crane, station_dir: Path, pictures: Path, log_of: LogOf
    ) -> None:
        told = self.calibrate(crane, station_dir, pictures)
        assert (told["recipe"], told["version"], told["pack"]) == ("部品A", 1, "試験用")
        assert told["calibration"]["n_images"] == told["good_parts"]["counted"] == 3, "six files show three parts"
        source = ("--source", "folder", "--path", pictures)
        done = crane("inspect", "--json", "--recipe", "部品A", "--data-dir", station_dir, *source)
        assert done.code == 0
        copies = {copy["file"] for copy in told["good_parts"]["copies"]}
        # The very parts it was calibrated on.
        assert {line["verdict"] for line in done.verdicts if line["file"] not in copies} == {"OK"}
        assert {line["threshold"] for line in done.verdicts} == {round(told["thresholds"]["score_ng"], 6)}

    def test_again_it_becomes_the_next_version(self, crane: Crane, station_dir: Path, pictures: Path) -> None:
        self.calibrate(crane, station_dir, pictures)
        again = self.calibrate(crane, station_dir, pictures, "--false-reject", "0.3")  # the recipe knows its pack
        assert (again["version"], again["pack"]) == (2, "試験用")
        assert again["calibration"]["false_reject_rate"] == 0.3

    def test_what_it_promises_is_said_honestly(self, crane: Crane, station_dir: Path, pictures: Path) -> None:
        words = ("--recipe", "r", "--images", pictures, "--false-reject", "0.01", *PACK, "--data-dir", station_dir)
        done = crane("calibrate", *words)
        assert done.code == 0
        assert "would need 99 images" in done.out

    def test_a_station_that_fails_its_self_test_calibrates_nothing(
        self, crane: Crane, station_dir: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("crane_desktop.model.selfcheck.SCORE_TOLERANCE", -1.0)
        done = crane("calibrate", "--recipe", "r", "--images", pictures, *PACK, "--data-dir", station_dir)
        assert (done.code, done.out) == (1, "")
        assert "golden scores" in done.err
        assert list((station_dir / "recipes").iterdir()) == []


class TestPacks:
    def test_build_verify_info_install_list(self, crane: Crane, tmp_path: Path, tiny_pack: Path) -> None:
        station = ("--json", "--data-dir", tmp_path / "station")
        (verified,) = crane("pack", "verify", tiny_pack, *station).objects
        assert verified["ok"] is True
        assert [check["ok"] for check in verified["checks"]] == [True, True, True]
        (info,) = crane("pack", "info", tiny_pack, *station).objects
        assert (info["name"], info["variant"], info["for_demonstration"]) == ("試験用", "crane", True)
        assert all(len(member["sha256"]) == 64 for member in info["members"].values())
        names = [thing["name"] for thing in crane("pack", "list", *station).objects]
        assert "試験用" not in names
        (installed,) = crane("pack", "install", tiny_pack, *station).objects
        assert Path(installed["file"]).parent == tmp_path / "station" / "packs"
        assert Path(installed["file"]).read_bytes() == tiny_pack.read_bytes()
        assert [thing["name"] for thing in crane("pack", "list", *station).objects] == sorted([*names, "試験用"])
        assert crane("pack", "verify", "試験用", *station).code == 0
        assert "試験用 1: crane, 56 px" in crane("pack", "info", "試験用", "--data-dir", tmp_path / "station").out

    def test_a_damaged_pack_hides_none_of_the_others(self, crane: Crane, station_dir: Path) -> None:
        (station_dir / "packs" / "0.cranepack").write_bytes(b"no pack")
        done = crane("pack", "list", "--json", "--data-dir", station_dir)
        assert "試験用" in [thing["name"] for thing in done.objects]
        assert done.code == 2
        assert len(done.sentences) == 1
        assert "0.cranepack" in done.sentences[0]

    def test_build_says_what_is_missing(self, crane: Crane, station_dir: Path, tmp_path: Path) -> None:
        words = ("pack", "build", "--data-dir", station_dir, "-o", tmp_path / "x.cranepack")
        none = crane(*words, "--clip", "/ない.pt", "--prompts", "/ない.pth")
        plus = crane(*words, "--variant", "crane-plus", "--clip", "/ない.pt", "--prompts", "/ない.pth")
        bare = crane(*words, "--clip", "/ない.pt")
        assert [done.code for done in (none, plus, bare)] == [2, 2, 2]
        assert "/ない.pt" in none.err
        assert "--dino" in plus.err
        assert "--prompts" in bare.err
        assert not (tmp_path / "x.cranepack").exists()


class TestCameras:
    def test_list(self, crane: Crane, station_dir: Path, viky: Path) -> None:
        done = crane("cameras", "list", "--json", "--cti", viky, "--data-dir", station_dir)
        assert done.code == 0
        assert [thing["device_id"] for thing in done.objects] == [f"VikyTL_DEV_{c}" for c in ("red", "green", "blue")]
        assert all(thing["accessible"] and thing["producer"] == "viky.cti" for thing in done.objects)
        assert "VikyTL_DEV_green  Machine Vision Games" in crane("cameras", "list", "--cti", viky).out

    def test_list_without_a_driver(self, crane: Crane, station_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("GENICAM_GENTL64_PATH", raising=False)
        done = crane("cameras", "list", "--json", "--data-dir", station_dir)
        assert (done.code, done.out, len(done.sentences)) == (2, "", 1)

    def test_doctor_takes_a_picture_with_every_camera(
        self, crane: Crane, station_dir: Path, viky: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("GENICAM_GENTL64_PATH", f"{viky.parent}:{tmp_path / 'removed'}")
        done = crane("cameras", "doctor", "--json", "--data-dir", station_dir)
        assert done.code == 0
        checks = [(thing["key"], thing["ok"]) for thing in done.objects]
        assert checks == [
            ("camera.doctor_folder_good", True),
            ("camera.doctor_folder_missing", True),
            ("camera.doctor_producer_loads", True),
            *[("camera.doctor_frame_came", True)] * 3,
        ]
        assert all(set(thing) == {"key", "ok", "severity", "words", "remedy"} for thing in done.objects)
        assert done.objects[1]["severity"] == "hint"
        assert "removed" in done.objects[1]["words"]
        assert done.objects[1]["remedy"]

    def test_doctor_says_what_is_wrong(
        self, crane: Crane, station_dir: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CRANE_LANGUAGE", "ja")
        done = crane("cameras", "doctor", "--cti", pictures / "読んで.txt", "--data-dir", station_dir)
        assert done.code == 1
        assert done.out.startswith("× ")
        assert "GenTLプロデューサーではありません" in done.out
        assert "→ カメラドライバーをインストールし直すか" in done.out
        assert "問題が1件" in done.out


class TestRecords:
    @pytest.fixture
    def recorded(self, crane: Crane, station_dir: Path) -> list[dict[str, Any]]:
        done = crane("inspect", "--json", *PACK, "--data-dir", station_dir, "--frames", "24", "--seed", "4")
        return list(done.verdicts)

    def test_stats(self, crane: Crane, station_dir: Path, recorded: list[dict[str, Any]]) -> None:
        (stats,) = crane("records", "stats", "--json", "--data-dir", station_dir).objects
        assert stats["records"] == 24
        for name in ("ok", "ng", "review", "none"):
            assert stats[name] == sum(line["verdict"] == name.upper() for line in recorded)
        assert datetime.fromisoformat(stats["first_at"]) <= datetime.fromisoformat(stats["last_at"])
        assert (stats["runs"], stats["losses"], stats["unknown"]) == (1, {}, 0)

    def test_stats_of_an_empty_log(self, crane: Crane, station_dir: Path) -> None:
        (stats,) = crane("records", "stats", "--json", "--data-dir", station_dir).objects
        assert stats == {
            **{"records": 0, "ok": 0, "ng": 0, "review": 0, "none": 0, "first_at": None, "last_at": None},
            **{"runs": 0, "losses": {}, "unknown": 0},
        }

    def test_stats_and_exports_tell_runs_and_events(
        self,
        crane: Crane,
        station_dir: Path,
        recorded: list[dict[str, Any]],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        for language, says in (("en", "1 runs"), ("ja", "運転 1 回")):
            monkeypatch.setenv("CRANE_LANGUAGE", language)
            told = crane("records", "stats", "--data-dir", station_dir).out
            assert says in told
            assert "first_at" not in told
        for what in ("runs", "events"):
            out = tmp_path / f"{what}.jsonl"
            asked = ("records", "export", "--what", what, "--format", "jsonl", "-o", out, "--data-dir", station_dir)
            (done,) = crane(*asked, "--json").objects
            lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
            assert done == {"file": str(out), what: len(lines)}
            assert str(out) in crane(*asked, "--overwrite").out
            assert crane(*asked, "--overwrite", "--verdict", "OK").code == 2
            if what == "runs":
                (run,) = lines
                assert (run["frames"], run["why"], run["unknown"]) == (24, "source_ended", 0)

    def test_verify(self, crane: Crane, station_dir: Path, recorded: list[dict[str, Any]]) -> None:
        done = crane("records", "verify", "--json", "--data-dir", station_dir)
        assert (done.code, done.err) == (0, "")
        assert done.objects == [{"ok": True, "records": 24, "first_bad": None}]
        assert "24 records" in crane("records", "verify", "--data-dir", station_dir).out

    @pytest.mark.parametrize(("language", "says"), [("en", "missing"), ("ja", "ありません")])
    def test_verify_names_the_record_whose_picture_is_gone(
        self,
        crane: Crane,
        station_dir: Path,
        recorded: list[dict[str, Any]],
        monkeypatch: pytest.MonkeyPatch,
        language: str,
        says: str,
    ) -> None:
        monkeypatch.setenv("CRANE_LANGUAGE", language)
        picture = next((station_dir / "records" / "images").rglob("*-map.png"))
        kept = [line["record_id"] for line in recorded if line["verdict"] == picture.stem.split("-")[-2]]
        picture.unlink()
        done = crane("records", "verify", "--json", "--data-dir", station_dir)
        (told,) = done.objects
        assert (done.code, told["ok"], told["records"]) == (1, False, 24)
        assert told["first_bad"] in kept
        (sentence,) = done.sentences
        assert str(picture) in sentence
        assert says in sentence

    @pytest.mark.parametrize("form", ["csv", "jsonl"])
    def test_export(
        self, crane: Crane, station_dir: Path, recorded: list[dict[str, Any]], tmp_path: Path, form: str
    ) -> None:
        out = tmp_path / f"記録.{form}"
        words = ("records", "export", "--json", "--format", form, "-o", out, "--data-dir", station_dir)
        (told,) = crane(*words).objects
        assert told == {"file": str(out), "records": 24}
        content = out.read_text(encoding="utf-8-sig")
        rows = (
            list(csv.DictReader(content.splitlines())) if form == "csv" else list(map(json.loads, content.splitlines()))
        )
        assert [(str(r["id"]), r["verdict"], r["file"]) for r in rows] == [
            (str(line["record_id"]), line["verdict"], line["file"]) for line in recorded
        ]
        again = crane(*words)
        assert (again.code, len(again.sentences)) == (2, 1)
        assert "--overwrite" in again.err
        assert crane(*words, "--overwrite", "--verdict", "NG").objects[0]["records"] == sum(
            line["verdict"] == "NG" for line in recorded
        )

    def test_export_of_a_time(
        self, crane: Crane, station_dir: Path, recorded: list[dict[str, Any]], tmp_path: Path
    ) -> None:
        words = ("records", "export", "--json", "--data-dir", station_dir, "-o", tmp_path / "x.csv", "--overwrite")
        assert crane(*words, "--since", "2000-01-01").objects[0]["records"] == 24
        assert crane(*words, "--until", "2000-01-01T12:00:00").objects[0]["records"] == 0
        assert crane(*words, "--since", "yesterday").code == 2


class TestLicences:
    def test_they_are_listed(self, crane: Crane, station_dir: Path) -> None:
        done = crane("licences", "--json", "--data-dir", station_dir)
        found = {one["name"]: one for one in done.objects}
        assert {"Qt", "Python", "torch", "crane-desktop"} <= found.keys()
        assert found["Qt"]["licence"] == "LGPL-3.0-only"
        assert all(Path(text).is_file() for one in found.values() for text in one["texts"])
        assert "torch 2" in crane("licences", "--data-dir", station_dir).out

    def test_one_is_shown_whole(self, crane: Crane, station_dir: Path) -> None:
        assert "LESSER GENERAL PUBLIC" in crane("licences", "qt", "--data-dir", station_dir).out
        refused = crane("licences", "nothing", "--data-dir", station_dir)
        assert (refused.code, len(refused.sentences)) == (2, 1)


class TestStation:
    def test_selftest(self, crane: Crane, station_dir: Path) -> None:
        done = crane("selftest", "--json", *PACK, "--data-dir", station_dir)
        (told,) = done.objects
        assert done.code == 0, told
        assert told["ok"] is True
        assert [check["name"] for check in told["checks"]] == ["model", "camera", "log", "line"]
        assert all(check["ok"] for check in told["checks"])
        assert "fit to judge" in crane("selftest", *PACK, "--data-dir", station_dir).out
        assert list((station_dir / "records" / "images").iterdir()) == []

    def test_selftest_proves_what_the_line_wrote(
        self, crane: Crane, station_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = archive.map_pieces
        monkeypatch.setattr(archive, "map_pieces", lambda seen, **more: [b"".join(real(seen, **more))[:-9]])
        (told,) = crane("selftest", "--json", *PACK, "--data-dir", station_dir).objects
        line = told["checks"][-1]
        assert (line["name"], line["ok"]) == ("line", False)
        assert "is damaged" in line["detail"]

    def test_selftest_names_what_fails_and_goes_on(
        self, crane: Crane, station_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("crane_desktop.camera.genicam.discover.bundled_viky", lambda: 1 / 0)
        (station_dir / "records").mkdir()
        (station_dir / "records" / "log.sqlite3").write_bytes(b"no database" * 100)
        done = crane("selftest", "--json", *PACK, "--data-dir", station_dir)
        assert done.code == 1
        told = done.objects[0]
        assert told["ok"] is False
        assert {check["name"]: check["ok"] for check in told["checks"]} == {
            "model": True,
            "camera": False,
            "log": False,
            "line": True,
        }
        assert "ZeroDivisionError" not in told["checks"][1]["detail"]
        assert "This check itself failed" in told["checks"][1]["detail"]
        assert "ZeroDivisionError" in (station_dir / "logs" / "crane-inspector.log").read_text(encoding="utf-8")

    def test_selftest_without_its_pack(self, crane: Crane, station_dir: Path) -> None:
        done = crane("selftest", "--json", "--pack", "ない", "--data-dir", station_dir)
        assert done.code == 1
        assert [check["ok"] for check in done.objects[0]["checks"]] == [False, True, True, False]

    def test_bench(self, crane: Crane, station_dir: Path) -> None:
        done = crane("bench", "--json", *PACK, "--repeats", "3", "--data-dir", station_dir)
        assert done.code == 0
        assert [thing["measure"] for thing in done.objects] == ["preprocess", "model", "total"]
        assert all(0 < thing["median_ms"] <= thing["p90_ms"] for thing in done.objects)
        assert crane("bench", "--json", *PACK, "--repeats", "2", "--data-dir", station_dir).code == 2
