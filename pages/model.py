"""Model: everything that is known of one model, or of up to four side by side."""

import streamlit as st

from horde_core.live.find_model import Found, find_model
from pages.common import address, data, panels, unavailable, words
from pages.sections.model import comparison, sheet

MOST_MODELS = 4

view = data.current_view()
snapshots = list(view.categories.values())

known = data.kept(
    ("known names", view.id), lambda: list(dict.fromkeys(name for one in snapshots for name in one.reference))
)
address.note_text("name")
asked: list[str] = st.multiselect(
    "Models, by any of their names",
    known,
    key="name",
    bind="query-params",
    max_selections=MOST_MODELS,
    accept_new_options=True,
    placeholder="Name of the reference, or a name that workers send",
)

found: list[Found] = []
for name in asked[:MOST_MODELS]:
    model = find_model(name, snapshots)
    if model is None:
        missing = unavailable.clause(view, "reference", "usage", "status")
        called = "No model of the reference and no name on the network is called:"
        unknown = f"{missing}, so it is unknown whether there is a model called:"
        st.warning(unknown if missing else called, icon=":material/search_off:")
        st.text(words.one_line(name, 120))
    elif model.name not in [other.name for other in found]:
        found.append(model)

if not asked:
    st.info("Choose a model above, or follow its link in any table.", icon=":material/deployed_code:")
elif len(found) == 1:
    sheet.draw(view, found[0])
elif found:
    comparison.draw(view, found)

panels.explanation(
    "**Names.** Workers send free-text names. One that is exactly in the reference is that model; another one belongs "
    "to a model when it is the same in another case, behind a backend, or with its quantisation. Nothing is guessed.",
    "**Shares and ranks** are of the whole category, unlisted names included.",
    "**Backends** are the programs in front of a text model's names; a name without one is *canonical*.",
    "**Findings** are those of the audit.",
)
