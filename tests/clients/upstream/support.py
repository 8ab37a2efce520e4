"""What kinto-http's functional tests import from their own `support`, for basic authentication.

Their module creates accounts with the accounts plugin; any user name is a user here.
"""

import requests


def get_user_id(server_url: str, credentials: tuple[str, str]) -> str:
    """The principal of these credentials, as the server names it."""
    answer = requests.get(f"{server_url}/", auth=credentials, timeout=10)
    answer.raise_for_status()
    return answer.json()["user"]["id"]
