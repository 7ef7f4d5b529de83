"""The line in a terminal: a live table of verdicts, latency and the balance, or one line a verdict."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console as RichConsole
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from crane_desktop.cli.console import Console
from crane_desktop.cli.summaries import summary_line, verdict_line
from crane_desktop.domain.balance import Balance
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.shown import shown_name
from crane_desktop.domain.station import Pace, Result
from crane_desktop.domain.verdicts import ReasonCode, Verdict
from crane_desktop.services.picture_folder import passed_over_sentences
from crane_desktop.settings.reason_words import detail_words
from crane_desktop.settings.texts import Language, plain_text, technical_text, text

SHAPES = {Verdict.OK: "○", Verdict.NG: "×", Verdict.REVIEW: "△", Verdict.NONE: "－"}
_STYLES = {Verdict.OK: "bold cyan", Verdict.NG: "bold red", Verdict.REVIEW: "bold yellow", Verdict.NONE: "bold white"}
_ROWS = 12
_FAULTS = 4


class Show(Protocol):
    """How a running line is shown; a context manager while it runs."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def head(self, headline: str) -> None:
        """Say what runs; may be called again."""
        ...

    def add(self, result: Result) -> None:
        """Take in one more verdict."""
        ...

    def fault(self, fault: CraneError) -> None:
        """Take in something that went wrong."""
        ...

    def state(self, words: str) -> None:
        """Say that the line does not just run, or (empty) that it does again."""
        ...

    def refresh(self, balance: Balance, pace: Pace) -> None:
        """Show what was taken in."""
        ...

    def lacking(self, not_kept: Mapping[str, int]) -> None:
        """Take in of how many recorded parts the pictures were not kept, by cause."""
        ...

    def end(self, balance: Balance, pace: Pace, passed_over: Sequence[str] | None = None) -> None:
        """Sum up; `passed_over` names what a folder holds beside pictures, None where the source is no folder."""
        ...


class PlainLines:
    """One line a verdict on stdout, for a pipe, a file or a program; faults on stderr as they come."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._headed = False
        self._not_kept: Mapping[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def head(self, headline: str) -> None:
        """Print the headline, once."""
        if not self._headed:
            self._headed = True
            self.say(headline)

    def data(self, line: dict[str, Any]) -> None:
        """Print a JSON object."""
        self._console.data(line)

    def say(self, words: str) -> None:
        """Print a line for people."""
        self._console.say(words)

    def add(self, result: Result) -> None:
        """Print a verdict."""
        if self._console.as_json:
            self.data(verdict_line(result, self._console.language))
        else:
            self.say(verdict_words(result, self._console.language))

    def fault(self, fault: CraneError) -> None:
        """Print a fault's sentence, and below it what a driver or a library said."""
        language = self._console.language
        self.tell(plain_text(fault, language))
        if detail := technical_text(fault, language):
            self.tell(f"  {detail}")

    def tell(self, words: str) -> None:
        """Print a line beside the results."""
        self._console.note(words)

    def state(self, words: str) -> None:
        """Print it."""
        self.tell(words or text("app.runs_again", self._console.language))

    def refresh(self, balance: Balance, pace: Pace) -> None:
        """Nothing is held back here."""

    def lacking(self, not_kept: Mapping[str, int]) -> None:
        """Keep it for the summary."""
        self._not_kept = not_kept

    def end(self, balance: Balance, pace: Pace, passed_over: Sequence[str] | None = None) -> None:
        """Print the summary."""
        if self._console.as_json:
            self.data(summary_line(balance, pace, passed_over, self._not_kept))
            return
        if passed_over:
            self.say(" ".join(passed_over_sentences(passed_over, self._console.language)))
        self.say(balance_words(balance, self._console.language))
        if self._not_kept:
            self.say(not_kept_words(self._not_kept, self._console.language))
        self.say(pace_words(pace, self._console.language))


class SourceLines(PlainLines):
    """As `PlainLines`, each line naming the source it is about.

    Parameters
    ----------
    source
        Returns what the source calls itself by now.
    """

    def __init__(self, console: Console, source: Callable[[], str]) -> None:
        super().__init__(console)
        self._source = source

    def data(self, line: dict[str, Any]) -> None:
        """Print a JSON object."""
        self._console.data({"source": self._source(), **line})

    def say(self, words: str) -> None:
        """Print a line for people."""
        self._console.say(f"{shown_name(self._source())}: {words}")

    def tell(self, words: str) -> None:
        """Print a line beside the results."""
        self._console.note(f"{shown_name(self._source())}: {words}")

    def end(self, balance: Balance, pace: Pace, passed_over: Sequence[str] | None = None) -> None:
        """Print this source's share of the summary."""
        if self._console.as_json:
            self.data({"share": summary_line(balance, pace, passed_over, self._not_kept)["summary"]})
        else:
            super().end(balance, pace, passed_over)


def not_kept_words(not_kept: Mapping[str, int], language: Language) -> str:
    """Return the sentence on parts that are recorded without their pictures."""
    return text("app.pictures_not_kept", language, count=sum(not_kept.values()))


def verdict_words(result: Result, language: Language) -> str:
    """Return one verdict as a line of plain text, for a pipe or a file."""
    seen = result.inspection
    verdict = text(f"verdict.{seen.verdict}", language)
    reason = text(f"reason.{seen.reason.code}", language)
    score = "-" if seen.score is None else f"{seen.score:.3f}"
    name = seen.origin.file or str(seen.origin.frame_id)
    head = f"{seen.origin.frame_id:>6}  {SHAPES[seen.verdict]} {verdict}  {score}"
    # Of a picture that could not be read the sentence says what to do; of others a run's faults are told beside.
    told = f": {detail_words(seen.reason, language)}" if seen.reason.code is ReasonCode.UNREADABLE_IMAGE else ""
    return f"{head}  {seen.latency_ms:7.1f} ms  {shown_name(name)}  {reason}{told}"


def balance_words(balance: Balance, language: Language) -> str:
    """Return the balance of frames as one sentence."""
    counts = "  ".join(f"{text(f'verdict.{v}', language)} {balance.verdicts.get(v, 0)}" for v in Verdict)
    losses = ", ".join(f"{text(f'loss.{c}', language)} {n}" for c, n in balance.missing.items())
    skipped = balance.skipped
    return text(
        "app.balance",
        language,
        frames=balance.frames,
        verdicts=balance.judged,
        counts=counts,
        skipped=text("balance.skipped", language, count=skipped) if skipped else "",
        losses=balance.lost - skipped,
        causes=f" ({losses})" if losses else "",
    )


def pace_words(pace: Pace, language: Language) -> str:
    """Return rate and latency as one sentence."""
    p50, p99 = ("-" if v is None else f"{v:.0f}" for v in (pace.latency_p50_ms, pace.latency_p99_ms))
    return text("app.pace", language, rate=f"{pace.verdicts_per_s:.1f}", p50=p50, p99=p99)


class LiveTable:
    """A table of the newest verdicts that stays in place on a terminal; a context manager."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._headline = self._state = ""
        self._passed_over: Sequence[str] = ()
        self._faults: deque[str] = deque(maxlen=_FAULTS)
        self._newest: deque[Result] = deque(maxlen=_ROWS)
        self._live = Live(console=RichConsole(), auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def head(self, headline: str) -> None:
        """Put a line above the table."""
        self._headline = headline

    def add(self, result: Result) -> None:
        """Take in one more verdict; shown at the next `refresh`."""
        self._newest.append(result)

    def fault(self, fault: CraneError) -> None:
        """Put a fault's sentence below the table."""
        self._faults.append(plain_text(fault, self._language))

    def state(self, words: str) -> None:
        """Put it beside the headline."""
        self._state = words

    def refresh(self, balance: Balance, pace: Pace) -> None:
        """Repaint the table."""
        self._live.update(self._picture(balance, pace), refresh=True)

    def lacking(self, not_kept: Mapping[str, int]) -> None:
        """Put it below the table."""
        if not_kept:
            self._faults.append(not_kept_words(not_kept, self._language))

    def end(self, balance: Balance, pace: Pace, passed_over: Sequence[str] | None = None) -> None:
        """Leave the last table with the summary on the terminal."""
        self._passed_over = passed_over or ()
        self.refresh(balance, pace)

    def _picture(self, balance: Balance, pace: Pace) -> RenderableType:
        heads = (
            "app.head.frame",
            "app.head.verdict",
            "app.head.score",
            "app.head.latency",
            "app.head.part",
            "app.head.reason",
        )
        table = Table(*(text(head, self._language) for head in heads), expand=True)
        for result in reversed(self._newest):
            seen = result.inspection
            table.add_row(
                str(seen.origin.frame_id),
                Text(
                    f"{SHAPES[seen.verdict]} {text(f'verdict.{seen.verdict}', self._language)}", _STYLES[seen.verdict]
                ),
                "-" if seen.score is None else f"{seen.score:.3f}",
                f"{seen.latency_ms:.0f} ms",
                shown_name(seen.origin.file or ""),
                text(f"reason.{seen.reason.code}", self._language),
            )
        return Group(
            Text(self._headline),
            *([Text(self._state, "bold yellow")] if self._state else []),
            table,
            Text(balance_words(balance, self._language)),
            Text(pace_words(pace, self._language)),
            *map(Text, passed_over_sentences(self._passed_over, self._language)),
            *(Text(sentence, "bold red") for sentence in self._faults),
        )
