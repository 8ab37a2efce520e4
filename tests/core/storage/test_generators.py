import pytest

from kinto.core.storage import generators


class Named(generators.Generator):
    def __call__(self):
        return "name-1"


def test_the_base_generator_makes_no_id():
    with pytest.raises(NotImplementedError):
        generators.Generator()


def test_a_generator_whose_ids_it_refuses_cannot_be_made():
    class Contradiction(generators.Generator):
        regexp = "^[0-9]+$"

        def __call__(self):
            return "letters"

    with pytest.raises(ValueError, match=r"^Generated object id does comply with regexp\.$"):
        Contradiction()


@pytest.mark.parametrize("object_id", ["a", "A-b_c", "0"])
def test_the_default_pattern_accepts(object_id):
    assert Named().match(object_id)


@pytest.mark.parametrize("object_id", ["", "-a", "a b", "é", "a\n", "a/b", "_a"])
def test_the_default_pattern_refuses(object_id):
    assert not Named().match(object_id)


def test_uuids_comply_and_differ():
    generator = generators.UUID4()
    made = {generator() for _ in range(100)}
    assert len(made) == 100
    assert all(map(generator.match, made))


@pytest.mark.parametrize(
    ("object_id", "accepted"),
    [
        ("472be9ec-26fe-461b-8282-9c4e4b207ab3", True),
        ("11111111-1111-1111-1111-111111111111", True),
        ("472BE9EC-26FE-461B-8282-9C4E4B207AB3", False),
        ("472be9ec26fe461b82829c4e4b207ab3", False),
        ("472be9ec-26fe-461b-8282-9c4e4b207ab3\n", False),
    ],
)
def test_any_lower_case_uuid_is_accepted(object_id, accepted):
    assert bool(generators.UUID4().match(object_id)) is accepted
