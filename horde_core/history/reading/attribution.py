"""Which recorded names belong to which model, by today's reference, so that a mended reference mends the past too."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from horde_core.analytics.names.matching import NameIndex
from horde_core.history.tables import api_name

_NAMES_AFTER = (
    select(api_name.c.id, api_name.c.name)
    .where(api_name.c.category == bindparam("category"), api_name.c.id > bindparam("known"))
    .order_by(api_name.c.id)
)
_NAME = select(api_name.c.name).where(api_name.c.id == bindparam("known"))


class Attribution:
    """The recorded names of a category by the model that they belong to. Names are numbered as in ``api_name``.

    ``models`` and ``backends`` hold the model and the backend of each number; the model of an unlisted name is None.
    """

    def __init__(self, index: NameIndex) -> None:
        self._index = index
        self._listed = frozenset(index.model_names)
        self._known = 0
        self.models: dict[int, str | None] = {}
        self.backends: dict[int, str] = {}
        self.names: dict[int, str] = {}
        self._by_name: dict[str, int] = {}
        self._of_model: dict[str, list[int]] = {}
        self._unlisted: dict[str, list[int]] = {}

    def is_of(self, connection: Connection) -> bool:
        """Whether this is the store that the names were read from: the last of them has its number here."""
        return not self._known or connection.execute(_NAME, {"known": self._known}).scalar() == self.names[self._known]

    def take(self, connection: Connection) -> None:
        """Attribute the names that were recorded since the last call; a store never numbers names anew."""
        asked = {"category": self._index.model_type, "known": self._known}
        found = connection.execute(_NAMES_AFTER, asked).all()
        for (number, name), (model, backend) in zip(
            found, self._index.owners([name for _, name in found]), strict=True
        ):
            self.models[number], self.backends[number], self.names[number] = model, backend, name
            self._by_name[name] = number
            if model is None:
                self._unlisted.setdefault(name.casefold(), []).append(number)
            else:
                self._of_model.setdefault(model, []).append(number)
            self._known = number

    def numbers(self, name: str) -> Sequence[int] | None:
        """The names that count for a model of the reference, for an unlisted name in any case, or for any one name.

        None where nothing of that name was recorded and the reference does not list it; () where it does.
        """
        found = self._of_model.get(name) or self._unlisted.get(name.casefold())
        if found is None and name in self._by_name:
            found = [self._by_name[name]]
        return () if found is None and name in self._listed else found
