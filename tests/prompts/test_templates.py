"""Names in prompts."""

import pytest

from backend.prompts.services.templates import VARIABLES, fill, mentions, problems

VALUES = {name: f"<{name}>" for name in VARIABLES}


def test_names_are_replaced_wherever_they_stand():
    assert fill("{{document.title}}, {{ date }}!", VALUES) == "<document.title>, <date>!"


def test_what_looks_like_a_name_in_a_value_stays():
    assert fill("{{document.title}}", {**VALUES, "document.title": "{{date}} $x {y}"}) == "{{date}} $x {y}"


@pytest.mark.parametrize("prompt", ["Say {hello}", '{"a": {"b": 1}}', "100 $ {", "}} only", "$date ${date}"])
def test_braces_and_dollars_of_other_kinds_mean_nothing(prompt):
    assert problems(prompt) == []
    assert fill(prompt, VALUES) == prompt


def test_an_unknown_name_is_told_with_those_that_there_are():
    (told,) = problems("{{document.author}} {{date}}")
    assert "document.author" in told
    assert all(name in told for name in VARIABLES)


@pytest.mark.parametrize("prompt", ["{{", "{{date}", "{{ Date }}", "{{document.title.}}", "{{{{date}}", "{{a b}}"])
def test_a_name_that_is_not_closed_is_told(prompt):
    assert problems(prompt)


def test_how_often_a_name_is_mentioned_is_known():
    prompt = "{{document.text}} {{date}} {{ document.text }} {document.text} document.text"
    assert (mentions(prompt, "document.text"), mentions(prompt, "batch.title")) == (2, 0)
