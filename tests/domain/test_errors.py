"""Errors that a person must be told."""

from __future__ import annotations

import pickle

import pytest

from crane_desktop.domain.errors import CraneError, InputError, StationFault


@pytest.mark.parametrize("kind", [InputError, StationFault])
def test_an_error_reaches_another_process_whole(kind: type[CraneError]) -> None:
    sent = kind("camera.no_device", device="カメラ1", known=3)
    received = pickle.loads(pickle.dumps(sent))
    assert (type(received), received.key, received.params) == (kind, sent.key, sent.params)
