"""docs/tutorials/sql-views.md on a PostgreSQL that Kinto wrote to."""

import json
from pathlib import Path

import psycopg2

from tests import databases, factories
from tests.docs.blocks import DOCS, blocks_of

BLOCKS = blocks_of(DOCS / "tutorials" / "sql-views.md")
COLLECTION = "/buckets/home/collections/tasks"


def table_of(text: str) -> list[list[str]]:
    """The cells of a table, without its head."""
    return [[cell.strip() for cell in line.split("|")] for line in text.splitlines()[1:]]


def test_the_views_answer_as_the_page_says(tmp_path: Path) -> None:
    url = databases.database_url()
    addresses = {f"{kind}_url": url for kind in ("storage", "permission", "cache")}
    api = factories.build_api("postgresql", tmp_path, **addresses)
    headers = factories.credentials("ann")
    api.put("/buckets/home", headers=headers)
    api.put(COLLECTION, headers=headers)
    for record in [*json.loads(BLOCKS[0].content), {"id": "gone", "minutes": 1000}]:
        api.post_json(f"{COLLECTION}/records", {"data": record}, headers=headers)
    api.delete(f"{COLLECTION}/records/gone", headers=headers)
    role = f"reporting_{url.rpartition('_')[2]}"  # roles are of the whole server
    connection = psycopg2.connect(url)
    connection.autocommit = True
    compared = 0
    with connection.cursor() as cursor:
        for block, following in zip(BLOCKS, [*BLOCKS[1:], None], strict=True):
            if block.language != "sql":
                continue
            for statement in filter(str.strip, block.content.split(";")):
                cursor.execute(statement.replace("reporting", role))
            if following is not None and following.language == "text":
                found = [[str(value) for value in row] for row in cursor.fetchall()]
                assert found == table_of(following.content)
                compared += 1
        assert compared == 2
        cursor.execute(f"SET ROLE {role}")
        cursor.execute("SELECT count(*) FROM reports.tasks")
        assert cursor.fetchall() == [(4,)]
        cursor.execute("SELECT has_table_privilege('objects', 'SELECT')")
        assert cursor.fetchall() == [(False,)]
        cursor.execute(f"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")
    connection.close()
