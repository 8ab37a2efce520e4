import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest

from kinto.core.runtime.deprecation import deprecate_kwargs, synchronized, warn_deprecated


class Shop:
    @deprecate_kwargs({"collection_id": "resource_name", "record": "obj"})
    def create(self, resource_name, obj=None):
        return resource_name, obj


def test_old_keywords_reach_the_function_under_their_new_names():
    with pytest.warns(DeprecationWarning, match="Shop.create parameter"):
        assert Shop().create(collection_id="a", record="b") == ("a", "b")


def test_each_old_keyword_warns_in_the_order_of_the_mapping():
    with mock.patch("warnings.warn") as warn:
        Shop().create(record="b", collection_id="a")
    assert [call.args for call in warn.call_args_list] == [
        (
            "Shop.create parameter 'collection_id' is deprecated, use 'resource_name' instead",
            DeprecationWarning,
        ),
        ("Shop.create parameter 'record' is deprecated, use 'obj' instead", DeprecationWarning),
    ]


def test_new_keywords_and_positions_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Shop().create("a", obj="b") == ("a", "b")
        assert Shop().create(resource_name="a") == ("a", None)


def test_the_decorated_function_keeps_its_name():
    assert Shop.create.__qualname__ == "Shop.create"


def test_the_message_is_sent_as_it_is():
    with pytest.warns(DeprecationWarning, match="^all of it$"):
        warn_deprecated("all of it")


class Counter:
    def __init__(self):
        self.inside = 0
        self.greatest = 0

    @synchronized
    def enter(self):
        self.inside += 1
        self.greatest = max(self.greatest, self.inside)
        self.again()
        self.inside -= 1

    @synchronized
    def again(self):
        threading.Event().wait(0.001)


def test_synchronized_methods_of_one_instance_exclude_each_other():
    counter = Counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: counter.enter(), range(12)))
    assert counter.greatest == 1


def test_synchronized_methods_of_two_instances_do_not():
    first, second = Counter(), Counter()
    first.enter()
    with ThreadPoolExecutor(1) as pool, first._lock:
        pool.submit(second.enter).result(timeout=10)
