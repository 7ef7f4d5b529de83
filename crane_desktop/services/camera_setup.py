"""The one owner of the station's camera: it grants it to the line or to the set-up page, never to both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crane_desktop.domain.camera_setup import CameraSetup, FeatureValue
from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.ports import FrameSource
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.recipe.model import Recipe

if TYPE_CHECKING:  # brings OpenCV
    from crane_desktop.camera.genicam.session import SetupSession

_GRANTED_WITHIN_S = 30.0
"""Longer than a session may take to let go, or the doctor to look at one camera; nothing slower holds the grant."""

SaveFeatures = Callable[[Mapping[str, FeatureValue], str, Recipe | None], "Future[str]"]
"""Saves a feature set with the recipe of a name; a new one begins as a copy of the one given. Returns at once."""


class CameraOwner:
    """Opens, keeps and releases set-up sessions, and knows which camera the line runs on.

    Granting is one step: from the moment the line asks until it runs, a set-up waits, and sees the line's camera then;
    a set-up that is open when the line asks is closed first.

    Parameters
    ----------
    save
        Where a set-up's features go.
    """

    def __init__(self, save: SaveFeatures) -> None:
        self._save = save
        self._grant = threading.Lock()
        self._session: SetupSession | None = None
        self._line_source: Callable[[], FrameSource | None] = lambda: None

    @contextmanager
    def granted_to_line(self, source: Callable[[], FrameSource | None]) -> Iterator[None]:
        """Hold the camera while a line is put together and started; it then belongs to the line.

        Parameters
        ----------
        source
            Returns the line's source while the line runs, None once it has let go of it; asked from then on.

        Raises
        ------
        StationFault
            If the camera of the last set-up does not let go.
        """
        with self._granted():
            self._release()
            yield
            self._line_source = source

    def set_up(self, choice: SourceChoice, recipe: Recipe | None) -> CameraSetup:
        """Return the set-up of a camera: of the one on the line where a line runs on one.

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
            return self._save(features, name, recipe)

        with self._granted():
            on_line = self._line_source()
            if isinstance(on_line, ReconnectingSource):
                return NodeAccess(on_line, wanted, keep, on_line=True)
            self._release()
            self._session = SetupSession(choice.cti, choice.device, wanted, keep)
            return self._session

    def release(self) -> None:
        """Close what is open for set-up, and wait until the camera is free.

        Raises
        ------
        StationFault
            If the driver does not let go within its bound.
        """
        with self._granted():
            self._release()

    @contextmanager
    def looked_at(self) -> Iterator[None]:
        """Hold the camera for a short look; the line or a page that asks meanwhile waits.

        Raises
        ------
        StationFault
            If whoever has the grant does not let go of it.
        """
        with self._granted():
            yield

    @contextmanager
    def _granted(self) -> Iterator[None]:
        if not self._grant.acquire(timeout=_GRANTED_WITHIN_S):
            raise StationFault("services.camera_not_granted")
        try:
            yield
        finally:
            self._grant.release()

    def _release(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()
            if not session.join():
                raise StationFault("camera.hangs", device=session.name, seconds=10)
