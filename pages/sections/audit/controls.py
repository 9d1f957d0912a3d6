"""What a maintainer chooses on the audit page: thresholds to try, presets, filters; and what was chosen, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from horde_core.analytics.groups import GroupLevel
from horde_core.audit import AuditSummary, AuditThresholds, ModelAuditInfo
from horde_core.audit.filters import filters_for
from horde_core.audit.presets import PRESET_OF, Preset, presets_for
from horde_core.audit.thresholds import WHAT_IFS, WhatIf, what_ifs, with_tried
from horde_core.numbers import ENGLISH
from horde_core.selection import Filter, Kind, Selection
from horde_core.vocabulary import ModelType
from pages.common import address, data, filters, words

PRESET = "preset"
_PRESET, _CATEGORY = "_audit_preset", "_audit_category"
ALWAYS_SHOWN = 4
"""How many filters on words are always to be seen: severity and findings."""

ROWS_ARE: Mapping[GroupLevel, tuple[str, str]] = {
    "model": ("model", "models"),
    "family": ("family", "families"),
    "exact": ("API name", "API names"),
}
"""What one row of the table is, and several."""

FROM_THE_REFERENCE: Mapping[GroupLevel, str] = {
    "model": "of the reference",
    "family": "of the reference",
    "exact": "that belong to models of the reference",
}


def threshold_words(thresholds: AuditThresholds, model_type: ModelType) -> str:
    """Every threshold in force, for files."""
    tried = [
        f"{one.label.lower()} {ENGLISH.exact(getattr(thresholds, one.field))} ({one.unit_of(model_type)})"
        for one in what_ifs(model_type)
    ]
    hosts = [] if thresholds.ignores_downloads else [f"preferred hosts {', '.join(thresholds.preferred_hosts)}"]
    return "; ".join(tried + hosts)


def tried_thresholds(model_type: ModelType) -> AuditThresholds:
    """The thresholds with what this visitor tries instead; an empty box stands for the setting's own value."""
    own, boxes = data.THRESHOLDS[model_type], what_ifs(model_type)
    keys, tried = [one.key for one in boxes], dict[str, float]()
    about = "Try other thresholds: every count follows at once."
    with filters.folded("Thresholds", ":material/tune:", "audit_thresholds", keys, about) as are_wanted:
        if are_wanted:
            tried = _tried(own, boxes, model_type)
            st.button(
                "Back to the settings", key="reset_thresholds", on_click=filters.clear, args=(keys,), disabled=not tried
            )
    return with_tried(own, tried)


def _tried(own: AuditThresholds, boxes: Sequence[WhatIf], model_type: ModelType) -> dict[str, float]:
    """A box for each threshold; what is tried, by field."""
    st.caption("Empty boxes stand for the settings in force, which they show in grey.")
    tried: dict[str, float] = {}
    for one in boxes:
        label, setting = f"{one.label} ({one.unit_of(model_type)})", words.exact(getattr(own, one.field))
        value = filters.number(label, one.key, one.most, one.step, placeholder=setting, width=320)
        if value is not None:
            tried[one.field] = value
    return tried


def tried_note(thresholds: AuditThresholds, model_type: ModelType) -> None:
    """Say which thresholds are not the settings' own."""
    own = data.THRESHOLDS[model_type]
    changed = [one for one in what_ifs(model_type) if getattr(thresholds, one.field) != getattr(own, one.field)]
    if changed:
        said = [
            f"{one.label.lower()} {words.exact(getattr(thresholds, one.field))} {one.unit_of(model_type)} "
            f"(setting: {words.exact(getattr(own, one.field))})"
            for one in changed
        ]
        st.info(f"Tried thresholds: {'; '.join(said)}.", icon=":material/science:")


def offered(model_type: ModelType, thresholds: AuditThresholds, level: GroupLevel) -> list[Preset]:
    """The presets of a level: an API name cannot be deleted from the reference, and is on one backend only."""
    of_models = ("deletion_candidates", "uneven_backends")
    presets = presets_for(model_type, thresholds)
    return [preset for preset in presets if level != "exact" or preset.key not in of_models]


def presets(summary: AuditSummary, model_type: ModelType, thresholds: AuditThresholds, level: GroupLevel) -> str | None:
    """One button a preset, with how many rows it selects; a second press clears it."""
    choices = offered(model_type, thresholds, level)
    named = _named_preset()
    chosen = named if named in [preset.key for preset in choices] else None
    with st.container(horizontal=True, gap="small"):
        for preset in choices:
            is_chosen = preset.key == chosen
            st.button(
                f"{preset.label} · {words.count(summary.by_preset[preset.key])}",
                key=f"preset_{preset.key}",
                icon=":material/check:" if is_chosen else None,
                help=preset.rule(thresholds, words.numbers()),
                on_click=_choose_preset,
                args=(None if is_chosen else preset.key,),
            )
    return chosen


def _named_preset() -> str | None:
    """The preset in the link, else the one chosen before, as a visit to another page drops it from the link."""
    if address.note_options(PRESET, list(PRESET_OF)):
        st.query_params.pop(PRESET)
    named = st.query_params.get(PRESET)
    if named is None and st.session_state.get(_PRESET) is not None:
        named = st.query_params[PRESET] = st.session_state[_PRESET]
    st.session_state[_PRESET] = named
    return named


def _choose_preset(key: str | None) -> None:
    st.session_state[_PRESET] = key
    if key is None:
        st.query_params.pop(PRESET, None)
    else:
        st.query_params[PRESET] = key


def begin(model_type: ModelType) -> None:
    """Clear the filters on words, and on figures that the category lacks, once the category is another one.

    Such a word may not be among those of the new category: it would be out of force, and still in the link.
    """
    before = st.session_state.get(_CATEGORY, model_type)
    st.session_state[_CATEGORY] = model_type
    if before != model_type:
        common = {one.key for one in filters_for(model_type)}
        own = [one.key for one in filters_for(before) if one.kind is Kind.SEVERAL or one.key not in common]
        filters.clear([*own, *(one.key for one in WHAT_IFS)])


def choose(
    infos: Sequence[ModelAuditInfo], model_type: ModelType, thresholds: AuditThresholds, preset: str | None
) -> Selection:
    """Every other filter of the category; the rarer ones folded away."""
    available = filters_for(model_type)
    chosen: dict[str, Any] = {PRESET: preset}

    def several(one: Filter, width: int) -> None:
        given = ("options", one.key, data.current_view().id, model_type, thresholds.digest)
        options = data.kept(given, lambda: one.options(infos, thresholds))
        chosen[one.key] = filters.draw(one, options, width)

    on_words = [one for one in available if one.kind is Kind.SEVERAL]
    rarer = on_words[ALWAYS_SHOWN:]
    chosen |= {one.key: filters.draw(one) for one in available if one.kind is Kind.TEXT}
    for one in on_words[:ALWAYS_SHOWN]:
        several(one, 190)
    with filters.folded(
        "More filters", ":material/filter_list:", "audit_more", [one.key for one in rarer]
    ) as are_wanted:
        for one in rarer if are_wanted else ():
            several(one, 320)
    chosen |= filters.ranges([one for one in available if one.kind is Kind.BOUND], "audit_ranges")
    return Selection.of(available, chosen)


def active_line(
    selection: Selection,
    thresholds: AuditThresholds,
    shown: int,
    whole: int,
    level: GroupLevel,
    unknown: str,
) -> None:
    """The whole selection in a sentence, with how many rows it leaves, and a button to clear each part of it.

    ``unknown`` says which sources are unavailable, so that others may match.
    """
    sentences = selection.sentences(thresholds, words.numbers())
    counted = f"{words.count(shown)} of {words.plural(whole, *ROWS_ARE[level])}"
    if not sentences:
        st.caption(f"{counted}. No filter is set.")
        return
    others = f" {unknown}, so others may match." if unknown else ""
    st.caption(words.escaped(f"{counted}: {'; '.join(sentences.values())}.{others}"))
    with st.container(horizontal=True, gap="small"):
        for one, _ in selection.active:
            st.button(
                one.label,
                key=f"clear_{one.key}",
                icon=":material/close:",
                type="tertiary",
                on_click=clear,
                args=([one.key],),
                help=f"Clear this filter: {words.escaped(sentences[one.key])}",
            )
        if len(sentences) > 1:
            st.button("Clear all", key="clear_audit", type="tertiary", on_click=clear, args=(list(sentences),))


def clear(keys: Sequence[str]) -> None:
    """Forget what was chosen in these filters; to be called from a button's callback."""
    if PRESET in keys:
        _choose_preset(None)
    filters.clear([key for key in keys if key != PRESET])
