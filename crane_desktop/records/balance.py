"""The balance of a run out of what the log holds: its records, and what it last told of its counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.history import RunBalance
from crane_desktop.domain.verdicts import Verdict


def balance_of(
    recorded: Mapping[Verdict, int], newest_frame: int, told: Balance, not_recorded: int, *, ended: bool
) -> RunBalance:
    """Return what became of a run's frames.

    Of a run that has ended, its last word says how many frames there were. Of one that was ended by force, the
    newest record's frame number says more than its last word where it is higher: a source numbers all its frames,
    the lost ones too. What no record, loss or refusal accounts for is unknown.

    Parameters
    ----------
    recorded
        Records of the run by verdict.
    newest_frame
        Frame number of its newest record, 0 where it has none.
    told, not_recorded
        What it last told of its counts (`domain.events.told_counts`).
    ended
        Whether that was its last word.
    """
    records, losses = sum(recorded.values()), _losses(recorded, told, ended=ended)
    lost = sum(losses.values())
    frames = max(told.frames if ended else max(told.frames, newest_frame), records + lost)
    # A verdict that the log took after all, when nobody waited for it any longer, is recorded.
    refused = min(not_recorded, frames - records - lost)
    return RunBalance(frames, dict(recorded), losses, refused, frames - records - lost - refused, ended)


def problem_of(recorded: Mapping[Verdict, int], told: Balance, not_recorded: int) -> str | None:
    """Return why the records of a run do not fit its last word, None where they do."""
    if told.pending != 0:
        return f"{told.frames} frames, {told.judged} verdicts and {told.lost} losses"
    for verdict in Verdict:
        promised = told.verdicts.get(verdict, 0) - (not_recorded if verdict is Verdict.NONE else 0)
        if recorded.get(verdict, 0) < promised:
            return f"{recorded.get(verdict, 0)} records of {promised} verdicts {verdict}"
    # What was given up as late may have reached the log after all, and no more than that.
    records, most = sum(recorded.values()), told.judged + told.losses.get(LossCause.LATE, 0)
    return f"{records} records of {most} frames" if records > most else None


def _losses(recorded: Mapping[Verdict, int], told: Balance, *, ended: bool) -> dict[LossCause, int]:
    """Return the losses as told, less the frames that were given up as late and are recorded all the same."""
    losses = {cause: count for cause, count in told.losses.items() if count}
    surplus = sum(recorded.values()) - told.judged
    if ended and surplus > 0 and LossCause.LATE in losses:
        losses[LossCause.LATE] -= min(surplus, losses[LossCause.LATE])
    return {cause: count for cause, count in losses.items() if count}
