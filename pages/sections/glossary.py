"""The words that the pages use, and the thresholds in force."""

from __future__ import annotations

from collections.abc import Mapping

from horde_core.analytics.network import BUSY_FROM_SECONDS, OVERLOADED_FROM_SECONDS
from horde_core.audit import AuditThresholds, Severity
from horde_core.audit.rules import RULE_OF, SEVERITY_RULES
from horde_core.frames.usage import MOVER_SHARE_FROM
from horde_core.settings import Settings
from horde_core.upstream.client import CALLS_A_MINUTE
from horde_core.vocabulary import ModelType
from pages.common import words

TERMS: tuple[tuple[str, str], ...] = (
    ("Request", "One generated image or text. A request for four images counts four."),
    ("Worker", "A volunteer's program that serves models. It runs one or more threads."),
    ("Thread", "One job at a time: what can be worked on at once."),
    ("Job", "One image or text that waits or is being made."),
    ("Form", "One task of alchemy: a caption, an upscaled image."),
    ("Megapixelstep", "A million pixels for one step: width x height x steps / 1,000,000."),
    ("Token", "A piece of a word. Queues count the tokens that were asked for."),
    ("Backend", "The program that runs a text model, such as koboldcpp or aphrodite; it stands in front of the name."),
    ("Canonical", "A text name without a backend in front."),
    ("Bridge", "The program between a worker and AI Horde."),
    ("Reference", "The list of models that AI Horde's maintainers keep."),
    ("Listed, unlisted", "In the reference, or not: each name that workers send is one or the other."),
    ("Baseline", "The model that an image model was made from."),
    ("GB", "A billion bytes; a GiB is 1,073,741,824."),
    ("Alchemy", "Captions, upscaling and the like; the API calls its workers interrogation workers."),
    ("Kudos", "What AI Horde gives workers for their work, and what requests cost."),
    ("Fresh", "Fetched within its time to live."),
    ("Stale", "Older than that, or the last refresh failed; shown with its age."),
    ("Unavailable", "Never fetched, or too old to show; what rests on it reads n/a."),
    ("n/a", "Unknown. It is never 0."),
)
"""The words that the pages use."""


def thresholds(settings: Settings, audit: Mapping[ModelType, AuditThresholds]) -> list[tuple[str, str, str]]:
    """What is called by a word, from which value, and the setting that changes it."""
    image, text, numbers = audit["image"], audit["text"], words.numbers()
    return [
        ("Busy", f"drain time of {words.duration(BUSY_FROM_SECONDS)} or more", "fixed"),
        ("Overloaded", f"drain time of {words.duration(OVERLOADED_FROM_SECONDS)} or more", "fixed"),
        ("Ranked by momentum", f"{words.share(MOVER_SHARE_FROM)} or more of the category's 30-day usage", "fixed"),
        (
            "Low usage, image",
            RULE_OF["low_usage"].rule(image, numbers),
            "HORDE_LOW_USAGE_THRESHOLD_PERCENTAGE, HORDE_AUDIT_MINIMUM_MONTH_USAGE",
        ),
        (
            "Low usage, text",
            RULE_OF["low_usage"].rule(text, numbers),
            "HORDE_TEXT_GEN_LOW_USAGE_THRESHOLD_PERCENTAGE, HORDE_AUDIT_MINIMUM_MONTH_USAGE",
        ),
        ("Critical, image", SEVERITY_RULES[Severity.CRITICAL](image, numbers), "fixed"),
        (
            "Critical, text",
            SEVERITY_RULES[Severity.CRITICAL](text, numbers),
            "HORDE_TEXT_GEN_CRITICAL_USAGE_THRESHOLD, ..._WORKER_THRESHOLD",
        ),
        (
            "Uneven backends",
            f"imbalance of {numbers.exact(text.backend_imbalance)} or more",
            "HORDE_BACKEND_IMBALANCE_THRESHOLD",
        ),
        (
            "New image model",
            f"added less than {words.plural(image.grace_days, 'day')} ago: no deletion candidate",
            "HORDE_AUDIT_GRACE_DAYS",
        ),
        ("Preferred hosts", ", ".join(image.preferred_hosts), "HORDE_PREFERRED_FILE_HOSTS"),
        ("Stale", f"older than {words.duration(settings.api_cache_ttl)}", "HORDE_API_CACHE_TTL"),
        ("Stale, reference", f"older than {words.duration(settings.reference_cache_ttl)}", "HORDE_REFERENCE_CACHE_TTL"),
        ("Unavailable", f"stale for {words.duration(settings.cache_stale_ttl)}", "HORDE_CACHE_STALE_TTL"),
        ("Requests to AI Horde", f"at most {CALLS_A_MINUTE} a minute for each endpoint", "set by AI Horde"),
    ]
