"""docs/tutorials/sql-views.md on a PostgreSQL that Kinto wrote to."""

import json
from pathlib import Path

import psycopg2

from tests.docs.blocks import DOCS, blocks_of
from tests.faults.calls import calling
from tests.servers import database_of, running_server

BLOCKS = blocks_of(DOCS / "tutorials" / "sql-views.md")
COLLECTION = "/buckets/home/collections/tasks"


def table_of(text: str) -> list[list[str]]:
    """The cells of a table, without its head."""
    return [[cell.strip() for cell in line.split("|")] for line in text.splitlines()[1:]]


def test_the_views_answer_as_the_page_says(tmp_path: Path) -> None:
    with running_server(backend="postgresql", data=tmp_path) as server:
        with calling(server.url) as call:
            call.must("PUT", "/buckets/home")
            call.must("PUT", COLLECTION)
            for record in json.loads(BLOCKS[0].content):
                call.must("POST", f"{COLLECTION}/records", {"data": record})
            gone = call.must("POST", f"{COLLECTION}/records", {"data": {"minutes": 1000}})
            call.must("DELETE", f"{COLLECTION}/records/{gone.data['id']}")
    role = f"reporting_{database_of(tmp_path).rpartition('_')[2]}"  # roles are of the whole server
    connection = psycopg2.connect(database_of(tmp_path))
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
