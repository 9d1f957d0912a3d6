"""What a maintainer chooses on the audit page: thresholds to try, presets, filters; and what was chosen, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from horde_core.audit import AuditSummary, AuditThresholds, ModelAuditInfo
from horde_core.audit.filters import FIGURES, FILTER_OF, Filter, Kind, Selection, filters_for
from horde_core.audit.presets import presets_for
from horde_core.audit.thresholds import WhatIf, what_ifs, with_tried
from horde_core.groups import GroupLevel
from horde_core.models import ModelType
from pages.common import data, filters, words

PRESET = "preset"
ALWAYS_SHOWN = ("severity", "flag", "flag_not", "flag_unknown")
ROWS_ARE: Mapping[GroupLevel, tuple[str, str]] = {
    "model": ("model", "models"),
    "family": ("family", "families"),
    "exact": ("API name", "API names"),
}
"""What one row of the table is, and several."""


def threshold_words(thresholds: AuditThresholds, model_type: ModelType) -> str:
    """Every threshold in force, for files."""
    return "; ".join(
        f"{one.label.lower()} {getattr(thresholds, one.field):g} {one.unit}" for one in what_ifs(model_type)
    )


def tried_thresholds(model_type: ModelType) -> AuditThresholds:
    """The thresholds with what this visitor tries instead; an empty box stands for the setting's own value."""
    own = data.THRESHOLDS[model_type]
    tried: dict[str, float] = {}
    with st.popover("Thresholds", icon=":material/tune:", help="Try other thresholds: every count follows at once."):
        st.caption("Empty boxes stand for the settings in force, which they show in grey.")
        for one in what_ifs(model_type):
            value = _tried(one, getattr(own, one.field))
            if value is not None:
                tried[one.field] = int(value) if one.is_whole else value
        st.button(
            "Back to the settings",
            key="reset_thresholds",
            on_click=filters.clear,
            args=([one.key for one in what_ifs(model_type)],),
            disabled=not tried,
        )
    return with_tried(own, tried)


def _tried(one: WhatIf, own: float) -> float | None:
    return filters.number(
        f"{one.label} ({one.unit})", one.key, one.most, one.step, placeholder=words.exact(own), width=320
    )


def tried_note(thresholds: AuditThresholds, model_type: ModelType) -> None:
    """Say which thresholds are not the settings' own."""
    own = data.THRESHOLDS[model_type]
    changed = [one for one in what_ifs(model_type) if getattr(thresholds, one.field) != getattr(own, one.field)]
    if changed:
        said = [
            f"{one.label.lower()} {words.exact(getattr(thresholds, one.field))} {one.unit} "
            f"(setting: {words.exact(getattr(own, one.field))})"
            for one in changed
        ]
        st.info(f"Tried thresholds: {'; '.join(said)}.", icon=":material/science:")


def chosen_preset(model_type: ModelType, thresholds: AuditThresholds) -> str | None:
    """The preset that the link names, if it selects anything in this category."""
    named = st.query_params.get(PRESET)
    return named if named in [preset.key for preset in presets_for(model_type, thresholds)] else None


def presets(summary: AuditSummary, model_type: ModelType, thresholds: AuditThresholds) -> str | None:
    """One button a preset, with how many models it selects; pressed again it selects no more."""
    chosen = chosen_preset(model_type, thresholds)
    with st.container(horizontal=True, gap="small"):
        for preset in presets_for(model_type, thresholds):
            is_chosen = preset.key == chosen
            st.button(
                f"{preset.label} · {words.count(summary.by_preset[preset.key])}",
                key=f"preset_{preset.key}",
                icon=":material/check:" if is_chosen else None,
                help=preset.rule(thresholds, words),
                on_click=_choose_preset,
                args=(None if is_chosen else preset.key,),
            )
    return chosen


def _choose_preset(key: str | None) -> None:
    if key is None:
        st.query_params.pop(PRESET, None)
    else:
        st.query_params[PRESET] = key


def choose(
    infos: Sequence[ModelAuditInfo], model_type: ModelType, thresholds: AuditThresholds, preset: str | None
) -> Selection:
    """Every other filter of the category; the rarer ones folded away."""
    available = [one for one in filters_for(model_type) if one.key != PRESET]
    chosen: dict[str, Any] = {PRESET: preset}

    def options(one: Filter) -> Sequence[str]:
        given = ("options", one.key, data.current_view().id, thresholds.digest, model_type)
        return data.kept(given, lambda: one.options(infos, model_type, thresholds))

    chosen["search"] = filters.search("search", "Search names")
    for one in available:
        if one.key in ALWAYS_SHOWN:
            chosen[one.key] = filters.several(one.label, options(one), one.key, one.word, 190)
    with st.popover("More filters", icon=":material/filter_list:"):
        for one in available:
            if one.kind is Kind.SEVERAL and one.key not in ALWAYS_SHOWN:
                chosen[one.key] = filters.several(one.label, options(one), one.key, one.word, 320)
    with st.popover("Ranges", icon=":material/straighten:"):
        for figure in FIGURES:
            if model_type in figure.of:
                with st.container(horizontal=True, vertical_alignment="bottom"):
                    for end in ("from", "to"):
                        chosen[f"{figure.key}_{end}"] = filters.number(f"{figure.label} {end}", f"{figure.key}_{end}")
    return Selection.of(model_type, chosen)


def active_line(selection: Selection, thresholds: AuditThresholds, shown: int, whole: int, level: GroupLevel) -> None:
    """The whole selection in a sentence, with how many rows it leaves, and a button to clear each part of it."""
    sentences = selection.sentences(thresholds, words)
    counted = f"{words.count(shown)} of {words.plural(whole, *ROWS_ARE[level])}"
    if not sentences:
        st.caption(f"{counted}. No filter is set.")
        return
    st.caption(words.escaped(f"{counted}: {'; '.join(sentences.values())}."))
    with st.container(horizontal=True, gap="small"):
        for key in sentences:
            st.button(
                FILTER_OF[key].label if key != PRESET else "Preset",
                key=f"clear_{key}",
                icon=":material/close:",
                type="tertiary",
                on_click=clear,
                args=([key],),
                help=f"Clear this filter: {words.escaped(sentences[key])}",
            )
        if len(sentences) > 1:
            st.button("Clear all", key="clear_audit", type="tertiary", on_click=clear, args=(list(sentences),))


def clear(keys: Sequence[str]) -> None:
    """Forget what was chosen in these filters; to be called from a button's callback."""
    if PRESET in keys:
        _choose_preset(None)
    filters.clear([key for key in keys if key != PRESET])
