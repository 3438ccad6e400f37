"""Whichever door a week comes by, the platform says the same of it: what the simulator knows to be true."""

import pytest

from tests.doors.ways import WAYS
from tests.doors.week import different, end_week, platform

pytestmark = [pytest.mark.broker, pytest.mark.slow]


@pytest.mark.parametrize("way", WAYS)
def test_a_week_is_the_same_by_every_door(settings, way):
    with platform(settings) as (running, messages):
        WAYS[way](running, messages)
        end_week(running)
        assert different(settings.database) == []


def test_a_week_that_two_doors_tell_is_counted_once(settings):
    with platform(settings) as (running, messages):
        WAYS["http"](running, messages)
        WAYS["lines"](running, messages[::-1])
        end_week(running)
        assert different(settings.database) == []
