"""A lock that one has for as long as its connection lives."""

import threading

import psycopg
import pytest

from streams.alone import is_alone

pytestmark = pytest.mark.broker
LOCK = 815


def test_another_is_refused_after_a_moment(database):
    with psycopg.connect(database, autocommit=True) as one, psycopg.connect(database, autocommit=True) as other:
        assert is_alone(one, LOCK)
        assert not is_alone(other, LOCK, patience=0.1)
        assert is_alone(other, LOCK + 1)


def test_who_comes_right_after_another_has_it(database):
    one = psycopg.connect(database, autocommit=True)
    assert is_alone(one, LOCK)
    ends = threading.Timer(0.3, one.close)
    with psycopg.connect(database, autocommit=True) as other:
        ends.start()
        assert is_alone(other, LOCK, patience=10)
    ends.join()
