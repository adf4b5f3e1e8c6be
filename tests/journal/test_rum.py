"""A page in the words of Datadog RUM."""

from __future__ import annotations

from datetime import timedelta

from alertproof.journal import InteractionParts, PageSeen, PaintParts, ResourcesSeen, rum_view


def ms(milliseconds: float) -> timedelta:
    return timedelta(milliseconds=milliseconds)


PAGE = PageSeen(
    path="/leads",
    step="search",
    began=ms(10),
    ttfb=ms(20),
    fcp=ms(90),
    lcp=ms(120.5),
    lcp_element="img#hero",
    lcp_parts=PaintParts(load_delay=ms(30), load_time=ms(50), render_delay=ms(20.5)),
    cls=0.02,
    inp=ms(64),
    inp_parts=InteractionParts(input_delay=ms(4), processing_duration=ms(40), presentation_delay=ms(20)),
    load_event=ms(200),
    long_tasks=1,
    resources=(
        ResourcesSeen(type="image", party="third", count=2, bytes=700, duration=ms(80)),
        ResourcesSeen(type="js", party="first", count=3, bytes=9000, duration=ms(60)),
    ),
)


def test_a_page_is_told_by_rums_names_in_nanoseconds() -> None:
    assert rum_view(PAGE) == {
        "type": "view",
        "view": {
            "url_path": "/leads",
            "first_byte": 20_000_000,
            "load_event": 200_000_000,
            "long_task": {"count": 1},
            "resource": {"count": 5},
            "performance": {
                "fcp": {"timestamp": 90_000_000},
                "lcp": {
                    "timestamp": 120_500_000,
                    "target_selector": "img#hero",
                    "sub_parts": {"load_delay": 30_000_000, "load_time": 50_000_000, "render_delay": 20_500_000},
                },
                "inp": {
                    "duration": 64_000_000,
                    "sub_parts": {
                        "input_delay": 4_000_000,
                        "processing_duration": 40_000_000,
                        "presentation_delay": 20_000_000,
                    },
                },
                "cls": {"score": 0.02},
            },
        },
        "context": {
            "step": "search",
            "unmeasured_interactions": 0,
            "resources": [
                {"type": "image", "party": "third", "count": 2, "transfer_size": 700, "duration": 80_000_000},
                {"type": "js", "party": "first", "count": 3, "transfer_size": 9000, "duration": 60_000_000},
            ],
        },
    }


def test_what_the_browser_did_not_report_is_left_out() -> None:
    view = rum_view(PageSeen(path="/", step="", began=ms(0)))["view"]
    assert view == {"url_path": "/", "performance": {}, "long_task": {"count": 0}, "resource": {"count": 0}}


def test_a_route_change_is_one_to_rum_too() -> None:
    assert rum_view(PageSeen(path="/", step="", began=ms(0), soft=True))["view"]["loading_type"] == "route_change"
