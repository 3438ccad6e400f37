"""Names of unknown fields are counted, and stay few and harmless."""

from connectors.unknown_fields import MOST_NAMES, OTHERS, UnknownFields


def test_names_are_counted_by_source_and_taken_once():
    fields = UnknownFields()
    fields.count("a", ["colour", "data.mood"])
    fields.count("a", ["colour"])
    fields.count("b", ["colour"])
    taken = fields.take()
    assert taken == {("a", "colour"): 2, ("a", "data.mood"): 1, ("b", "colour"): 1}
    assert fields.take() == {}
    fields.give_back(taken)
    assert fields.take() == taken


def test_a_name_that_may_be_a_persons_number_or_no_name_at_all_is_not_kept():
    fields = UnknownFields()
    fields.count("a", ["360202198001011234", "data.p13800138000", "x" * 101, "two words", "", "\n", "张三"])
    assert fields.take() == {("a", OTHERS): 7}


def test_a_source_that_makes_up_names_fills_nothing():
    fields = UnknownFields()
    for number in range(10_000):
        fields.count("a", [f"field_{number}"])
    taken = fields.take()
    assert len(taken) == MOST_NAMES + 1
    assert taken.total() == 10_000
