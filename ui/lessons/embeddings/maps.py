"""Maps of tokens, made once per server: PCA at once, t-SNE and UMAP in a thread of their own, with progress."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.projection import Faithfulness

    Floats = NDArray[np.float32]

METHODS = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
ONE_AT_A_TIME = threading.Semaphore(1)


@dataclass(frozen=True)
class TokenMap:
    """A finished map: places (N, 2 or 3), what it keeps of the neighbourhoods, how long it took.

    explained  for PCA each axis' share of the variance; empty for the others, whose axes have no meaning
    """

    places: Floats
    faithful: Faithfulness
    explained: list[float]
    seconds: float


@dataclass
class Work:
    """A map that is being made. Every session that asks for the same map gets the same work."""

    share: float = 0.0
    result: TokenMap | None = None
    error: Exception | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def run(self, points: Floats, method: str, dims: int) -> None:
        """Make the map; `result` or `error` is set when `done` is."""
        try:
            with ONE_AT_A_TIME:
                self.result = make(points, method, dims, self)
        except Exception as error:  # the thread's end; pages show it
            self.error = error
        finally:
            self.done.set()


def make(points: Floats, method: str, dims: int, work: Work) -> TokenMap:
    """One map of (N, D) points, reporting its share to the work."""
    from engine.analysis.projection import faithfulness, principal_components

    start, explained = time.perf_counter(), []
    if method == "pca":
        components = principal_components(points, dims)
        places, explained = components.project(points), components.explained.tolist()
    else:
        from engine.analysis.tsne import tsne
        from engine.analysis.umap import umap

        for step in (tsne if method == "tsne" else umap)(points, dims):
            places, work.share = step.places, 0.95 * step.step / step.steps
    seconds = time.perf_counter() - start
    return TokenMap(places, faithfulness(points, places), explained, seconds)


@st.cache_resource(max_entries=24, show_spinner=False)
def work(model: str, which: str, number: int, method: str, dims: int, _points: Floats) -> Work:
    """The work on this map, started the first time that anybody asks for it."""
    job = Work()
    if method == "pca":
        job.run(_points, method, dims)
    else:
        threading.Thread(target=job.run, args=(_points, method, dims), daemon=True).start()
    return job
