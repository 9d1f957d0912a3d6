"""How quantisations, precisions and file types are spelled at the end of a name."""

from __future__ import annotations

import re

WORDS_KEPT = 8_192
"""Words and endings of names of which an answer is remembered; today's names have some 2,000."""

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

_TOKEN = f"(?:{'|'.join(QUANTISATIONS)})(?![a-z0-9])"
_TOKEN_IN_KEY = _TOKEN.replace("_", " ")
_TOKEN_IN_SEGMENT = _TOKEN.replace("_", "[-_. ]")
_TOKEN_IN_PATH = _TOKEN.replace("_", "[-_. /]")
# Possessive, so that there is one way to read a run. Only its first token may hold a slash, so that no slash is read
# from another one's run: both keep the time linear, whatever the name.
RUN = re.compile(rf"{_TOKEN_IN_KEY}(?: {_TOKEN_IN_KEY})*+\)?", re.ASCII)
CUT_OFF = ("k", "0", "1", "2", "3", "xs", "xxs")
"""What a slash cuts off a token: ``model-Q5/K_M.gguf``."""

WRITTEN_APART = re.compile(
    rf"[@:/(](?i:(?={_TOKEN_IN_PATH}(?:[-_.\s]+{_TOKEN_IN_SEGMENT})*+[-_.\s)]*\Z)"  # nothing but quantisation follows
    rf"|(?<=q\d/)(?=(?:{'|'.join(CUT_OFF)})(?![a-z0-9])))",  # or a token is cut in two
    re.ASCII,
)


def _words_of(row: str) -> str:
    """Return a pattern that fits every word of a row, and few others.

    Its runs of letters, and its digits and classes, in any order and number. A letter that may be missing is a run.
    """
    row = row.replace(r"\d", "[0-9]")
    runs = set(re.findall("[a-z]+|[0-9]", re.sub(r"\[[^]]*\]|([a-z])\?", r" \1 ", row)))
    characters = "".join([*re.findall(r"\[([^]]*)\]", row), *sorted(run for run in runs if len(run) == 1)])
    return f"(?:{'|'.join([*sorted(run for run in runs if len(run) > 1), f'[0{characters}]'])})+"


class Answers(dict[str, bool]):
    """Whether words fit a pattern as a whole: each is looked at once, all are forgotten when there are too many."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        super().__init__()
        self._pattern = pattern

    def __missing__(self, words: str) -> bool:
        if len(self) >= WORDS_KEPT:
            self.clear()
        answer = self[words] = self._pattern.fullmatch(words) is not None
        return answer


MAY_BE_OF_TOKEN = Answers(re.compile("|".join(map(_words_of, QUANTISATIONS))))
"""Whether a word of a key may be part of a quantisation. True for every word that is, and for a few others."""

IS_RUN = Answers(RUN)
"""Whether words of a key are nothing but quantisations."""
