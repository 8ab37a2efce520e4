"""The files of docs/operations/docker.md and systemd.md name what there is: images, commands, settings."""

import configparser
import re
import shlex
from pathlib import Path

import yaml

from kinto.cli.parser import build_parser
from kinto.core.settings.backends import CacheSettings, PermissionSettings, StorageSettings
from tests.docs.blocks import DOCS, blocks_of
from tests.servers import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def block_of(page: str, language: str) -> str:
    (found,) = (
        b.content
        for b in blocks_of(DOCS / "operations" / page)
        if b.language == language and b.marker.startswith("run by")
    )
    return found


def test_the_services_of_docker_name_settings_and_paths_that_exist() -> None:
    services = yaml.safe_load(block_of("docker.md", "yaml"))["services"]
    kinto = services["kinto"]["environment"]
    sections = (StorageSettings, PermissionSettings, CacheSettings)
    known = {f"KINTO_{each.name.upper()}" for kind in sections for each in kind.declarations()}
    assert set(kinto) <= known | {"KINTO_INI"}
    (mounted,) = services["kinto"]["volumes"]
    assert mounted.split(":")[1] == kinto["KINTO_INI"]
    (port,) = services["kinto"]["ports"]
    assert f"EXPOSE {port.split(':')[2]}" in DOCKERFILE
    database = services["database"]["environment"]
    address = "postgresql://{POSTGRES_USER}:{POSTGRES_PASSWORD}@database/{POSTGRES_DB}"
    assert {value for name, value in kinto.items() if name.endswith("_URL")} == {
        address.format_map(database)
    }


def test_the_image_is_what_the_page_says() -> None:
    page = (DOCS / "operations" / "docker.md").read_text(encoding="utf-8")
    (user,) = re.findall(r"^USER (\d+):", DOCKERFILE, flags=re.MULTILINE)
    assert f"user {user}" in page
    assert "kinto start --data /data" in DOCKERFILE and "kinto migrate" in DOCKERFILE


def test_the_unit_of_systemd_runs_commands_that_exist() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(block_of("systemd.md", "ini"))
    service = unit["Service"]
    parser = build_parser(default_ini="config/kinto.ini", default_port=8888)
    for line in (service["ExecStartPre"], service["ExecStart"]):
        program, *arguments = shlex.split(line)
        assert Path(program).name == "kinto"
        parser.parse_args(arguments)
    assert int(service["TimeoutStopSec"]) > 30
