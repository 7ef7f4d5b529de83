"""Whether this station may judge with a pack: whose packs it loads, and that it gives their golden scores."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from crane_desktop.domain.errors import StationFault, Technical
from crane_desktop.domain.verdicts import Reason, ReasonCode
from crane_desktop.model.cpu_fallback import CpuFallbackScorer, load_with_fallback
from crane_desktop.model.proof import ProofBook, circumstances
from crane_desktop.model.scorer import CraneScorer, LoadProgress, load_scorer
from crane_desktop.model.selfcheck import Check, self_check
from crane_desktop.model.signature import Trust
from crane_desktop.services.workbench import Workbench

_ENOUGH_S = 2.0
"""Where nothing has changed since a whole self-test was passed, one golden input is scored, and more in this time."""


def trust_of(workbench: Workbench) -> Trust:
    """Return whose packs the station's settings allow."""
    return Trust(frozenset(workbench.settings.trusted_keys), workbench.settings.require_signed)


def open_scorer(
    workbench: Workbench, path: Path, on_progress: LoadProgress = lambda _key, _fraction: None
) -> CraneScorer:
    """Load a pack that this station trusts, for figures; nothing says that it may judge.

    Raises
    ------
    InputError
        If the pack is missing, damaged, too new or not trusted.
    """
    return load_scorer(path, profile=workbench.settings.profile, trust=trust_of(workbench), on_progress=on_progress)


def proven_scorer(
    workbench: Workbench,
    path: Path,
    on_progress: LoadProgress = lambda _key, _fraction: None,
    *,
    whole: bool = False,
) -> CpuFallbackScorer:
    """Load a pack and have it prove itself; `CpuFallbackScorer.unfit` says whether it may judge.

    Parameters
    ----------
    whole
        Whether every golden input is scored even where nothing has changed since the last time.

    Raises
    ------
    InputError
        If the pack is missing, damaged, too new or not trusted.
    """
    book = ProofBook(workbench.data.proofs_file)
    return load_with_fallback(
        path,
        _prover(book, path, whole=whole),
        profile=workbench.settings.profile,
        trust=trust_of(workbench),
        on_progress=on_progress,
    )


def prove(workbench: Workbench, scorer: CraneScorer, path: Path) -> list[Check]:
    """Score every golden input, and remember the outcome."""
    return _checks(ProofBook(workbench.data.proofs_file), scorer, path, whole=True)


def unfit_fault(pack: str, unfit: Reason) -> StationFault:
    """Return what to tell people about a model that may not judge here."""
    return StationFault("app.unfit", pack=pack, detail=Technical(unfit.detail))


def _prover(book: ProofBook, path: Path, *, whole: bool) -> Callable[[CraneScorer], Reason | None]:
    def reason_against(scorer: CraneScorer) -> Reason | None:
        failed = [check for check in _checks(book, scorer, path, whole=whole) if not check.ok]
        return Reason(ReasonCode.SELF_TEST_FAILED, "; ".join(check.detail for check in failed)) if failed else None

    return reason_against


def _checks(book: ProofBook, scorer: CraneScorer, path: Path, *, whole: bool) -> list[Check]:
    pack, now = scorer.info.pack_sha256, circumstances(scorer.info)
    known = not whole and book.holds(pack, now)
    checks = self_check(scorer, path, enough_s=_ENOUGH_S if known else math.inf)
    if not all(check.ok for check in checks):
        book.strike(pack)
    elif not known:
        book.note(pack, now)
    return checks
