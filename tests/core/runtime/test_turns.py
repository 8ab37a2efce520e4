"""The lock of writers goes round in the order of asking."""

import threading
import time

from kinto.core.runtime.turns import TurnLock


def test_waiters_are_served_in_the_order_of_asking():
    lock, served, threads = TurnLock(), [], []
    assert lock.acquire(0)
    for name in range(5):

        def wait(name=name):
            assert lock.acquire(5)
            served.append(name)
            lock.release()

        threads.append(threading.Thread(target=wait))
        threads[-1].start()
        while len(lock._waiting) < name + 1:
            time.sleep(0.001)
    lock.release()
    for thread in threads:
        thread.join(5)
    assert served == [0, 1, 2, 3, 4]


def test_a_thread_that_gives_up_loses_its_turn():
    lock = TurnLock()
    assert lock.acquire(0)
    assert not lock.acquire(0.01)
    lock.release()
    assert lock.acquire(0)
    lock.release()


def test_giving_up_and_being_served_at_once_leaves_the_lock_usable():
    lock, inside = TurnLock(), []

    def compete():
        for _ in range(300):
            if lock.acquire(0.0001):
                inside.append(1)
                assert len(inside) == 1
                inside.pop()
                lock.release()

    threads = [threading.Thread(target=compete) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert lock.acquire(1)
