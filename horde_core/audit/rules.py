"""The rules of the audit: one table of flags with predicate, rule in words and reason in words.

Screens, files and routes take their words from here, so that what is said is what is judged. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from horde_core.audit.balance import most_uneven_share
from horde_core.audit.last_seen import counted, unserved
from horde_core.audit.records import FLAGS, AuditFacts, Flag, ModelAuditInfo, Severity
from horde_core.audit.thresholds import AuditThresholds
from horde_core.numbers import Numbers
from horde_core.selection import LIVE, SourceName
from horde_core.unknowns import both
from horde_core.vocabulary import WORK_UNIT, ModelType

Holds = Callable[[AuditFacts, AuditThresholds], bool | None]


_NEEDS: Mapping[str, frozenset[SourceName]] = {
    "usage": frozenset({"usage"}),
    "who works": frozenset({"status", "workers"}),
    "the queue": frozenset({"status", "workers"}),  # a model without a row waits for nothing where nobody serves it
    "usage or the queue": LIVE,
    "the reference": frozenset(),
}
"""The sources behind the words that say what a rule rests on."""


class Rule(NamedTuple):
    """One flag: its words, what it rests on, whether it holds of a model, and why."""

    flag: Flag
    label: str
    rests_on: str
    rule: Callable[[AuditThresholds, Numbers], str]
    holds: Holds
    reason: Callable[[AuditFacts, AuditThresholds, Numbers], str]
    of: tuple[ModelType, ...] = ("image", "text")
    is_about_downloads: bool = False
    implied_by: Flag | None = None

    @property
    def needs(self) -> frozenset[SourceName]:
        """The sources, besides the reference, without which it may be unknown whether it holds."""
        return _NEEDS[self.rests_on]

    def judges(self, model_type: ModelType, thresholds: AuditThresholds) -> bool:
        """Whether models of a category are judged by it."""
        return model_type in self.of and not (self.is_about_downloads and thresholds.ignores_downloads)

    def why(self, info: AuditFacts, flags_value: bool | None, thresholds: AuditThresholds, numbers: Numbers) -> str:
        """Say with its numbers why the flag is what it is."""
        if not self.judges(info.model_type, thresholds):
            return f"not judged of {info.model_type} models"
        if flags_value is None:
            return f"unknown, as {self.rests_on} is unavailable or incomplete"
        return self.reason(info, thresholds, numbers)


def _is_zero(figure: int | None) -> bool | None:
    return None if figure is None else figure == 0


def _never_used(facts: AuditFacts, _thresholds: AuditThresholds) -> bool | None:
    """Whether no count has a request: the API's count of all time trails by up to 1,000 requests."""
    counts = (facts.usage_total, facts.usage_month, facts.usage_day)
    if any(counts):
        return False
    return None if None in counts else True


def active(facts: AuditFacts) -> int | None:
    """Workers that serve a model: at least one where it has threads; threads where workers are unknown.

    The two are read at different moments, so that one may be nothing while the other is not.
    """
    workers, threads = facts.worker_count, facts.thread_count
    if workers is None:
        return threads
    return 1 if workers == 0 and threads else workers


def _has_low_usage(facts: AuditFacts, thresholds: AuditThresholds) -> bool | None:
    if facts.usage_month is not None and facts.usage_month < thresholds.minimum_month_usage:
        return True
    if facts.usage_month == 0:
        return thresholds.low_usage_percentage > 0
    percentage = facts.usage_percentage_of_category
    return None if percentage is None else percentage < thresholds.low_usage_percentage


def _is_uneven(facts: AuditFacts, thresholds: AuditThresholds) -> bool | None:
    if facts.balance is None:
        return None
    return facts.balance.imbalance is not None and facts.balance.imbalance >= thresholds.backend_imbalance


def _has_other_host(facts: AuditFacts, thresholds: AuditThresholds) -> bool:
    return any(not is_preferred(host, thresholds) for host in facts.hosts)


def is_preferred(host: str, thresholds: AuditThresholds) -> bool:
    """Whether a host is one of the preferred ones, or a sub-domain of one."""
    return _is_below_any(host, thresholds.preferred_hosts)


@lru_cache(maxsize=4096)
def _is_below_any(host: str, preferred_hosts: tuple[str, ...]) -> bool:
    return any(host == preferred or host.endswith("." + preferred) for preferred in preferred_hosts)


def _all_time_reason(facts: AuditFacts, thresholds: AuditThresholds, numbers: Numbers) -> str:
    counts = [count for count in (facts.usage_day, facts.usage_month, facts.usage_total) if count is not None]
    known = max(counts, default=0)
    least = "at least " if known > (facts.usage_total or 0) else ""
    return f"{least}{numbers.plural(known, thresholds.noun)} of all time"


def _low_usage_rule(thresholds: AuditThresholds, numbers: Numbers) -> str:
    rule = (
        f"less than {numbers.exact(thresholds.low_usage_percentage)} % of the category's {thresholds.noun}s in 30 days"
    )
    least = thresholds.minimum_month_usage
    return f"{rule}, or fewer than {numbers.plural(least, thresholds.noun)} in 30 days" if least else rule


def _low_usage_reason(facts: AuditFacts, thresholds: AuditThresholds, numbers: Numbers) -> str:
    reason = (
        f"{numbers.plural(facts.usage_month or 0, thresholds.noun)} in 30 days: "
        f"{numbers.share(facts.usage_percentage_of_category)} of the category, "
        f"threshold {numbers.exact(thresholds.low_usage_percentage)} %"
    )
    least = thresholds.minimum_month_usage
    return f"{reason}, minimum {numbers.plural(least, thresholds.noun)}" if least else reason


def _workers_reason(facts: AuditFacts, _thresholds: AuditThresholds, numbers: Numbers) -> str:
    workers, threads = facts.worker_count, facts.thread_count
    has_only_threads = not workers and bool(threads)
    count = (threads if workers is None or has_only_threads else workers) or 0
    noun = "thread" if workers is None or has_only_threads else "worker"
    aside = "workers are unknown" if workers is None else "no worker lists it now" if has_only_threads else ""
    serve = "serves" if count == 1 else "serve"
    return (
        f"{numbers.plural(count, noun)} {serve} it{aside and f' ({aside})'}{'' if count else unserved(facts, numbers)}"
    )


def _hosts_reason(facts: AuditFacts, thresholds: AuditThresholds, numbers: Numbers) -> str:
    others = [host for host in facts.hosts if not is_preferred(host, thresholds)]
    preferred = ", ".join(thresholds.preferred_hosts)
    return f"downloads on {', '.join(others or facts.hosts) or 'no host'}; preferred: {preferred}"


def _record_reason(what: str, without: Callable[[AuditFacts], int]) -> Callable[..., str]:
    def reason(facts: AuditFacts, _thresholds: AuditThresholds, numbers: Numbers) -> str:
        missing, members = without(facts), len(facts.members)
        if members == 1:
            return f"the record has {'no' if missing else 'a'} {what}"
        return f"{numbers.count(missing)} of {numbers.plural(members, 'record')} without a {what}"

    return reason


def _uneven_reason(facts: AuditFacts, thresholds: AuditThresholds, numbers: Numbers) -> str:
    backends = facts.balance.backends if facts.balance else ()
    worst = most_uneven_share(facts)
    if worst is None or facts.balance is None:
        if len(backends) == 1:
            return f"on a single backend, {backends[0]}"
        return f"{numbers.plural(len(backends), 'backend')}, without requests or without threads"
    measured, threshold = numbers.amount(facts.balance.imbalance), numbers.exact(thresholds.backend_imbalance)
    return (
        f"imbalance {measured}, threshold {threshold}: {worst.backend} has "
        f"{numbers.share((worst.usage or 0.0) * 100)} of its requests and "
        f"{numbers.share((worst.threads or 0.0) * 100)} of its threads"
    )


def _queue_reason(facts: AuditFacts, _thresholds: AuditThresholds, numbers: Numbers) -> str:
    unit, of_the_api = WORK_UNIT[facts.model_type]
    queued = f"{numbers.amount((facts.queued or 0.0) / of_the_api)} {unit} queued"
    return f"{queued}, {numbers.plural(facts.thread_count or 0, 'thread')} to serve it"


def _several_hosts_reason(facts: AuditFacts, _thresholds: AuditThresholds, numbers: Numbers) -> str:
    if len(facts.members) > 1:
        records = numbers.plural(len(facts.members), "record")
        return f"{numbers.count(facts.on_several_hosts)} of {records} with downloads on more than one host"
    return f"downloads on {numbers.plural(len(facts.hosts), 'host')}: {', '.join(facts.hosts) or 'none'}"


RULES: tuple[Rule, ...] = (
    Rule(
        "zero_usage_day",
        "unused for a day",
        "usage",
        lambda t, _n: f"no {t.noun}s in the last counted 24 hours",
        lambda facts, _t: _is_zero(facts.usage_day),
        counted(lambda facts: facts.usage_day, 1, "in the last counted 24 hours"),
        implied_by="zero_usage_month",
    ),
    Rule(
        "zero_usage_month",
        "unused for 30 days",
        "usage",
        lambda t, _n: f"no {t.noun}s in 30 days",
        lambda facts, _t: _is_zero(facts.usage_month),
        counted(lambda facts: facts.usage_month, 30, "in 30 days"),
        implied_by="zero_usage_total",
    ),
    Rule(
        "zero_usage_total",
        "never used",
        "usage",
        lambda t, _n: f"no {t.noun}s of all time, nor in 30 days, nor in the last counted 24 hours",
        _never_used,
        _all_time_reason,
    ),
    Rule(
        "no_active_workers",
        "no workers",
        "who works",
        lambda _t, _n: (
            "no online worker outside maintenance serves it and it has no threads; one of the two where the other is "
            "unknown"
        ),
        lambda facts, _t: _is_zero(active(facts)),
        _workers_reason,
    ),
    Rule(
        "has_multiple_hosts",
        "several hosts",
        "the reference",
        lambda _t, _n: "its downloads lie on more than one host",
        lambda facts, _t: facts.on_several_hosts > 0,
        _several_hosts_reason,
        is_about_downloads=True,
    ),
    Rule(
        "has_non_preferred_host",
        "other host",
        "the reference",
        lambda t, _n: f"a download lies on a host that is not preferred ({', '.join(t.preferred_hosts)})",
        _has_other_host,
        _hosts_reason,
        is_about_downloads=True,
    ),
    Rule(
        "has_unknown_host",
        "unreadable URL",
        "the reference",
        lambda _t, _n: "a download URL has no http(s) host",
        lambda facts, _t: facts.unknown_hosts > 0,
        lambda facts, _t, n: (
            f"{n.count(facts.unknown_hosts)} of {n.plural(facts.downloads, 'download URL')} without an http(s) host"
        ),
        is_about_downloads=True,
    ),
    Rule(
        "no_download_urls",
        "no download",
        "the reference",
        lambda _t, _n: "the record has no download URL",
        lambda facts, _t: facts.without_downloads > 0,
        _record_reason("download URL", lambda facts: facts.without_downloads),
        is_about_downloads=True,
    ),
    Rule(
        "missing_description",
        "no description",
        "the reference",
        lambda _t, _n: "the record has no description",
        lambda facts, _t: facts.without_description > 0,
        _record_reason("description", lambda facts: facts.without_description),
    ),
    Rule(
        "missing_baseline",
        "no baseline",
        "the reference",
        lambda _t, _n: "the record has no baseline",
        lambda facts, _t: facts.without_baseline > 0,
        _record_reason("baseline", lambda facts: facts.without_baseline),
    ),
    Rule(
        "low_usage",
        "low usage",
        "usage",
        _low_usage_rule,
        _has_low_usage,
        _low_usage_reason,
        implied_by="zero_usage_month",
    ),
    Rule(
        "uneven_backends",
        "uneven backends",
        "usage or the queue",
        lambda t, n: (
            "its requests and its threads spread differently over two or more backends: "
            f"imbalance of {n.exact(t.backend_imbalance)} or more"
        ),
        _is_uneven,
        _uneven_reason,
        of=("text",),
    ),
    Rule(
        "unserved_queue",
        "unserved queue",
        "the queue",
        lambda _t, _n: "work is queued and no thread serves it",
        lambda facts, _t: facts.unserved,
        _queue_reason,
    ),
)
"""Every flag, in the order of :data:`~horde_core.audit.records.FLAGS`."""

RULE_OF: dict[Flag, Rule] = {rule.flag: rule for rule in RULES}
assert tuple(RULE_OF) == FLAGS, "each flag has one rule, in the flags' order"

DOWNLOAD_FLAGS: tuple[Flag, ...] = tuple(rule.flag for rule in RULES if rule.is_about_downloads)


def rules_for(model_type: ModelType, thresholds: AuditThresholds) -> list[Rule]:
    """The rules that are judged of a category."""
    return [rule for rule in RULES if rule.judges(model_type, thresholds)]


def reasons(info: ModelAuditInfo, thresholds: AuditThresholds, numbers: Numbers) -> list[str]:
    """Why a model is at risk: one sentence with its numbers for each flag that is true, and not implied by another."""
    found = info.flags.set_flags()
    told = [flag for flag in found if RULE_OF[flag].implied_by not in found]
    return [RULE_OF[flag].reason(info, thresholds, numbers) for flag in told]


class Explanation(NamedTuple):
    """One flag of one model in words: its value (None is unknown) and why."""

    flag: Flag
    label: str
    value: bool | None
    why: str


def explain(info: ModelAuditInfo, thresholds: AuditThresholds, numbers: Numbers) -> list[Explanation]:
    """Every flag of a model that is judged in its category, with the reason for its value."""
    return [
        Explanation(
            rule.flag,
            rule.label,
            info.flags.value(rule.flag),
            rule.why(info, info.flags.value(rule.flag), thresholds, numbers),
        )
        for rule in rules_for(info.model_type, thresholds)
    ]


def is_critical(facts: AuditFacts, thresholds: AuditThresholds) -> bool | None:
    """Whether a model is critical: too little used and served by too few, or not at all. None is unknown."""
    month, serving = facts.usage_month, active(facts)
    few_requests = None if month is None else month < thresholds.critical_usage or month == 0
    few_workers = None if serving is None else serving < thresholds.critical_workers or serving == 0
    return both(few_requests, few_workers)


def _critical_rule(thresholds: AuditThresholds, numbers: Numbers) -> str:
    usage, workers = max(thresholds.critical_usage, 1), max(thresholds.critical_workers, 1)
    few = f"no {thresholds.noun}s" if usage == 1 else f"fewer than {numbers.plural(usage, thresholds.noun)}"
    served = "no workers" if workers == 1 else f"fewer than {numbers.plural(workers, 'worker')}"
    return f"{few} in 30 days and {served}"


SEVERITY_RULES: dict[Severity, Callable[[AuditThresholds, Numbers], str]] = {
    Severity.CRITICAL: _critical_rule,
    Severity.WARNING: lambda _t, _n: "a finding about hosts or downloads, and not critical",
    Severity.NOTICE: lambda _t, _n: "any other finding, and neither of the two above",
    Severity.UNKNOWN: lambda _t, _n: (
        "it cannot be known now whether it is critical, or whether there is anything to find"
    ),
    Severity.NONE: lambda _t, _n: "nothing found",
}
"""What each severity means, worst first."""


def severity_reason(info: ModelAuditInfo, thresholds: AuditThresholds, numbers: Numbers) -> str:
    """Why a model's severity is what it is, with its numbers."""
    if info.severity is Severity.CRITICAL:
        requests = RULE_OF["zero_usage_month"].reason(info, thresholds, numbers)
        return f"{requests}, {RULE_OF['no_active_workers'].reason(info, thresholds, numbers)}"
    if info.severity in (Severity.WARNING, Severity.NOTICE):
        return ", ".join(RULE_OF[flag].label for flag in info.flags.set_flags())
    return SEVERITY_RULES[info.severity](thresholds, numbers)
