from kinto.core.storage import exceptions


def test_a_backend_error_tells_its_original():
    original = ValueError("no disk")
    error = exceptions.BackendError(original)
    assert error.original is original
    assert str(error) == "ValueError: no disk"


def test_a_backend_error_may_have_a_message_of_its_own():
    assert str(exceptions.ReadonlyError(message="not now")) == "not now"


def test_the_old_name_catches_the_new_one():
    assert issubclass(exceptions.ObjectNotFoundError, exceptions.RecordNotFoundError)


def test_a_conflict_is_a_failure_of_the_backend():
    assert issubclass(exceptions.IntegrityError, exceptions.BackendError)


def test_a_unicity_error_knows_the_object_and_keeps_it_out_of_its_message():
    error = exceptions.UnicityError("id", {"id": "a", "secret": "s3cr3t"})
    assert (error.field, error.msg) == ("id", "id is not unique")
    assert error.original == {"id": "a", "secret": "s3cr3t"}
    assert "s3cr3t" not in str(error)
