import json

from tests.core.application import core_app


def test_the_file_of_the_deployment_is_shown(tmp_path):
    deployed = {"name": "kinto", "version": "1.2", "commit": "abc"}
    path = tmp_path / "version.json"
    path.write_text(json.dumps(deployed))
    app = core_app(version_json_path=str(path))
    assert app.get("/v0/__version__").json == deployed

    path.unlink()
    assert app.get("/v0/__version__").json == deployed


def test_a_deployment_without_file_has_no_version(tmp_path):
    app = core_app(version_json_path=str(tmp_path / "missing.json"))
    response = app.get("/v0/__version__", status=404)
    assert response.json["errno"] == 111


def test_each_application_reads_its_own_file(tmp_path):
    for name in ("one", "two"):
        path = tmp_path / name
        path.write_text(f'{{"name": "{name}"}}')
        assert core_app(version_json_path=str(path)).get("/v0/__version__").json == {"name": name}


def test_a_file_that_is_no_json_is_no_version(tmp_path):
    path = tmp_path / "version.json"
    path.write_text("{")
    assert core_app(version_json_path=str(path)).get("/v0/__version__", status=404)
