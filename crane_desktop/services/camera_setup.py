"""Cameras opened for setting them up: at most one at a time, and none while a line wants the camera."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING

from crane_desktop.domain.camera_setup import CameraSetup, FeatureValue
from crane_desktop.domain.errors import CraneError, StationFault
from crane_desktop.domain.ports import FrameSource
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.recipe.authorship import Why, system_user
from crane_desktop.recipe.model import Recipe
from crane_desktop.services.workbench import Workbench

if TYPE_CHECKING:  # brings OpenCV
    from crane_desktop.camera.genicam.session import SetupSession


class CameraDesk:
    """Opens, keeps and releases set-up sessions; saves feature sets with recipes.

    Parameters
    ----------
    on_kept
        Told the recipe that was saved, so that one in use is used as it is now.
    """

    def __init__(self, workbench: Workbench, on_kept: Callable[[Recipe], None]) -> None:
        self._workbench = workbench
        self._on_kept = on_kept
        self._lock = threading.Lock()
        self._session: SetupSession | None = None

    def open(self, choice: SourceChoice, recipe: Recipe | None, on_line: FrameSource | None) -> CameraSetup:
        """Return the set-up of a camera: of the one on the line where there is one.

        Raises
        ------
        InputError
            If the choice makes no sense.
        StationFault
            If the camera of the last set-up does not let go.
        """
        from crane_desktop.camera.genicam.reconnect import ReconnectingSource
        from crane_desktop.camera.genicam.session import NodeAccess, SetupSession

        wanted = recipe.camera_features if recipe is not None else {}

        def keep(features: Mapping[str, FeatureValue], name: str) -> Future[str]:
            return _done(lambda: self._keep(features, name, recipe))

        if isinstance(on_line, ReconnectingSource):
            return NodeAccess(on_line, wanted, keep, on_line=True)
        self.release()
        session = SetupSession(choice.cti, choice.device, wanted, keep)
        with self._lock:
            self._session = session
        return session

    def release(self) -> None:
        """Close what is open, and wait until the camera is free.

        Raises
        ------
        StationFault
            If the driver does not let go within its bound.
        """
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()
            if not session.join():
                raise StationFault("camera.hangs", device=session.name, seconds=10)

    def _keep(self, features: Mapping[str, FeatureValue], name: str, based_on: Recipe | None) -> str:
        """Save the features with the recipe of that name; a new one begins as a copy of the one in use."""
        start = name if based_on is None else based_on.changed(name=name, version=1)
        kept = self._workbench.recipes.save(
            start,
            lambda recipe: recipe.changed(camera_features=features),
            who=system_user(),
            why=Why("recipe.why.camera_features"),
        )
        self._on_kept(kept.recipe)
        return kept.name


def _done(work: Callable[[], str]) -> Future[str]:
    """Return a finished future: a recipe is a small file."""
    future: Future[str] = Future()
    try:
        future.set_result(work())
    except CraneError as error:
        future.set_exception(error)
    return future
