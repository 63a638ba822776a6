"""Composed statements: one text for each shape, parameters in the order of their values."""

from decimal import Decimal
from uuid import UUID

from generated.sql.property import properties_on_market
from server.composition import Bound, Condition, Order, compose_by_keys, compose_count, compose_page

ID = UUID(int=7)
CHEAPEST = Order("list_price", False)


def test_values_do_not_change_the_text_and_its_text_is_compiled_once() -> None:
    one = compose_page(properties_on_market, [Condition("city", "any", ["Elk Grove"])], CHEAPEST, 8)
    other = compose_page(properties_on_market, [Condition("city", "any", ["'; drop table x"])], CHEAPEST, 3)
    assert one.text is other.text
    assert one.arguments == (["Elk Grove"], 8)
    assert other.arguments == (["'; drop table x"], 3)


def test_no_value_is_ever_in_the_text() -> None:
    composed = compose_page(
        properties_on_market,
        [Condition("list_price", "lte", Decimal("123456.78")), Condition("search_text", "matches", "p00l")],
        CHEAPEST,
        4321,
        after=Bound(Decimal("987.65"), ID),
    )
    for value in ("123456", "p00l", "4321", "987", ID.hex):
        assert value not in composed.text.replace("-", "")


def test_parameters_are_in_the_order_of_their_numbers() -> None:
    composed = compose_page(
        properties_on_market,
        [Condition("list_price", "gte", Decimal(1)), Condition("bedrooms_total", "eq", 3)],
        CHEAPEST,
        10,
        after=Bound(Decimal(2), ID),
        before=Bound(Decimal(9), UUID(int=9)),
        on="list_agent_id",
        keys=[UUID(int=1), UUID(int=2)],
    )
    by_number = dict(enumerate(composed.arguments, 1))
    for number, (value, type_) in {
        1: (Decimal(1), "numeric"),
        2: (3, "int4"),
        3: (Decimal(2), "numeric"),
        4: (ID, "uuid"),
        5: (Decimal(9), "numeric"),
        6: (UUID(int=9), "uuid"),
        7: (10, "int8"),
        8: ([UUID(int=1), UUID(int=2)], "uuid[]"),
    }.items():
        number_in_text = next(n for n, given in by_number.items() if given == value)
        assert f"CAST(${number_in_text} AS {type_})" in composed.text, number
    assert len(composed.arguments) == 8


def test_each_direction_of_each_bound_is_a_shape_of_its_own() -> None:
    texts = {
        compose_page(
            properties_on_market,
            [],
            Order("bedrooms_total", descending),
            1,
            after=bound if after else None,
            before=None if after else bound,
            backwards=backwards,
        ).text
        for descending in (True, False)
        for after in (True, False)
        for backwards in (True, False)
        for bound in (Bound(3, ID), Bound(None, ID))
    }
    assert len(texts) == 16


def test_rows_without_a_value_come_last_in_both_directions() -> None:
    for descending in (True, False):
        forwards = compose_page(properties_on_market, [], Order("bedrooms_total", descending), 1).text
        backwards = compose_page(
            properties_on_market, [], Order("bedrooms_total", descending), 1, backwards=True
        ).text
        assert "NULLS LAST" in forwards
        assert "NULLS FIRST" in backwards


def test_a_column_that_is_never_null_needs_no_word_on_nulls() -> None:
    assert "NULLS" not in compose_page(properties_on_market, [], CHEAPEST, 1).text


def test_the_count_of_each_key_is_one_statement() -> None:
    text, arguments = compose_count(properties_on_market, [], "list_agent_id", [ID])
    assert "GROUP BY" in text
    assert arguments == ([ID],)


def test_only_columns_that_are_read_are_selected() -> None:
    text, _ = compose_by_keys(properties_on_market, "id", [ID])
    assert "s.search_text" not in text
    assert "s.geo_point" not in text
    assert "s.listing_key" in text
