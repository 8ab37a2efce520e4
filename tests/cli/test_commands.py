"""Commands: which work each starts, with what, and which exit code comes back."""

from importlib.metadata import version

import pytest


def test_version_is_that_of_the_distribution(kinto, here, capsys):
    assert kinto("version") == 0
    assert capsys.readouterr().out.strip() == version("kinto")


def test_without_subcommand_usage_is_shown(kinto, capsys):
    assert kinto() == 2
    shown = capsys.readouterr().err
    assert "usage: kinto" in shown
    assert "kinto: error: the following arguments are required: subcommand" in shown


def test_an_unknown_subcommand_is_refused(kinto, capsys):
    assert kinto("foo") == 2
    assert "argument subcommand: invalid choice: 'foo' (choose from" in capsys.readouterr().err


def test_options_come_after_the_subcommand(kinto):
    assert kinto("-v", "version") == 2


def test_a_port_is_a_number(kinto, capsys):
    assert kinto("start", "--port", "abc") == 2
    assert "argument --port: invalid int value: 'abc'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["init", "start", "migrate", "flush-cache", "purge-deleted", "delete-collection"]
)
def test_each_command_explains_itself(kinto, capsys, command):
    assert kinto(command, "--help") == 0
    assert f"usage: kinto {command}" in capsys.readouterr().out


def test_migrate_gets_the_bootstrapped_server(kinto, replaced, ini):
    path = ini()
    assert kinto("migrate", "--ini", path, "--dry-run") == 0
    replaced.bootstrap.assert_called_once_with(path, options={"command": "migrate"})
    replaced.scripts.migrate.assert_called_once_with(replaced.bootstrap.return_value, dry_run=True)


def test_the_environment_is_closed_afterwards(kinto, replaced, ini):
    kinto("migrate", "--ini", ini())
    replaced.bootstrap.return_value["closer"].assert_called_once_with()


def test_flush_cache_gets_the_bootstrapped_server(kinto, replaced, ini):
    assert kinto("flush-cache", "--ini", ini()) == 0
    replaced.scripts.flush_cache.assert_called_once_with(replaced.bootstrap.return_value)


def test_purge_deleted_gets_names_and_a_number(kinto, replaced, ini):
    assert kinto("purge-deleted", "--ini", ini(), "record", "group", "-5") == 0
    replaced.scripts.purge_deleted.assert_called_once_with(
        replaced.bootstrap.return_value, ["record", "group"], -5
    )


def test_purge_deleted_needs_a_number(kinto, replaced, ini):
    assert kinto("purge-deleted", "--ini", ini(), "record") == 2


def test_create_user_gives_the_code_of_the_plugin(kinto, replaced, ini):
    replaced.accounts.create_user.return_value = 52
    assert kinto("create-user", "--ini", ini(), "-u", "ann", "-p", "x") == 52
    replaced.accounts.create_user.assert_called_once_with(
        replaced.bootstrap.return_value, username="ann", password="x"
    )


def test_start_hands_the_file_to_pserve(kinto, replaced, ini):
    path = ini()
    assert kinto("start", "--ini", path, "--port", "9999") == 0
    argv = replaced.pserve.main.call_args.kwargs["argv"]
    assert argv[-2:] == [path, "http_port=9999"]


def test_the_default_port_is_8888(kinto, replaced, ini):
    kinto("start", "--ini", ini())
    assert replaced.pserve.main.call_args.kwargs["argv"][-1] == "http_port=8888"


@pytest.mark.parametrize(("option", "passed"), [("--reload", "--reload"), ("-q", "-q")])
def test_start_passes_on(kinto, replaced, ini, option, passed):
    kinto("start", "--ini", ini(), option)
    assert passed in replaced.pserve.main.call_args.kwargs["argv"]


def test_the_default_file_is_used_when_it_exists(kinto, replaced, here):
    (here / "config").mkdir()
    (here / "config" / "kinto.ini").write_text("[app:main]\nuse = egg:kinto\n")
    assert kinto("start") == 0
    assert "config/kinto.ini" in replaced.pserve.main.call_args.kwargs["argv"]


def test_a_file_named_by_the_environment_must_exist(kinto, replaced, monkeypatch, capsys):
    monkeypatch.setenv("KINTO_INI", "config/kinto.ini")
    assert kinto("start") == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "FileNotFoundError: [Errno 2] No such file or directory: 'config/kinto.ini'"


def test_an_ini_file_and_a_data_folder_exclude_each_other(kinto, replaced, ini):
    assert kinto("start", "--ini", ini(), "--data", "d") == 2


def test_host_is_not_for_ini_files(kinto, replaced, ini, capsys):
    assert kinto("start", "--ini", ini(), "--host", "0.0.0.0") == 2
    assert "[server:main]" in capsys.readouterr().err


def test_a_misspelled_setting_is_one_clear_line(kinto, replaced, ini, capsys):
    path = ini("kinto.paginate_bye = 5")
    assert kinto("start", "--ini", path) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        f"ERROR  Unknown setting 'kinto.paginate_bye' ({path}, line 7); "
        "did you mean 'kinto.paginate_by'?"
    )
    replaced.pserve.main.assert_not_called()


def test_a_conflict_is_one_clear_line(kinto, replaced, ini, capsys):
    assert kinto("start", "--ini", ini("kinto.readonly = true", "readonly = false")) == 1
    assert "Settings 'readonly', 'kinto.readonly' are in conflict." in capsys.readouterr().err
