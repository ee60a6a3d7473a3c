"""Garbage collection in processes that answer requests.

Nearly all that a request makes goes by reference counting. What is left is cycles, and looking for them among all
modules, models and templates held a request up for as long as a page takes; so what is loaded once is looked over never,
and the rest seldom.
"""

import gc

_THRESHOLDS = (20_000, 20, 50)
"""Objects before the youngest are looked over, and how many times that before the next older ones are."""


def spare_what_stays() -> None:
    """To be called once all is loaded: objects that exist now are never looked over again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
