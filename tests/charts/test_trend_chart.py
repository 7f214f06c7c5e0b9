"""The chart as SVG and PNG: classes instead of colours, links, ticks of the zone, many threads."""

from __future__ import annotations

import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from eventcenter.chart_svg import Link
from eventcenter.charts import Series, Trend, ticks, trend

HOUR, DAY = 3_600_000, 86_400_000
START = 1_795_392_000_000  # 2026-11-23T00:00:00Z


def example(shift: int = 0, **given: object) -> Trend:
    values = tuple((at + shift) % 7 for at in range(96))
    links = tuple(Link(f"/events?from={at}&to={at + 1}", f'bar <{at}> "&"') for at in range(96))
    fields: dict[str, object] = {
        "start": START,
        "bucket_ms": DAY // 96,
        "series": (Series("Normal", "normal", values), Series("Error", "critical", values[::-1])),
        "links": links,
        "label": "Events <over> time",
        **given,
    }
    return Trend(**fields)  # type: ignore[arg-type]


def test_the_svg_of_a_page_has_classes_and_no_styles() -> None:
    root = ET.fromstring(trend(example(), "svg", standalone=False))
    everything = list(root.iter())
    assert not [element for element in everything if "style" in element.attrib or element.tag == "style"]
    assert not [element for element in everything if "fill" in element.attrib or "id" in element.attrib]
    classes = {element.get("class") for element in everything}
    assert {"fill-normal", "fill-critical", "stroke-grid", "axis tick"} <= classes
    assert root.get("aria-label") == "Events <over> time"


def test_every_bar_is_a_link_with_a_tooltip() -> None:
    root = ET.fromstring(trend(example(), "svg", standalone=False))
    bars = root.findall(".//a")
    assert [bar.get("href") for bar in bars] == [f"/events?from={at}&to={at + 1}" for at in range(96)]
    assert bars[3].findtext("title") == 'bar <3> "&"'


def test_the_texts_stand_in_per_cent_beside_the_stretched_drawing() -> None:
    root = ET.fromstring(trend(example(), "svg", standalone=False))
    assert root.find("svg").get("preserveAspectRatio") == "none"  # type: ignore[union-attr]
    assert {text.get("x", "")[-1] for text in root.findall("text")} == {"%"}


def test_an_svg_on_its_own_brings_its_colours() -> None:
    text = trend(example(), "svg").decode()
    assert 'xmlns="http://www.w3.org/2000/svg"' in text
    assert ".fill-critical{fill:#" in text


def test_a_png_of_the_same_chart() -> None:
    picture = trend(example(), "png")
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">II", picture[16:24]) == (1920, 360)


@pytest.mark.parametrize("values", [(), (0,), (0, 0, 0), (1,), (10**15, 1)])
def test_few_none_and_huge_values_are_drawn(values: tuple[int, ...]) -> None:
    chart = example(series=(Series("Normal", "normal", values),), links=())
    assert ET.fromstring(trend(chart, "svg")) is not None
    assert trend(chart, "png")


def test_equal_charts_are_equal_bytes() -> None:
    assert trend(example(), "svg") == trend(example(), "svg")


def test_many_threads_draw_what_one_draws() -> None:
    alone = [trend(example(shift), "svg") for shift in range(6)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda shift: trend(example(shift % 6, height=181), "svg"), range(12)))
    assert len(alone[0]) > 1000
    assert together[:6] == together[6:]


@pytest.mark.parametrize(
    ("length", "labels"),
    [
        (15 * 60_000, ["00:02", "00:04", "00:06", "00:08", "00:10", "00:12", "00:14"]),
        (DAY, ["03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]),
        (7 * DAY, ["11-24", "11-25", "11-26", "11-27", "11-28", "11-29"]),
    ],
)
def test_ticks_are_round_times(length: int, labels: list[str]) -> None:
    assert [label for _time, label in ticks(START, START + length, ZoneInfo("UTC"))] == labels


def test_ticks_are_round_in_the_zone_also_over_a_change_of_the_clock() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = 1_774_566_000_000  # 2026-03-27T00:00 in Berlin; the clock is put forward on the 29th
    labels = [label for _time, label in ticks(start, start + 5 * DAY, berlin)]
    assert labels == ["03-28", "03-29", "03-30", "03-31"]


@pytest.mark.parametrize(
    ("start", "end"), [(0, 253_402_300_799_000), (253_402_300_000_000, 253_402_300_799_000)]
)
def test_ticks_of_an_absurd_range_are_few(start: int, end: int) -> None:
    assert len(ticks(start, end, ZoneInfo("Asia/Shanghai"))) <= 9


def test_matplotlib_is_loaded_with_the_first_chart_and_not_before() -> None:
    code = "import sys, web; assert 'matplotlib' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
