"""The audit: what a maintainer of the model reference should look at, and why. Pure functions.

A flag is true, false, or None where it is unknown because a source is unavailable. While a source is unavailable a flag
that needs it is neither true nor false.

* ``thresholds``: the figures that decide, from the settings or tried on the page
* ``last_seen``: when models were last used and served, as far as that was recorded
* ``records``: the facts of a model and what was found
* ``rules``: each flag and severity with its words; ``presets`` and ``filters`` select by them
* ``subjects``, ``balance``, ``judge``, ``summary``: from records and merged statistics to findings
* ``removal``: what a selection of models would cost and free
"""

from horde_core.audit.balance import backend_balance
from horde_core.audit.judge import FACTORY, AuditHandler, ModelAuditInfoFactory, Setting
from horde_core.audit.last_seen import NOTHING_RECORDED, LastSeen, Recorded
from horde_core.audit.records import (
    FLAGS,
    AuditFacts,
    AuditSummary,
    BackendBalance,
    CategoryAuditResponse,
    DeletionRiskFlags,
    Flag,
    ModelAuditInfo,
    Severity,
)
from horde_core.audit.rules import DOWNLOAD_FLAGS
from horde_core.audit.subjects import Subject, group_subjects, model_subjects
from horde_core.audit.summary import audit_category, worst_first
from horde_core.audit.thresholds import AuditThresholds
from horde_core.vocabulary import GIBIBYTE, GIGABYTE

__all__ = [
    "DOWNLOAD_FLAGS",
    "FACTORY",
    "FLAGS",
    "GIBIBYTE",
    "GIGABYTE",
    "NOTHING_RECORDED",
    "AuditFacts",
    "AuditHandler",
    "AuditSummary",
    "AuditThresholds",
    "BackendBalance",
    "CategoryAuditResponse",
    "DeletionRiskFlags",
    "Flag",
    "LastSeen",
    "ModelAuditInfo",
    "ModelAuditInfoFactory",
    "Recorded",
    "Setting",
    "Severity",
    "Subject",
    "audit_category",
    "backend_balance",
    "group_subjects",
    "model_subjects",
    "worst_first",
]
