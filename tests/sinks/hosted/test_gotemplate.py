from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.gotemplate import ANY, GoTemplate, GoTemplateProblem, is_go

KNOWN = {
    "Type": "",
    "Message": "",
    "Count": 0,
    "Namespace": "",
    "InvolvedObject": {"Kind": "", "Name": ""},
    "Labels": ANY,
}
VALUES = {
    "Type": "Warning",
    "Message": 'said "no"',
    "Count": 3,
    "Namespace": "",
    "InvolvedObject": {"Kind": "Pod", "Name": "web-0"},
    "Labels": {"app": "web", "a/b": "c"},
}


def rendered(source: str) -> str:
    return GoTemplate(source, KNOWN).render(VALUES)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain", "plain"),
        ("{{.Type}}", "Warning"),
        ("{{ .InvolvedObject.Kind }}/{{ .InvolvedObject.Name }}", "Pod/web-0"),
        ("{{\n .Type\n}}", "Warning"),
        ("a  {{- .Type -}}  b", "aWarningb"),
        ("a {{/* a comment */}} b", "a  b"),
        ("a {{- /* a comment */ -}} b", "ab"),
        ("{{ .Count }}", "3"),
        ("{{ .Labels.app }}", "web"),
        ('{{ index .Labels "a/b" }}', "c"),
        ("{{ .Labels.missing }}", ""),
        ('{{ if eq .Type "Warning" }}red{{ else }}green{{ end }}', "red"),
        ('{{ if eq .Type "Normal" "Other" }}a{{ else if ne .Count 3 }}b{{ else }}c{{ end }}', "c"),
        ("{{ if .Namespace }}in {{ .Namespace }}{{ end }}!", "!"),
        ('{{ if and (eq .Type "Warning") (not .Namespace) }}yes{{ end }}', "yes"),
        ("{{ if .Type }}{{ if .Namespace }}a{{ else }}b{{ end }}{{ end }}", "b"),
        ('{{ printf "%s: %d%%" .Type .Count }}', "Warning: 3%"),
        ('{{ .Message | printf "%q" }}', '"said \\"no\\""'),
        ('{{ or .Namespace "none" }}', "none"),
        ("{{ len .Type }}", "7"),
        ("{{ `raw` }}", "raw"),
    ],
)
def test_rendering(source: str, expected: str) -> None:
    assert rendered(source) == expected


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{{ .Mesage }}", "asks for .Mesage, which there is not; known are .Type, .Message"),
        ("{{ .InvolvedObject }}", "prints all of .InvolvedObject"),
        ("{{ .InvolvedObject.Sort }}", "known are .Kind, .Name"),
        ("{{ range .Labels }}{{ end }}", "uses range"),
        ("{{ toUpper .Type }}", "uses toUpper"),
        ("{{ if .Type }}", "without {{ end }}"),
        ("{{ end }}", "without an if"),
        ("{{ .Type", "has {{ without }}"),
        ("{{ }}", "is empty"),
        ("{{ .Type .Count }}", "is not understood"),
        ("{{ eq .Type }}", "gives eq 1 values"),
        ("{{ (.Type }}", "without )"),
        ("{{ ) }}", "is not understood"),
        ("{{ .Type | .Count }}", "no function"),
        ("{{ # }}", "is not understood"),
        ("{{ .Type | }}", "is empty"),
        ("{{ eq ( }}", "is"),
    ],
)
def test_what_cannot_be_used_is_told_at_once(source: str, told: str) -> None:
    with pytest.raises(GoTemplateProblem) as caught:
        rendered(source)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(alphabet='{}.|()-"`/* \nTypeifelsendeqnot0', max_size=60))
def test_no_source_is_a_defect(source: str) -> None:
    with contextlib.suppress(GoTemplateProblem):
        assert isinstance(rendered(source), str)


@given(st.text())
def test_an_escaped_value_never_breaks_the_body(text: str) -> None:
    template = GoTemplate('{"text": "{{ .Message }}"}', KNOWN)
    made = template.render({"Message": text}, lambda value: json.dumps(value)[1:-1])
    assert json.loads(made) == {"text": text}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ .Type }}", True),
        ("{{- .Type }}", True),
        ('{{ if eq .Type "x" }}', True),
        ("{{ message | tojson }}", False),
        ("{% if level %}{{ level }}{% endif %}", False),
        ("plain", False),
    ],
)
def test_which_language_it_is(source: str, expected: bool) -> None:
    assert is_go(source) is expected
