"""The published plugins whose own suites run against us, and what to expect of each.

Nothing of theirs is kept here. kinto-megaphone, kinto-elasticsearch and kinto-algolia publish no
tests, or need clients that are gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Suite:
    """One release and its result.

    Args:
        passed: number of tests that pass.
        failing: the others by name, each with the reason.
        hurried: tests that give the cache ten milliseconds, or count on two writes not falling
            into one millisecond: tried again.
        installed: whether the release is installed; else its source folder is put on the path.
        needs: services that are started for it: `redis`, `postgresql`, `server`.
        files: configuration that the source archive leaves out, by path.
        needs_python_312: the suite itself needs a newer Python than we do.
    """

    name: str
    release: str
    passed: int
    failing: dict[str, str] = field(default_factory=dict)
    hurried: tuple[str, ...] = ()
    installed: bool = True
    needs: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    needs_python_312: bool = False

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.release}"


DEPENDENCIES = """
boto3 canonicaljson-rs ec2_metadata ecdsa google-cloud-storage greenlet jinja2 kinto-http lxml mock
portier-python prometheus_client psycopg2-binary pusher PyFxA pyramid_mailer pytest redis<8
requests-hawk ruamel.yaml statsd webtest zope.sqlalchemy
""".split()
"""What the plugins and their suites need besides Kinto."""

WITHOUT_THEIR_DEPENDENCIES = ("amo2kinto", "kinto-megaphone==0.5.0")
"""Needed as well, or only to be installable; their own requirements name other releases."""

WIZARD_CLIENT = ("jsonschema", "kinto-http", "pytest", "requests", "ruamel.yaml")

_REMOTE = "asks a remote service"
_LACKING = "the plugin has no such feature"

SIGNER_INI = """
[app:main]
use = egg:kinto
kinto.includes = kinto_signer
kinto.userid_hmac_secret = the secret of a test
kinto.bucket_create_principals = system.Authenticated
multiauth.policies = basicauth
storage_backend = kinto.core.storage.memory
permission_backend = kinto.core.permission.memory
cache_backend = kinto.core.cache.memory
kinto.signer.resources =
    /buckets/alice/collections/source -> /buckets/alice/collections/destination
    /buckets/alice/collections/from -> /buckets/alice/collections/preview -> /buckets/alice/collections/to
    /buckets/bob/collections/source -> /buckets/bob/collections/destination
    /buckets/stage -> /buckets/preview -> /buckets/prod
kinto.signer.signer_backend = kinto_signer.signer.autograph
kinto.signer.autograph.server_url = http://localhost:8000
kinto.signer.autograph.hawk_id = alice
kinto.signer.autograph.hawk_secret = fs5w-the-secret-of-a-test
"""
"""Ours, as the archive has none: what its tests show that they expect."""

SUITES = (
    Suite("kinto-attachment", "8.0.0", 156),
    Suite("kinto-attachment", "9.0.1", 162, installed=False),
    Suite("kinto-emailer", "4.0.0", 37),
    Suite("kinto-changes", "4.1.2", 40, hurried=("test_changeset_exists_for_monitor_changes",)),
    Suite(
        "kinto-signer",
        "8.1.1",
        174,
        {
            "test_a_statsd_timer_is_used_for_signature_if_configured": "wants a statsd client"
            " inside the metrics service that does nothing",
            "test_returns_400_if_contains_float": "has a mock as signature, which is no JSON; its"
            " own configuration, which the archive lacks, may sign with a key there",
        },
        needs=("postgresql",),
        files={"tests/config/signer.ini": SIGNER_INI},
    ),
    Suite("kinto-wizard", "6.0.1", 35, needs=("server",), needs_python_312=True),
    Suite(
        "kinto-redis",
        "2.1.0",
        232,
        {
            "test_all_timestamps_by_parent_id": _LACKING,
            "test_purge_deleted_does_not_support_before_and_max_retained": _LACKING,
            "test_purge_deleted_remove_with_max_count_per_collection": _LACKING,
            "test_purge_deleted_with_max_retained_only_affects_tombstones": _LACKING,
            "test_trims_n_of_same_resource": _LACKING,
        },
        needs=("redis",),
    ),
    Suite("kinto-amo", "1.0.1", 26),
    Suite("kinto-pusher", "1.0.0", 1),
    Suite(
        "kinto-facebook",
        "0.1.0",
        37,
        hurried=("test_oauth_verification_is_cached", "test_oauth_verification_cache_has_ttl"),
    ),
    Suite("kinto-portier", "0.4.0", 35),
    Suite(
        "kinto-fxa",
        "2.5.3",
        54,
        dict.fromkeys(
            (
                "test_fails_to_connect_if_bearer_matches_multiple_config",
                "test_fails_to_match_a_client_if_only_one_of_the_required_scopes",
                "test_oauth_verification_cache_has_ttl",
                "test_oauth_verification_is_cached",
                "test_oauth_verification_is_done_once_per_request",
                "test_oauth_verification_uses_cache_by_token",
                "test_returns_fxa_userid",
                "test_returns_fxa_userid_for_lockbox",
                "test_returns_fxa_userid_for_notes",
                "test_returns_fxa_userid_in_principals",
                "test_returns_fxa_userid_in_principals_for_lockbox",
                "test_returns_fxa_userid_in_principals_for_notes",
            ),
            _REMOTE,
        ),
    ),
)
