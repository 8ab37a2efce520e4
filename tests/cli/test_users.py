"""`kinto create-user` refuses without the accounts plugin; its work is tested with the plugin."""

from types import SimpleNamespace

import pytest

from kinto.cli.users import create_user


@pytest.mark.parametrize(("readonly", "code"), [("true", 51), (False, 52)])
def test_creating_a_user_is_refused(readonly, code):
    registry = SimpleNamespace(settings={"readonly": readonly})
    assert create_user({"registry": registry}, username="ann", password="x") == code
