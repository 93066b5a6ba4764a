"""What tests of pages share: opening a page through the router, reading its charts and components."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from streamlit.testing.v1 import AppTest

from ui.catalog import ROOT

if TYPE_CHECKING:
    import pandas as pd


def open_page(slug: str, query: dict[str, str] | None = None) -> AppTest:
    """The page as a browser would get it, run once; `query` is the URL's state."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    app.switch_page(f"pages/{slug}.py")
    for name, value in (query or {}).items():
        app.query_params[name] = value
    return app.run()


def charts(app: AppTest) -> list[dict[str, Any]]:
    """The Vega-Lite specs on the page, in order."""
    return [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]


def frames(app: AppTest) -> list[pd.DataFrame]:
    """The data of every Vega-Lite chart on the page, in order."""
    protos = [chart.proto for chart in app.get("vega_lite_chart")]
    raw = [(proto.datasets[0].data if proto.datasets else proto.data).data for proto in protos]
    return [pa.ipc.open_stream(data).read_pandas() for data in raw]


def components(app: AppTest) -> list[dict[str, Any]]:
    """The data that each of our own components was given, in order."""
    found = [component.proto for component in app.get("bidi_component")]
    return [json.loads(proto.json) for proto in found if proto.WhichOneof("data") == "json"]


def words(app: AppTest) -> str:
    """Everything that the page says in sentences."""
    kinds = ("markdown", "caption", "error", "info", "success", "warning")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))
