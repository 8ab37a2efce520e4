from unittest import mock

import pytest

from kinto.core.storage import heartbeat
from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.memory import Storage

CHANCE = "kinto.core.storage.random.SystemRandom.random"
PLACE = ("__heartbeat__", "__heartbeat__")


def ping(storage, *, chance=0.7, **settings):
    request = mock.Mock()
    request.registry.settings = settings
    with mock.patch(CHANCE, return_value=chance):
        return heartbeat(storage)(request)


def test_a_ping_creates_an_object_or_removes_all_of_them():
    storage = Storage()
    assert ping(storage, chance=0.6)
    assert storage.count_all(*PLACE) == 1
    assert ping(storage, chance=0.59)
    assert storage.list_all(*PLACE, include_deleted=True) == []


@pytest.mark.filterwarnings("ignore:Use either:DeprecationWarning")
def test_a_read_only_server_is_only_read():
    storage = Storage(readonly=True)
    with mock.patch.object(storage, "create"), mock.patch.object(storage, "get_all") as read:
        assert ping(storage, readonly="true")
    assert read.called


def test_a_failure_is_logged_and_told():
    storage = Storage()
    broken = mock.patch.object(storage, "create", side_effect=BackendError(message="no"))
    with broken, mock.patch("kinto.core.storage.logger.exception") as logged:
        assert not ping(storage)
    assert logged.called
