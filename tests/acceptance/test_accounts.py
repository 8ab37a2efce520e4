"""What the time of a login tells of who has an account: nothing."""

from __future__ import annotations

from tests.factories import build_api
from tests.plugins.accounts.test_enumeration import SETTINGS, ratio_of_medians

LOGINS = 500


def test_known_and_unknown_names_take_the_same_time(tmp_path, report):
    # The second time, the account has a hash of the former cost.
    for rounds in ("8", "9"):
        app = build_api("sqlite", tmp_path, **{**SETTINGS, "account_bcrypt_rounds": rounds})
        ratio, median = ratio_of_medians(app, logins=LOGINS)
        report(
            f"{LOGINS} logins each, bcrypt cost {rounds}: median {median * 1000:.1f} ms, "
            f"known / unknown {ratio:.3f}"
        )
        assert 0.9 <= ratio <= 1.1
