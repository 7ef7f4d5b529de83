"""What the driver's stream says about itself. Runs only in the camera's process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from genicam import genapi, gentl

from crane_desktop.domain.camera_names import STREAM_RESENDS, STREAM_UNDERRUN


@dataclass(frozen=True, slots=True)
class StreamReader:
    """Reads one stream's counters; each since the stream was opened.

    Parameters
    ----------
    module
        GenTL data stream: ``STREAM_INFO_NUM_UNDERRUN`` and its like.
    nodes
        Its node map, or None.
    """

    module: Any
    nodes: Any

    def underrun(self) -> int | None:
        """Return how many frames found no empty buffer; None where the driver does not say."""
        return _first_known((lambda: self.module.num_underrun, *(self._node(name) for name in STREAM_UNDERRUN.names)))

    def resends(self) -> int | None:
        """Return how many packets were asked for again; None where the driver does not say."""
        return _first_known(tuple(self._node(name) for name in STREAM_RESENDS.names))

    def _node(self, name: str) -> Callable[[], Any]:
        def read() -> Any:
            if self.nodes is None or not self.nodes.has_node(name):
                return None
            return self.nodes.get_node(name).value

        return read


def _first_known(readers: tuple[Callable[[], Any], ...]) -> int | None:
    for read in readers:
        try:
            value = read()
        except (gentl.GenericException, genapi.GenericException):
            continue
        if value is not None:
            return int(value)
    return None
