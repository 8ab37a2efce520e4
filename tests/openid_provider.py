"""A real OpenID provider for the tests: the certified implementation of the `idpyoidc` package,
behind a small HTTP server with a login form. It demands PKCE, and its access tokens are signed.
"""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from cryptojwt.jws.jws import JWS
from cryptojwt.key_jar import build_keyjar
from idpyoidc.server import Server
from idpyoidc.server.authn_event import create_authn_event
from idpyoidc.server.configure import OPConfiguration
from idpyoidc.server.exception import FailedAuthentication
from idpyoidc.server.user_authn.authn_context import INTERNETPROTOCOLPASSWORD
from webob import Request, Response

from tests.servers import HOST, free_port

CLIENT_ID = "kinto"
OTHER_CLIENT = "another-client"
CLIENT_SECRET = "a secret that the provider and the client share"
USERS = {
    "ann": {"email": "ann@example.com", "email_verified": True, "name": "Ann"},
    "bob": {"email": "bob@example.com", "email_verified": False, "name": "Bob"},
}
PASSWORD = "of a user of the provider"

_KEYS = [{"type": "RSA", "key": "", "use": ["sig"]}, {"type": "EC", "crv": "P-256", "use": ["sig"]}]
_FORM = """<form action="{action}" method="post">
<input type="hidden" name="token" value="{token}">
<input name="username"><input name="password" type="password"></form>"""


@dataclass
class Provider:
    """A running provider. `calls` counts the requests by path; `broken` makes it answer 500."""

    issuer: str
    server: Any
    calls: list[str] = field(default_factory=list)
    broken: bool = False

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        self.calls.append(request.path)
        if self.broken:
            return Response(status=500)(environ, start_response)
        return self._answer(request)(environ, start_response)

    def sign(self, *, keys: Any = None, alg: str = "RS256", **claims: Any) -> str:
        """A token that this provider, or somebody with other keys, might have made."""
        chosen = self.server.keyjar.get_signing_key("RSA") if keys is None else keys
        return str(JWS(json.dumps(claims), alg=alg).sign_compact(chosen))

    def rotate(self) -> None:
        """Sign with other keys from now on."""
        fresh = build_keyjar(_KEYS).export_jwks(private=True)
        for owner in ("", self.issuer):
            self.server.keyjar._issuers.pop(owner, None)
            self.server.keyjar.import_jwks(fresh, owner)

    def _answer(self, request: Any) -> Any:
        paths = {
            "/.well-known/openid-configuration": "provider_config",
            "/authorization": "authorization",
            "/token": "token",
            "/userinfo": "userinfo",
        }
        if request.path == "/jwks.json":
            return Response(json=self.server.keyjar.export_jwks(private=False, issuer_id=""))
        if request.path == "/verify":
            return self._verify(request)
        if request.path not in paths:
            return Response(status=404)
        return self._served(self.server.get_endpoint(paths[request.path]), request)

    def _served(self, endpoint: Any, request: Any) -> Any:
        info = {
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "method": request.method,
            "url": request.url,
            "cookie": [],
        }
        given: Any = dict(request.GET) or None
        if request.method == "POST":
            given = request.body.decode()
        try:
            parsed = endpoint.parse_request(given, http_info=info)
        except Exception as error:
            return Response(status=401, json={"error": "invalid", "why": repr(error)})
        if "error" in parsed:
            return Response(status=400, json=parsed.to_dict())
        args = endpoint.process_request(parsed, http_info=info)
        if "http_response" in args:
            return Response(body=args["http_response"].encode(), content_type="text/html")
        return self._rendered(endpoint, parsed, args)

    def _rendered(self, endpoint: Any, parsed: Any, args: Any) -> Any:
        if "error" in args:
            return Response(status=400, json={k: str(v) for k, v in args.items() if k == "error"})
        if "redirect_location" in args:
            return Response(status=303, location=args["redirect_location"])
        shown = endpoint.do_response(request=parsed, **args)
        if shown["response"].startswith("http"):
            return Response(status=303, location=shown["response"])
        return Response(
            body=shown["response"].encode(), content_type="application/json", charset="utf-8"
        )

    def _verify(self, request: Any) -> Any:
        method = self.server.context.authn_broker.get_method_by_id("user")
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        try:
            username = method.verify(username=form["username"], password=form["password"])
        except FailedAuthentication:
            return Response(status=403)
        kept = method.unpack_token(form["token"])
        asked = self.server.get_endpoint("authorization")
        parsed = asked.request_cls().from_urlencoded(kept["query"])
        event = create_authn_event(
            uid=username, authn_info=kept["authn_class_ref"], authn_time=None
        )
        session_id = self.server.context.session_manager.create_session(
            authn_event=event, auth_req=parsed, user_id=username, client_id=parsed["client_id"]
        )
        args = asked.authz_part2(parsed, session_id)
        return self._rendered(asked, parsed, args)


class _Form:
    """What the provider's login method needs of a template engine."""

    def render(self, template: str, **values: Any) -> str:
        return _FORM.format(action=values["action"], token=values["token"])


class _ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def served(app: Any, *, port: int) -> Iterator[str]:
    """Serve a WSGI application on a port of the loopback address; yields its address."""
    httpd = make_server(HOST, port, app, _ThreadingServer, _Quiet)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{port}"
    finally:
        httpd.shutdown()
        httpd.server_close()


@contextmanager
def openid_provider(folder: Path, *, redirect_uris: Sequence[str] = ()) -> Iterator[Provider]:
    """Run a provider on the loopback address until the block ends.

    Args:
        folder: for what it reads.
        redirect_uris: of its clients.
    """
    port = free_port()
    issuer = f"http://{HOST}:{port}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = Server(OPConfiguration(_configuration(issuer, folder), str(folder)))
    for name in (CLIENT_ID, OTHER_CLIENT):
        server.context.cdb[name] = {
            "client_id": name,
            "client_secret": CLIENT_SECRET,
            "client_salt": "salted",
            "redirect_uris": [(uri, {}) for uri in redirect_uris],
            "response_types_supported": ["code"],
            "token_endpoint_auth_method": "client_secret_post",
            "allowed_scopes": ["openid", "profile", "email"],
            "scopes_supported": ["openid", "profile", "email"],
        }
        server.keyjar.add_symmetric(name, CLIENT_SECRET)
    provider = Provider(issuer, server)
    with served(provider, port=port):
        yield provider


def _configuration(issuer: str, folder: Path) -> dict[str, Any]:
    (folder / "passwords.json").write_text(json.dumps(dict.fromkeys(USERS, PASSWORD)))
    (folder / "users.json").write_text(json.dumps(USERS))
    room = "idpyoidc.server"
    enc = {
        "kwargs": {
            "keys": {
                "key_defs": [
                    {"type": "OCT", "use": ["enc"], "kid": "password"},
                    {"type": "OCT", "use": ["enc"], "kid": "salt"},
                ]
            }
        }
    }
    return {
        "issuer": issuer,
        "base_url": issuer,
        "httpc_params": {"verify": False},
        "key_conf": {"key_defs": _KEYS, "uri_path": "jwks.json"},
        "keys": {"key_defs": _KEYS, "uri_path": "jwks.json"},
        "session_params": {"encrypter": enc},
        "cookie_handler": {
            "class": f"{room}.cookie_handler.CookieHandler",
            "kwargs": {
                "keys": {
                    "key_defs": [
                        {"type": "OCT", "use": ["enc"], "kid": "enc"},
                        {"type": "OCT", "use": ["sig"], "kid": "sig"},
                    ]
                },
                "name": {"session": "op", "register": "rp", "session_management": "sman"},
            },
        },
        "token_handler_args": {
            "key_conf": {"key_defs": [{"type": "oct", "bytes": 24, "use": ["enc"], "kid": "code"}]},
            "code": {"lifetime": 600, "kwargs": {"crypt_conf": enc}},
            "token": {
                "class": f"{room}.token.jwt_token.JWTToken",
                "kwargs": {"lifetime": 3600, "alg": "RS256"},
            },
            "id_token": {"class": f"{room}.token.id_token.IDToken", "kwargs": {}},
        },
        "endpoint": {
            "provider_config": {
                "path": ".well-known/openid-configuration",
                "class": f"{room}.oidc.provider_config.ProviderConfiguration",
                "kwargs": {"client_authn_method": None},
            },
            "authorization": {
                "path": "authorization",
                "class": f"{room}.oidc.authorization.Authorization",
                "kwargs": {
                    "client_authn_method": None,
                    "response_types_supported": ["code"],
                    "response_modes_supported": ["query"],
                },
            },
            "token": {
                "path": "token",
                "class": f"{room}.oidc.token.Token",
                "kwargs": {"client_authn_method": ["client_secret_post"]},
            },
            "userinfo": {"path": "userinfo", "class": f"{room}.oidc.userinfo.UserInfo"},
        },
        "userinfo": {
            "class": f"{room}.user_info.UserInfo",
            "kwargs": {"db_file": str(folder / "users.json")},
        },
        "authentication": {
            "user": {
                "acr": INTERNETPROTOCOLPASSWORD,
                "class": f"{room}.user_authn.user.UserPassJinja2",
                "kwargs": {
                    "verify_endpoint": "/verify",
                    "template_handler": _Form(),
                    "db": {
                        "class": f"{room}.util.JSONDictDB",
                        "kwargs": {"filename": str(folder / "passwords.json")},
                    },
                },
            }
        },
        "add_on": {
            "pkce": {
                "function": f"{room}.oauth2.add_on.pkce.add_support",
                "kwargs": {"essential": True},
            }
        },
    }
