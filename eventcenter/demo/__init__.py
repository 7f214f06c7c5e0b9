"""The playground: a simulated cluster for those who have none at hand. `app` feeds it through the pipeline.

The world is a function of the seed and the absolute time: `simulate` and `live` are windows on the same
timeline, so that a history of any length continues without a seam, also after a stop of days.
"""

from eventcenter.demo.timeline import Live, live, simulate

__all__ = ["Live", "live", "simulate"]
