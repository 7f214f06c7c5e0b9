"""Matplotlib's SVG made fit for a page: geometry is kept, looks become classes, bars become links.

The drawing is one element with `preserveAspectRatio="none"` and so as wide as its place; texts stand beside
it, placed in per cent, and are never stretched. No `style` attribute is left: the Content-Security-Policy of
the pages forbids them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a bar leads; `title` is its tooltip."""

    url: str
    title: str


def from_matplotlib(
    drawn: bytes, links: Sequence[Link], label: str, foot: int, palette: Mapping[str, str] | None
) -> bytes:
    """`foot` is the room under the bars; `palette` colours an SVG that is not part of a page."""
    source = ET.fromstring(drawn)
    _left, _top, width, height = (float(part) for part in source.attrib["viewBox"].split())
    root = ET.Element("svg", {"class": "chart", "role": "img", "aria-label": label, "height": f"{height:g}"})
    if palette is None:
        root.set("width", "100%")
    else:
        _stand_alone(root, width, height, palette)
    plot = ET.SubElement(
        root,
        "svg",
        {
            "viewBox": f"0 0 {width:g} {height:g}",
            "preserveAspectRatio": "none",
            "width": "100%",
            "height": f"{height:g}",
        },
    )
    for name, group in _named(source):
        if (text := group.find(f"{_SVG}text")) is not None:
            root.append(_text(text, name, width))
        else:
            outline = " ".join(
                path.attrib["d"].replace("\n", " ").strip() for path in group.iter(f"{_SVG}path")
            )
            plot.append(ET.Element("path", {"class": name, "d": outline}))
    for at, link in enumerate(links):
        plot.append(_target(link, at * width / len(links), width / len(links), height - foot))
    return ET.tostring(root, encoding="unicode").encode()


def _named(source: ET.Element) -> Iterator[tuple[str, ET.Element]]:
    for group in source.iter(f"{_SVG}g"):
        name = group.get("id", "")
        if name == "axis" or name.startswith(("fill-", "stroke-")):
            yield name, group


def _text(text: ET.Element, name: str, width: float) -> ET.Element:
    middle = "text-anchor: middle" in text.get("style", "")
    place = {"x": f"{float(text.attrib['x']) / width * 100:.3f}%", "y": f"{float(text.attrib['y']):.1f}"}
    copy = ET.Element("text", {"class": f"{name} tick" if middle else name, **place})
    copy.text = text.text
    return copy


def _target(link: Link, left: float, width: float, height: float) -> ET.Element:
    """The whole column is the link: a bar of one pixel could not be hit."""
    # Not a stop of the Tab key: a chart has a hundred bars, and its table holds the same links.
    anchor = ET.Element("a", {"href": link.url, "class": "bar", "tabindex": "-1"})
    ET.SubElement(anchor, "title").text = link.title
    ET.SubElement(anchor, "rect", {"x": f"{left:.2f}", "width": f"{width:.2f}", "height": f"{height:g}"})
    return anchor


def _stand_alone(root: ET.Element, width: float, height: float, palette: Mapping[str, str]) -> None:
    root.set("xmlns", "http://www.w3.org/2000/svg")
    root.set("width", f"{width:g}")
    root.set("viewBox", f"0 0 {width:g} {height:g}")
    rules = [f".fill-{name}{{fill:{colour}}}" for name, colour in palette.items()]
    rules += [f".stroke-{name}{{stroke:{colour};fill:none}}" for name, colour in palette.items()]
    rules.append(f"text{{font:10px system-ui,sans-serif;fill:{palette['axis']}}}.tick{{text-anchor:middle}}")
    rules.append(".bar rect{fill:transparent}.bar:hover rect{fill:#8884}")
    ET.SubElement(root, "style").text = "".join(rules)
