"""Queue: what waits, what serves it, and where the two do not meet."""

import streamlit as st

from horde_core.analytics import formulas
from horde_core.frames.queue import queue_summary
from horde_core.vocabulary import WORK_UNIT
from pages.common import data, panels, unavailable, words
from pages.sections import queue

view = data.current_view()
snapshot = view.snapshot
model_type = snapshot.model_type
unit, divisor = WORK_UNIT[model_type]
summary = data.kept(
    ("queue summary", snapshot.id),
    lambda: queue_summary(data.category_frame(snapshot), snapshot.merged.reconciliation, divisor),
)

panels.figures(
    "queue",
    panels.Figure(
        words.bounded("Work queued", model_type, summary.queued),
        words.amount(summary.queued),
        unit,
        f"Added up over the models that AI Horde lists: a request that names several models counts in each. "
        f"{formulas.LEAST_OF_IMAGES}.",
        summary.queued,
    ),
    panels.Figure("Jobs", words.count(summary.jobs), "waiting or in progress", number=summary.jobs),
    panels.Figure(
        "Threads offered",
        words.count(summary.threads),
        "added up over the models listed",
        "A worker that serves several models offers its threads to each of them, so this is more than the network "
        "has. Threads, not workers: a worker has one or more.",
        summary.threads,
    ),
    panels.Figure(
        "Models with a queue",
        words.count(summary.waiting),
        f"of {words.plural(summary.names, 'name')}",
        number=summary.waiting,
    ),
    panels.Figure(
        "Without threads",
        words.count(summary.unserved),
        "models with a queue that nobody serves",
        queue.NOT_LISTED if model_type == "text" else "",
    ),
    panels.Figure(
        "Drain time unknown",
        words.count(summary.unknown_drain),
        "served, but no speed is known",
        "AI Horde knows a speed only for models that finished a job in the last hour.",
    ),
)

queue.last_day(model_type)
if snapshot.status.available:
    queue.draw(view, summary)
else:
    st.info(unavailable.sentence(view, ("status",), "it is unknown what waits"))

panels.explanation(
    f"**Work queued** is in {unit}, as AI Horde gives it by model. A request that names several models is in each of "
    "their queues, and one that names none in no queue, so the sum over models is not the network's own total.",
    "**Threads** by model are those of all workers that serve it. A worker that serves several models counts in each, "
    "so the sum over models is more than the threads of the network (see *Overview*).",
    formulas.DEMAND.paragraph,
    formulas.MODEL_DRAIN.paragraph,
    "**Queue, no threads** is work that waits for a model which nobody serves now.",
)
