"""Templates that people write: what they can do, and that nothing else can be done with them, in bounded time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.templating import FILTERS, MAX_LOOPS, MAX_TEXT, Template, TemplateProblem
from sinks.variables import EXAMPLES, VARIABLES, message_template


def rendered(source: str, **values: object) -> str:
    return Template(source, VARIABLES).render(EXAMPLES | values)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ reason }} {{ place }} ×{{ occurrences }}", "BackOff shop/checkout ×37"),
        ("{% if occurrences > 30 %}often{% else %}seldom{% endif %}", "often"),
        ("{% for one in names %}{{ loop.index }}:{{ one.name[-5:] }} {% endfor %}", "1:x2k9p 2:b8dqz "),
        ("{% for key, value in labels.items() %}{{ key }}={{ value }}{% endfor %}", "team=shop"),
        ("{{ labels.team | upper }}{{ labels.nothing }}{{ labels.nothing | default('-') }}", "SHOP-"),
        ("{{ message.split(' ')[0] ~ '!' }}", "Back-off!"),
        ("{{ reason | tojson }} {{ names | length }}", '"BackOff" 2'),
        ("{{ 'yes' if level in ['Warning'] else 'no' }}", "yes"),
        ("{{ message | truncate(10) }}", "Back-off …"),
        ("{% set short = name[:8] %}{{ short }}", "checkout"),
    ],
)
def test_what_templates_are_for(source: str, expected: str) -> None:
    assert rendered(source) == expected


def test_markdown_code_lets_nothing_out() -> None:
    assert rendered("{{ message | code }}", message="a ` [b](c) `d") == "`a ' [b](c) 'd`"


ATTACKS = [
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ self }}",
    "{{ self.__init__.__globals__ }}",
    "{{ names.append(1) }}",
    "{{ labels.clear() }}",
    "{{ name.split }}",
    "{{ name.split.__self__ }}",
    "{{ ''|attr('__class__') }}",
    "{{ lipsum() }}",
    "{{ cycler.__init__ }}",
    "{{ range(3) }}",
    "{% for i in range(10**9) %}{% endfor %}",
    "{% for i in range(1000000000) %}{% endfor %}",
    "{% for a in message %}{% for b in message %}{% for c in message %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in message recursive %}{{ loop(message) }}{% endfor %}",
    "{% for a in message %}{% for b in message %}{{ message }}{% endfor %}{% endfor %}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% extends name %}",
    "{{ 'x' * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ name.ljust(1000000000) }}",
    "{{ name | center(1000000000) }}",
    "{% set a = message %}" + "{% set a = a ~ a %}" * 100 + "{{ a }}",
    "{% set a = message %}" + "{% set a = a + a %}" * 100 + "{{ a }}",
    "{% set a = 3 %}" + "{% set a = a * a %}" * 100 + "{{ a }}",
    "{% set a = [1] %}" + "{% set a = [a, a] %}" * 100 + "{{ a }}",
    "{% set a = message.split(' ') %}" + "{% set a = a + a %}" * 100 + "{{ a }}",
    "{% set a %}{% for x in message %}{{ message }}{% endfor %}{% endset %}",
    "{% set ns = namespace(a=1) %}",
    "{% for a in message %}{% endfor %}" * 21,
    "{{ names }}",
    "{{ labels }}",
    "{{" + "(" * 3000 + "1" + ")" * 3000 + "}}",
    "{% if name %}" * 300 + "{% endif %}" * 300,
    "{{ 1 / 0 }}",
    "{{ message.split('') }}",
    "{{ names[0] + 1 }}",
    "{{ nothing }}",
    "{{ name",
    "{% do name %}",
    "x" * 10_001,
]


@pytest.mark.parametrize("source", ATTACKS, ids=lambda source: source[:40])
def test_what_templates_may_not_is_one_clear_line(source: str) -> None:
    begun = time.monotonic()
    with pytest.raises(ValueError) as problem:
        message_template(source)
    assert time.monotonic() - begun < 2
    assert "\n" not in str(problem.value) and len(str(problem.value)) < 700


def test_the_heaviest_template_that_is_accepted_ends_soon() -> None:
    loops = "{% for b in message %}{% if a == b ~ b %}{% endif %}{% endfor %}"
    source = "{% for a in message %}" + loops * (MAX_LOOPS - 1) + "{% endfor %}"
    begun = time.monotonic()
    assert rendered(source, message="x" * 1000) == ""
    assert time.monotonic() - begun < 5


def test_a_typo_names_what_is_known() -> None:
    with pytest.raises(ValueError, match=r"uses 'nmae', which is not known; known are .*name"):
        message_template("{{ nmae }}")


def test_the_line_of_a_mistake_is_told() -> None:
    with pytest.raises(ValueError, match="is no template, line 2"):
        message_template("fine\n{% if %}")


def test_line_ends_can_be_written_in_an_address() -> None:
    assert message_template(r"{{ reason }}\n{{ name }}") == "{{ reason }}\n{{ name }}"


@given(st.text(max_size=200))
def test_any_text_is_a_template_or_a_problem(source: str) -> None:
    try:
        template = Template(source, VARIABLES)
        assert len(template.render(EXAMPLES)) <= MAX_TEXT
    except TemplateProblem as problem:
        assert "\n" not in str(problem)


PIECES = (
    *(
        "{{",
        "}}",
        "{%",
        "%}",
        " name ",
        " message ",
        " for a in names ",
        " endfor ",
        " if ",
        " endif ",
        " set b = ",
        " b ",
    ),
    *("~", "+", "*", "|", "(", ")", "[", "]", ".", "'x'", "1", ",", *FILTERS),
)


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_pieces_are_a_template_or_a_problem(pieces: list[str]) -> None:
    try:
        assert len(Template("".join(pieces), VARIABLES).render(EXAMPLES)) <= MAX_TEXT
    except TemplateProblem as problem:
        assert "\n" not in str(problem)
