"""Out of what is durable, the balance of a run is even and honest, wherever the run was cut off."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.events import Event, RunEnd, run_begun, run_ended, run_progress, told_counts
from crane_desktop.domain.frames import FrameOrigin, LossCause
from crane_desktop.domain.history import RunBalance
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import Inspection, JudgedBy, Reason, ReasonCode, Verdict
from crane_desktop.records.balance import balance_of, problem_of
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.verify import verify_log
from crane_desktop.settings.data_dir import DataDir

WHO = JudgedBy("r", 1, "p", "1", "0" * 64, "0", "cpu")
BEGIN = datetime(2026, 3, 31, tzinfo=UTC)
CODES = {
    Verdict.OK: ReasonCode.BELOW_THRESHOLD,
    Verdict.NG: ReasonCode.SCORE_OVER_THRESHOLD,
    Verdict.NONE: ReasonCode.CAMERA_FAULT,
}


@dataclass
class World:
    """A run as it truly happens: what the line knows, and what of it is durable, entry by entry."""

    run: str = "r"
    frames: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    losses: Counter[LossCause] = field(default_factory=Counter)
    not_recorded: int = 0
    under_way: list[int] = field(default_factory=list)
    durable: list[LogEntry | Event] = field(default_factory=list)

    def begin(self) -> None:
        self.durable.append(
            run_begun(self.run, WHO, source_id="s", source_kind="demo", source="", every_part=False, profile="full")
        )

    def take(self) -> None:
        self.frames += 1
        self.under_way.append(self.frames)

    def lose(self, cause: LossCause) -> None:
        self.frames += 1
        self.losses[cause] += 1

    def skip(self) -> None:
        if self.under_way:
            self.under_way.pop(0)
            self.losses[LossCause.SKIPPED] += 1

    def judge(self, verdict: Verdict, *, recorded: bool = True) -> None:
        if not self.under_way:
            return
        number = self.under_way.pop(0)
        if recorded:
            self.durable.append(entry(number, verdict, self.run))
            self.verdicts[verdict] += 1
        else:
            self.verdicts[Verdict.NONE] += 1
            self.not_recorded += 1

    def progress(self) -> None:
        self.durable.append(run_progress(self.run, self.balance(), self.not_recorded))

    def end(self, why: RunEnd = RunEnd.STOPPED) -> None:
        self.losses[LossCause.LATE] += len(self.under_way)
        self.under_way.clear()
        self.durable.append(run_ended(self.run, self.balance(), self.not_recorded, why))

    def balance(self) -> Balance:
        return Balance(self.frames, dict(self.verdicts), dict(self.losses))


def entry(number: int, verdict: Verdict, run: str | None) -> LogEntry:
    moment = BEGIN + timedelta(milliseconds=number)
    origin = FrameOrigin(number, "s", moment, number)
    return LogEntry(Inspection(origin, verdict, Reason(CODES[verdict]), WHO, moment, 1.0, run=run), None, None)


STEPS = st.one_of(
    st.just("take"),
    st.just("take"),
    st.just("skip"),
    st.just("progress"),
    st.sampled_from(list(CODES)),
    st.just("refused"),
    st.sampled_from([LossCause.LOST, LossCause.OVERRUN]),
)


def play(steps: list[object], world: World) -> Iterator[World]:
    """Let the run happen; after every step the world as it is."""
    world.begin()
    yield world
    for step in steps:
        match step:
            case Verdict():
                world.judge(step)
            case LossCause():
                world.lose(step)
            case "take":
                world.take()
            case "skip":
                world.skip()
            case "refused":
                world.judge(Verdict.OK, recorded=False)
            case "progress":
                world.progress()
        yield world


def of_durable(durable: list[LogEntry | Event]) -> RunBalance:
    """The balance out of the durable entries, as the log's reader puts it together."""
    rows = [one.inspection for one in durable if isinstance(one, LogEntry)]
    told, not_recorded, ended = Balance(), 0, False
    for one in durable:
        if isinstance(one, Event) and "frames" in one.details:
            told, not_recorded = told_counts(one.details)
            ended = "why" in one.details
    newest = rows[-1].origin.frame_id if rows else 0
    return balance_of(Counter(row.verdict for row in rows), newest, told, not_recorded, ended=ended)


def even(balance: RunBalance) -> bool:
    told = sum(balance.verdicts.values()) + sum(balance.losses.values()) + balance.not_recorded + balance.unknown
    return balance.frames == told and min(balance.unknown, balance.not_recorded, *balance.losses.values(), 0) == 0


@given(st.lists(STEPS, max_size=40))
def test_wherever_a_run_is_cut_off_its_balance_is_even_and_never_claims_more_than_was(steps: list[object]) -> None:
    for world in play(steps, World()):
        seen = of_durable(world.durable)
        assert even(seen)
        assert not seen.ended
        assert Counter(seen.verdicts) == +(world.verdicts - Counter({Verdict.NONE: world.not_recorded}))
        assert seen.frames <= world.frames
        assert all(count <= world.losses[cause] for cause, count in seen.losses.items())
        assert seen.not_recorded <= world.not_recorded


@given(st.lists(STEPS, max_size=40), st.integers(0, 40))
def test_what_was_told_before_the_cut_is_known_after_it(steps: list[object], at: int) -> None:
    """Frames and losses up to the last word are certain: only what came after it can be missing."""
    world = World()
    for number, _ in enumerate(play(steps, world)):
        if number == at:
            break
    world.progress()
    told_frames, told_losses = world.frames, +world.losses
    told_unknown = len(world.under_way)
    for _ in range(3):
        world.take()
        world.lose(LossCause.LOST)
    seen = of_durable(world.durable)
    assert seen.frames == told_frames
    assert Counter(seen.losses) == told_losses
    assert seen.unknown == told_unknown


@given(st.lists(STEPS, max_size=40), st.sampled_from(list(RunEnd)))
def test_a_run_that_ended_has_nothing_unknown(steps: list[object], why: RunEnd) -> None:
    world = World()
    list(play(steps, world))
    world.end(why)
    seen = of_durable(world.durable)
    assert even(seen)
    assert (seen.ended, seen.unknown, seen.frames) == (True, 0, world.frames)
    assert Counter(seen.losses) == +world.losses
    assert seen.not_recorded == world.not_recorded
    rows = Counter(one.inspection.verdict for one in world.durable if isinstance(one, LogEntry))
    assert problem_of(rows, world.balance(), world.not_recorded) is None


@settings(max_examples=25, deadline=None)
@given(st.lists(STEPS, max_size=30), st.data())
def test_the_log_itself_proves_it_wherever_it_was_cut_off(
    made_log: Path, steps: list[object], choose: st.DataObject
) -> None:
    world, other = World(), World("other")
    list(play(steps, world))
    list(play(steps[::2], other))
    if choose.draw(st.booleans()):
        world.end()
    # Two cameras write into one log; how their entries come to lie is chance.
    mixed: list[LogEntry | Event] = []
    ours, theirs = list(world.durable), list(other.durable)
    while ours or theirs:
        take_ours = bool(ours) and (not theirs or choose.draw(st.booleans()))
        mixed.append((ours if take_ours else theirs).pop(0))
    durable = mixed[: choose.draw(st.integers(0, len(mixed)))]
    with TemporaryDirectory() as folder:
        data = DataDir(Path(folder))
        data.images.mkdir(parents=True)
        shutil.copy(made_log, data.log_file)
        with closing(SqliteInspectionLog(data)) as log:
            log.append(durable)
        with RecordReader(data) as reader:
            runs = {row.run: row.balance for row in reader.runs()}
            stats = reader.stats()
            counted = {run: reader.run(run).balance for run in runs}
        assert verify_log(data).error is None
    assert counted == runs
    for name in runs:
        assert runs[name] == of_durable([one for one in durable if run_of(one) == name])
    assert stats["runs"] == len(runs)
    assert stats["unknown"] == sum(balance.unknown for balance in runs.values())
    told = sum(stats["losses"].values()) + stats["unknown"] + stats["records"]
    assert told + sum(b.not_recorded for b in runs.values()) == sum(b.frames for b in runs.values())


def run_of(one: LogEntry | Event) -> str | None:
    return one.run if isinstance(one, Event) else one.inspection.run


def test_a_verdict_that_turned_up_after_all_is_counted_once() -> None:
    """The disk hung in the very commit: nobody waited for the verdict, and the record is there all the same."""
    told = Balance(10, {Verdict.OK: 6, Verdict.NONE: 4}, {})
    seen = balance_of({Verdict.OK: 9}, 9, told, 4, ended=True)
    assert (seen.frames, seen.not_recorded, seen.unknown) == (10, 1, 0)
    assert problem_of({Verdict.OK: 9}, told, 4) is None


def test_a_frame_that_was_given_up_as_late_and_is_recorded_all_the_same_is_no_loss() -> None:
    told = Balance(10, {Verdict.OK: 6}, {LossCause.LATE: 4})
    seen = balance_of({Verdict.OK: 8}, 8, told, 0, ended=True)
    assert (seen.losses, seen.unknown) == ({LossCause.LATE: 2}, 0)
    assert even(seen)
    assert problem_of({Verdict.OK: 8}, told, 0) is None
    assert balance_of({Verdict.OK: 10}, 10, told, 0, ended=True).losses == {}


@pytest.mark.parametrize(
    ("recorded", "told", "not_recorded", "says"),
    [
        ({Verdict.OK: 5}, Balance(6, {Verdict.OK: 6}), 0, "5 records of 6 verdicts OK"),
        ({Verdict.OK: 6}, Balance(7, {Verdict.OK: 6, Verdict.NONE: 1}), 0, "0 records of 1 verdicts NONE"),
        ({Verdict.OK: 7}, Balance(6, {Verdict.OK: 6}), 0, "7 records of 6 frames"),
        ({Verdict.NG: 6}, Balance(6, {Verdict.OK: 6}), 0, "0 records of 6 verdicts OK"),
        ({Verdict.OK: 6}, Balance(7, {Verdict.OK: 6}), 0, "7 frames, 6 verdicts and 0 losses"),
        ({Verdict.OK: 6}, Balance(5, {Verdict.OK: 6}), 0, "5 frames, 6 verdicts and 0 losses"),
        ({}, Balance(1, {Verdict.NG: 1}), 1, "0 records of 1 verdicts NG"),
    ],
)
def test_records_that_do_not_fit_the_last_word_are_told(
    recorded: dict[Verdict, int], told: Balance, not_recorded: int, says: str
) -> None:
    assert problem_of(recorded, told, not_recorded) == says


def test_a_missing_record_of_a_run_that_ended_is_unknown_and_not_explained_away() -> None:
    seen = balance_of({Verdict.OK: 4}, 5, Balance(6, {Verdict.OK: 5, Verdict.NONE: 1}), 1, ended=True)
    assert (seen.frames, seen.not_recorded, seen.unknown) == (6, 1, 1)


def test_a_source_that_does_not_number_from_one_makes_nothing_negative() -> None:
    seen = balance_of({Verdict.OK: 9}, 3, Balance(4, {}, {LossCause.LOST: 2}), 0, ended=False)
    assert even(seen)
    assert seen.frames == 11
