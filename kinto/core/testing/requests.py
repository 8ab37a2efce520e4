"""A stand-in for requests, for tests that need no application."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from unittest import mock

from cornice.errors import Errors
from pyramid.url import parse_url_overrides

from kinto.core.http.subrequests import follow_subrequest
from kinto.core.settings.application import core_defaults
from kinto.core.storage.generators import UUID4

_DEFAULTS = core_defaults()


class DummyRequest(mock.MagicMock):
    """The request of user `bob`, authenticated by `basicauth`; the rest is mocked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.upath_info = "/v0/"
        self.registry = mock.MagicMock(settings=_DEFAULTS.copy())
        self.registry.id_generators = defaultdict(UUID4)
        self.GET: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.errors = Errors()
        self.authenticated_userid = "bob"
        self.authn_type = "basicauth"
        self.prefixed_userid = "basicauth:bob"
        self.prefixed_principals = [
            "system.Everyone",
            "system.Authenticated",
            "bob",
            "basicauth:bob",
        ]
        # Plain mocks are made faster, and some suites let ten milliseconds pass between two.
        principals = mock.Mock(return_value=self.prefixed_principals[:3])
        policy = mock.MagicMock(effective_principals=principals)  # read as other utilities, too
        self.registry.queryUtility = mock.Mock(return_value=policy)
        self.json: dict[str, Any] = {}
        self.validated: dict[str, Any] = {}
        self.log_context = lambda **kw: kw
        self.matchdict: dict[str, Any] = {}
        self.response = mock.MagicMock(headers={})
        self.application_url = ""

        def route_url(*args: Any, **kwargs: Any) -> str:
            return "".join(part for part in parse_url_overrides(self, kwargs) if part)

        self.route_url = route_url

    def _get_child_mock(self, **kwargs: Any) -> mock.MagicMock:
        # What a request returns is not a request.
        return mock.MagicMock(**kwargs)

    def follow_subrequest(self, subrequest: Any, **kwargs: Any) -> tuple[Any, Any]:
        return follow_subrequest(self, subrequest, **kwargs)
