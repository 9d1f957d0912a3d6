"""Subjects of the audit: models, or groups of text models, each with its records and its figures. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from horde_core.analytics.groups import ModelGroup
from horde_core.analytics.records import CombinedModelStatistics
from horde_core.unknowns import sum_or_unknown
from horde_core.upstream.model_reference import ModelRecord
from horde_core.upstream.web_address import host_of


class Stated(NamedTuple):
    """What the records of a subject state: the fields of :class:`~horde_core.audit.records.AuditFacts`."""

    members: tuple[str, ...]
    without_description: int
    without_baseline: int
    without_downloads: int
    on_several_hosts: int
    downloads: int
    unknown_hosts: int
    hosts: tuple[str, ...]
    size: int | None
    size_at_least: int | None
    inpainting: bool | None
    requirements: tuple[str, ...]
    parameters: int | None
    baselines: tuple[str, ...]
    styles: tuple[str, ...]
    tags: tuple[str, ...]
    nsfw: bool | None
    nsfw_differs: bool = False


class Subject(NamedTuple):
    """One model or group. It depends on the snapshot only, not on thresholds."""

    name: str
    records: tuple[ModelRecord, ...]
    stated: Stated
    statistics: CombinedModelStatistics

    @classmethod
    def of(cls, name: str, records: tuple[ModelRecord, ...], statistics: CombinedModelStatistics) -> Subject:
        """Read what the records of a subject state."""
        told = stated(records[0]) if len(records) == 1 else stated_together([stated(record) for record in records])
        return cls(name, records, told, statistics)


def model_subjects(
    records: Mapping[str, ModelRecord], statistics: Mapping[str, CombinedModelStatistics]
) -> list[Subject]:
    """One subject for each model, in the order of the reference."""
    return [Subject.of(name, (record,), statistics[name]) for name, record in records.items()]


def group_subjects(records: Mapping[str, ModelRecord], groups: Iterable[ModelGroup]) -> list[Subject]:
    """One subject for each group, with the records of its members."""
    return [Subject.of(group.name, tuple([records[name] for name in group.members]), group) for group in groups]


def stated(record: ModelRecord) -> Stated:
    """Read what one record states."""
    downloads, baseline, style = record.downloads, record.baseline, record.style
    found = [host_of(url) for url in downloads]
    hosts = tuple(dict.fromkeys([host for host in found if host]))
    return Stated(
        (record.name,),
        int(record.description is None),
        int(baseline is None),
        int(not downloads),
        int(len(hosts) > 1),
        len(downloads),
        found.count(None),
        hosts,
        record.size,
        record.size_at_least,
        record.inpainting,
        tuple(record.requirements),
        record.parameters,
        () if baseline is None else (baseline,),
        () if style is None else (style,),
        record.tags,
        record.nsfw,
    )


def stated_together(parts: Sequence[Stated]) -> Stated:
    """Combine the statements of several records: sums of counts, unions of words."""
    if len(parts) == 1:
        return parts[0]
    differs = len({part.nsfw for part in parts}) > 1
    size = sum_or_unknown([part.size for part in parts])
    least = sum(known for part in parts if (known := part.size if part.size is not None else part.size_at_least))
    inpainting = {part.inpainting for part in parts}
    return Stated(
        members=_union([part.members for part in parts]),
        without_description=sum(part.without_description for part in parts),
        without_baseline=sum(part.without_baseline for part in parts),
        without_downloads=sum(part.without_downloads for part in parts),
        on_several_hosts=sum(part.on_several_hosts for part in parts),
        downloads=sum(part.downloads for part in parts),
        unknown_hosts=sum(part.unknown_hosts for part in parts),
        hosts=_union([part.hosts for part in parts]),
        size=size,
        size_at_least=least if size is None and least else None,
        inpainting=inpainting.pop() if len(inpainting) == 1 else None,
        requirements=_union([part.requirements for part in parts]),
        parameters=None,
        baselines=_union([part.baselines for part in parts]),
        styles=_union([part.styles for part in parts]),
        tags=_union([part.tags for part in parts]),
        nsfw=None if differs else parts[0].nsfw,
        nsfw_differs=differs,
    )


def _union(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(parts)))
