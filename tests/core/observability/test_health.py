import threading

from kinto.core.observability.health import HealthChecks


def test_a_check_that_hangs_has_one_thread_however_often_it_is_asked_for():
    release = threading.Event()
    started = []

    def hang(request):
        started.append(request)
        return release.wait(10)

    checks = HealthChecks()
    for number in range(5):
        assert checks.run({"hung": hang}, number, timeout=0.01) == {"hung": False}
    assert started == [0]
    release.set()


def test_who_asks_meanwhile_gets_the_same_answer():
    release = threading.Event()
    checks = HealthChecks()
    answers = []

    def ask():
        answers.append(checks.run({"slow": lambda request: release.wait(10)}, None, timeout=10))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    release.set()
    for thread in threads:
        thread.join()
    assert answers == [{"slow": True}] * 3


def test_a_check_is_asked_again_once_it_has_answered():
    answers = iter([True, False, None])
    checks = HealthChecks()
    found = [checks.run({"a": lambda request: next(answers)}, None, timeout=5) for _ in range(3)]
    assert found == [{"a": True}, {"a": False}, {"a": True}]
