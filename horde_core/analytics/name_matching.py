"""Which model of the reference a name of the API belongs to. Pure text in, answer out: no fuzzy match, ever.

An API name is ``backend/Author/Model-Quantisation::owner#id``, where every part but the model may be missing. The
two tables at the top hold the spellings that the network uses; the order of the rules is in :data:`How`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

CANONICAL = "canonical"
"""The backend of a name that has no backend in front."""

BACKENDS: Mapping[str, tuple[str, ...]] = {
    "aphrodite": ("aphrodite", "aphrodite-elinas", "aphrodite-experimental"),
    "concedo": ("concedo",),
    "koboldcpp": ("koboldcpp",),
    "llamacpp": ("llamacpp", "llama.cpp"),
    "ollama": ("ollama",),
    "oobabooga": ("oobabooga", "text-generation-webui"),
    "openrouter": ("openrouter",),
    "slm": ("slm",),
    "tabbyapi": ("tabbyapi",),
    "tgi": ("tgi", 'tgi-""', "tgi-300-4096ctx", "tgi-8k", "tgi-experimental", "tgi-fp16", "tgi-fp16-8k"),
    "vllm": ("vllm", "vllm-bf16", "vllm-w8a8"),
}
"""Each text backend and how it is spelled as the first path segment of a name, in lower case."""

QUANTISATIONS: tuple[str, ...] = (
    # GGUF types of llama.cpp and ik_llama.cpp, and what their converters put around them
    r"q\d_(?:ha|[kp]_h)",  # -Q6_HA .Q6_P_H -Q4-K-H
    r"i?q_?\d_?k(?:_?(?:s|m|l|xl))?(?:_r\d+)?",  # -Q4_K_M .q6_K -UD-Q6_K_XL -Q4KM .Q4_K.S -Q4-K_M @q2/k_xl -IQ4_K_R4
    r"q\d_0_\d_?x?\d",  # -Q4_0_4_4 -q4_0_4x8
    r"p?t?q\d_[0-3](?:_[ls])?(?:_r\d+|_g128)?",  # -q8_0 .ggmlv3.q4_1 -Q8_0_L .Q8.0 -TQ1_0 -PQ2_0 -Q8_0_R8 -Q1_0_G128
    r"i?q\d_?(?:xxs|xsm?|s|m|l|nl)(?:_r\d+)?",  # -IQ4_XS -IQ2_M _iQ4nl -Q4-NL -IQ1_S_R4
    r"iq\d_?(?:bn|kl|kss?|kt)(?:_r\d+)?",  # -IQ4_KSS -IQ2_KT -IQ5_KS_R4
    r"q8_kv(?:_r8)?",  # -Q8_KV
    r"hybrid(?=_q\d_[kp]_h)",  # the first part of -Hybrid-Q4-K-H
    r"i?q\d",  # -Q8 .Q4 -IQ3
    r"\d_k_[sml]",  # MythoMax-L2-13b 5_K_M
    r"ud(?=_[it]?q\d)",  # the first part of -UD-Q6_K_XL -UD-TQ1_0
    r"smol(?=_iq\d_?k)",  # the first part of -smol-IQ4_KSS
    r"i1",  # .i1 .i1-IQ3_XXS
    r"(?:iq_)?imat(?:rix)?(?:13)?",  # -imat -imatrix -GGUF-IQ-Imatrix -imat13
    r"gg(?:ml|jt)(?:_?v[23])?(?:_model)?",  # .ggmlv3.q4_0 -GGML-V2 -GGJTv3-q5_1 -ggml-model-Q5_K.bin
    r"gguf(?:_v2)?",  # .gguf -GGUF .gguf_v2.q4_k_m
    # Other converters
    r"gptq(?:model|\d+(?:bit|g))?",  # -GPTQ -GPTQ-Int4 -GPTQ4bit _GPTQ32G -gptqmodel-4bit
    r"(?:auto)?awq(?:_gemm)?",  # -AWQ -AWQ-GEMM -autoawq
    r"(?:mixed_)?auto_?round(?:gptq|awq)?",  # -int4-AutoRound -q2ks-mixed-AutoRound
    r"hqq(?:_calib)?",  # _4bitgs64_hqq -int4wo-hqq
    r"aqlm(?:_pv)?(?:_\dbit_\dx\d+)?(?:_hf)?",  # -AQLM-2Bit-1x16-hf
    r"(?:unsloth_)?bnb",  # -bnb-4bit -unsloth-bnb-4bit
    r"nf4",  # -bnb-nf4
    r"mlx|dwq",  # -MLX-4bit -4bit-DWQ
    r"q\df(?:16|32)(?:_\d)?|mlc",  # -q4f16_1-MLC
    r"exl[23](?:_rpcal|_\d_\d+)?",  # -exl2 -EXL3 -exl2-rpcal -exl2_3_75
    r"\d(?:_\d+)?_?bpw(?:_hb?\d|_\dh)?",  # -4.0bpw -8bpw-8h-exl2 -4.25bpw_H6 -6bpw-hb6, never 2507-6bpw as one
    r"bpw\d+(?:_\d+)?(?:_h\d)?",  # -bpw4-exl2 -bpw8.0-h8-exl2 -bpw500
    r"int[248](?:wo)?(?:_a?sym|_inc|(?:_cw)?_ov)?",  # -Int4-128G -GPTQ-Int4 -int4-ov -int4-inc -int4wo-hqq
    r"(?:16|[2-8])_?bits?(?:gs\d+|nogs)?(?:_a?sym)?",  # -4bit -8bit-GPTQ -4-Bit-AWQ -16bit _4bitgs64_hqq -4bit-sym
    r"[2-8]b_\d+g",  # -GPTQ-4b-128g, never the size 4b alone
    r"\d+g(?:_(?:ao|cuda|triton))?",  # -4bit-128g -awq-32g -4bit-128g-cuda
    r"group_?size\d+",  # -int4-gptq-groupsize128-safetensors
    r"(?:no_)?act_?order(?:_true)?",  # -4bit-32g-actorder -act-order-GPTQ -128g.no-act.order
    # Precisions
    r"compressed_tensors",  # the first part of _Compressed-Tensors_W4A16
    r"quantized(?=_w\d+a\d)",  # the first part of -quantized.w8a8
    r"w\d+a(?:fp)?\d+(?:_a?sym|_g\d+)?",  # -W8A8 _W4A16-ASYM -W4A16-G128 -W4AFP8
    r"fp8(?:_(?:dynamic|static|block|kv|e[45]m[23]))?",  # -FP8 -FP8-Dynamic -FP8-block
    r"float8dq|8da4w",  # of torchao
    r"(?:b?f|fp)16(?:_ov)?",  # -bf16 .f16 _fp16 -fp16-ov
    r"(?:int8|fp16)mix",  # -GPTQ-Int4-Int8Mix
    r"fp?32",  # -f32 -FP32
    r"(?:nv)?fp4(?:a16)?|mxfp[468](?:_moe|_r8)?",  # -nvfp4 -NVFP4A16 -FP4 -MXFP4_MOE
    # Files
    r"safetensors|bin|llamafile",  # -GPTQ-Safetensors .ggmlv3.q4_0.bin
    r"\d{5}_of_\d{5}",  # -00001-of-00003
)
"""Spellings of quantisations, precisions and file types, as patterns without case; the first that fits is taken.

``_`` stands for any one separator. Sizes, versions, variants, dates and context lengths are no part of this. Sources:
the names of the network, the type lists of llama.cpp and ik_llama.cpp (``llama_ftype``), and what the converters of
MLX, HQQ, AutoRound, AQLM, bitsandbytes, MLC, OpenVINO, torchao, LLM Compressor and ExLlama write.
"""

INDEXES_KEPT = 4
"""The references whose index is remembered: of two categories, live and simulated."""

How = Literal[
    "exact",
    "case",
    "segment",
    "quantisation",
    "key",
    "key+quantisation",
    "author+segment",
    "author+quantisation",
    "author+key",
    "author+key+quantisation",
    "ambiguous",
    "none",
]
"""The rule that gave an answer. The first that hits wins; ``::owner#id`` is dropped before any of them.

=========================  ============================================================================================
``exact``                  the whole name is in the reference
``case``                   so it is without case
``segment``                the last segment is that of a reference model, without case
``quantisation``           so it is without its trailing quantisation
``key``                    so it is where ``-``, ``_``, ``.`` and space are all one separator
``key+quantisation``       so it is by that key without its trailing quantisation
``author+...``             so it is, by one of these four, without the ``Author_`` that bridges put in front; by key
                           only for a model of that author
``ambiguous``              the first rule that hit found several models, none or several of them by the name's author
``none``                   no rule hit
=========================  ============================================================================================
"""

_Rules = tuple[How, How, How, How]
_Match = tuple[list["_Entry"], int, int]
"""A hit: the models, how many characters of the key they cover, and which of four rules it was."""

_BY_SEGMENT: _Rules = ("segment", "quantisation", "key", "key+quantisation")
_BY_MODEL_OF_AUTHOR: _Rules = (
    "author+segment",
    "author+quantisation",
    "author+key",
    "author+key+quantisation",
)

# Impish_QWEN_14B-Q8_0 is no Qwen-14B of an author Impish: what is spelled loosely may have any word before its "_".
_ONLY_BY_AUTHOR: frozenset[How] = frozenset({"author+key", "author+key+quantisation"})

_BACKEND_BY_SPELLING = {spelling: backend for backend, spellings in BACKENDS.items() for spelling in spellings}

_TOKEN = f"(?:{'|'.join(QUANTISATIONS)})(?![a-z0-9])"
_TOKEN_IN_KEY = _TOKEN.replace("_", " ")
_TOKEN_IN_SEGMENT = _TOKEN.replace("_", "[-_. ]")
_TOKEN_IN_PATH = _TOKEN.replace("_", "[-_. /]")
# Possessive, so that there is one way to read a run. Only its first token may hold a slash, so that no slash is read
# from another one's run: both keep the time linear, whatever the name.
_RUN = re.compile(rf"{_TOKEN_IN_KEY}(?: {_TOKEN_IN_KEY})*+\)?", re.ASCII)
_WRITTEN_APART = re.compile(
    rf"[@:/(](?i:(?={_TOKEN_IN_PATH}(?:[-_.\s]+{_TOKEN_IN_SEGMENT})*+[-_.\s)]*\Z)"  # nothing but quantisation follows
    r"|(?<=q\d/)(?=(?:k|[0-3]|xx?s)(?![a-z0-9])))",  # or a token is cut in two
    re.ASCII,
)


def is_hidden_by_server(name: str) -> bool:
    """Whether the server leaves a name out of its status list on purpose; workers and usage may still have it."""
    return "horde_special" in name


class Resolution(NamedTuple):
    """What became of one API name.

    ``model`` is the reference model it belongs to, or None for an unlisted one. ``backend`` is one of
    :data:`BACKENDS` or :data:`CANONICAL`. ``quant`` is what was stripped to find the model, as the name spells it;
    None where nothing was. ``how`` names the rule that gave the answer.
    """

    model: str | None
    backend: str
    quant: str | None
    how: How


class _Entry(NamedTuple):
    """A reference model as the table holds it: its author and last segment in lower case, and its name."""

    author: str
    segment: str
    model: str


class NameIndex:
    """The reference, indexed once, to resolve any number of API names in constant time each. Answers never change.

    Image names match exactly, else without case, and nothing is stripped from them.
    """

    def __init__(self, model_names: Iterable[str], *, model_type: Literal["image", "text"] = "text") -> None:
        self.model_names: tuple[str, ...] = tuple(dict.fromkeys(model_names))
        self.model_type = model_type
        self._names = frozenset(self.model_names)
        self._by_name: dict[str, list[str]] = {}
        for model in self.model_names:
            self._by_name.setdefault(model.casefold(), []).append(model)
        self._backend_spellings: frozenset[str] = frozenset()
        self._by_key: dict[str, list[_Entry]] = {}
        if model_type == "text":
            self._index_segments()
        self._resolved: dict[str, Resolution] = {}
        self._longest_key = max(map(len, self._by_key), default=0)

    def _index_segments(self) -> None:
        entries = []
        for model in self.model_names:
            author, segment = _author_and_segment(model)
            entries.append(_Entry(author, segment.casefold(), model))
        # The legacy reference also lists koboldcpp/Model and aphrodite/Author/Model. concedo/Beepo-22B is no such
        # spelling: no bare name has its segment, so what looks like a backend is its author.
        spelled = {entry.model: entry.segment for entry in entries if backend_of(entry.model) != CANONICAL}
        if spelled:
            bare = {entry.segment for entry in entries if entry.model not in spelled}
            self._backend_spellings = frozenset(model for model, segment in spelled.items() if segment in bare)
        for entry in entries:
            if entry.segment and entry.model not in self._backend_spellings:
                self._by_key.setdefault(_key(entry.segment), []).append(entry)

    def resolve(self, api_name: str) -> Resolution:
        """Return which model of the reference an API name belongs to. Any string is a name; nothing raises."""
        if self.model_type == "image":
            return self._by_whole_name(api_name, CANONICAL) or Resolution(None, CANONICAL, None, "none")
        name = api_name if api_name in self._names else _without_owner(api_name)
        backend, path = _split_backend(name)
        if whole := self._by_whole_name(name, backend):
            return whole
        author, segment = _author_and_segment(path)
        return (
            self._by_last_segment(author, segment, backend, _BY_SEGMENT)
            or self._by_model_after_author(segment, backend)
            or Resolution(None, backend, None, "none")
        )

    def resolve_all(self, api_names: Iterable[str]) -> dict[str, Resolution]:
        """Resolve many names. Those of the last call are remembered: the network's names change little in a day."""
        known = self._resolved
        resolved = {name: known.get(name) or self.resolve(name) for name in api_names}
        self._resolved = resolved
        return resolved

    def _by_whole_name(self, name: str, backend: str) -> Resolution | None:
        """Rules 1 and 2. What looks like a backend is part of the model's own name, unless it spells another model."""
        if name in self._names:
            return Resolution(name, backend if name in self._backend_spellings else CANONICAL, None, "exact")
        models = self._by_name.get(name.casefold())
        if models is None:
            return None
        if len(models) > 1:
            return Resolution(None, backend, None, "ambiguous")
        return Resolution(models[0], backend if models[0] in self._backend_spellings else CANONICAL, None, "case")

    def _by_last_segment(self, author: str, segment: str, backend: str, rules: _Rules) -> Resolution | None:
        """Rules 3 to 6: the segment is a model's, or begins with one and goes on with nothing but quantisation."""
        lower = segment.casefold()
        key = _key(lower)
        match = self._match(lower, key)
        if match is None:
            return None
        entries, length, rule = match
        how = rules[rule]
        if len(entries) > 1 or how in _ONLY_BY_AUTHOR:
            by_author = [entry for entry in entries if entry.author == author]
            if how in _ONLY_BY_AUTHOR and not by_author:
                return None
            entries = by_author or entries
        quant = _after_words(segment, key.count(" ", 0, length) + 1) if length < len(key) else None
        if len(entries) > 1:
            return Resolution(None, backend, quant, "ambiguous")
        return Resolution(entries[0].model, backend, quant, how)

    def _match(self, lower: str, key: str) -> _Match | None:
        """Return the models that the first of rules 3 to 6 finds.

        Read from the longest model down, since a model's own name may end like a quantisation:
        Tenebra_30B_Alpha01_FP16.i1-IQ4_XS is Tenebra's FP16.
        """
        by_key, longest = self._by_key, self._longest_key
        whole = len(key)
        found = None
        if entries := by_key.get(key):
            if alike := [entry for entry in entries if lower == entry.segment]:
                return alike, whole, 0
            found = entries, whole, 2
        length = key.rfind(" ", 0, longest + 1)
        while length > 0:
            entries = by_key.get(key[:length])
            if entries and _RUN.fullmatch(key, length + 1):
                if alike := [entry for entry in entries if lower.startswith(entry.segment)]:
                    return alike, length, 1
                found = found or (entries, length, 3)
            length = key.rfind(" ", 0, length)
        return found

    def _by_model_after_author(self, segment: str, backend: str) -> Resolution | None:
        """Rule 7: rules 3 to 6 without what stands before the first ``_``."""
        author, underscore, model = segment.partition("_")
        if not underscore:
            return None
        return self._by_last_segment(author.casefold(), model.lstrip("_"), backend, _BY_MODEL_OF_AUTHOR)


@lru_cache(maxsize=INDEXES_KEPT)
def name_index(model_names: tuple[str, ...], model_type: Literal["image", "text"]) -> NameIndex:
    """Return the index of these names: the same object for the same names, as a reference rarely changes."""
    return NameIndex(model_names, model_type=model_type)


def resolve(
    api_name: str, model_names: Iterable[str] | NameIndex, *, model_type: Literal["image", "text"] = "text"
) -> Resolution:
    """Resolve one name; :meth:`NameIndex.resolve_all` does many."""
    index = model_names if isinstance(model_names, NameIndex) else name_index(tuple(model_names), model_type)
    return index.resolve(api_name)


def backend_of(api_name: str) -> str:
    """Return the text backend that a name begins with, or :data:`CANONICAL` where it begins with none."""
    return _split_backend(api_name)[0]


def _split_backend(name: str) -> tuple[str, str]:
    """Split a name into its backend and the path after it. Of nested backends the first counts."""
    head, slash, path = name.partition("/")
    if not slash:
        return CANONICAL, name
    backend = _BACKEND_BY_SPELLING.get(head) or _BACKEND_BY_SPELLING.get(head.strip().casefold())
    if backend is None:
        return CANONICAL, name
    start = 0
    while (end := path.find("/", start)) >= 0 and path[start:end].strip().casefold() in _BACKEND_BY_SPELLING:
        start = end + 1
    return backend, path[start:]


def _without_owner(name: str) -> str:
    """Drop the ``::owner#id`` of a private model; the owner's name may hold anything, ``#`` and ``/`` included."""
    model, colons, owner = name.partition("::")
    if not colons:
        return name
    _, number_sign, identity = owner.rpartition("#")
    return model if number_sign and identity.isdecimal() else name


def _author_and_segment(path: str) -> tuple[str, str]:
    """Split a path into its author, in lower case, and its last segment.

    A quantisation that stands apart from its model is joined to it first: bridges write ``model@q2/k_xl``,
    ``model-Q5/K_M.gguf``, ``model:q6/k``, ``model (Q5_K_M)`` and ``model/Q5_K_M``.
    """
    if not ("/" in path or "@" in path or ":" in path or "(" in path):
        return "", path.strip()
    author, _, segment = _WRITTEN_APART.sub("_", path).strip().strip("/").rpartition("/")
    return author.strip().casefold(), segment.strip()


def _key(lower: str) -> str:
    """Return the key of a segment in lower case: every run of ``-``, ``_``, ``.`` and space is one space."""
    return " ".join(_with_spaces(lower).split()) or lower


def _with_spaces(text: str) -> str:
    return text.replace("-", " ").replace("_", " ").replace(".", " ")


def _after_words(segment: str, count: int) -> str:
    """Return what follows the first ``count`` words of a segment, as it is spelled."""
    rest = _with_spaces(segment).split(None, count)[count]
    return segment[len(segment) - len(rest) :].rstrip("-_. )")
