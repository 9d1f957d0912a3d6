"""Which endings of a name are a quantisation, and which tell another model."""

from __future__ import annotations

import re

import pytest

from horde_core.analytics.names.matching import resolve
from horde_core.analytics.names.quantisations import QUANTISATIONS
from tests.core.analytics.names.test_matching import INDEX

# What a name adds to its model, by row of the table; at least one real name a row.
BY_QUANTISATION = [
    ("koboldcpp/L3-8B-Stheno-v3.2-Q4_K_M", "Q4_K_M"),
    ("koboldcpp/mythalion-13b.Q6_K", "Q6_K"),
    ("koboldcpp/google_gemma-3-27b-it-Q6_K-L", "Q6_K-L"),
    ("koboldcpp/Gemmasutra-Mini-2B-v1-Q4KM", "Q4KM"),
    ("koboldcpp/Gemmasutra-Mini-2B-v1-q4_0_4_4", "q4_0_4_4"),
    ("koboldcpp/gemma-3-12b-it-UD-Q6_K_XL", "UD-Q6_K_XL"),
    ("koboldcpp/L3-8B-Lunaris-v1-Q8_0_L", "Q8_0_L"),
    ("koboldcpp/Mistral-7B v0.1 Q8.0", "Q8.0"),
    ("koboldcpp/fimbulvetr-11b-v2-q8_0", "q8_0"),
    ("koboldcpp/L3-8B-Stheno-v3.2-IQ4_XS-imat.gguf", "IQ4_XS-imat.gguf"),
    ("koboldcpp/Gemmasutra-Mini-2B-v1_iQ4nl", "iQ4nl"),
    ("koboldcpp/SicariusSicariiStuff_Impish_Nemo_12B-Q6_HA", "Q6_HA"),
    ("koboldcpp/GLM-4.5-Air.Q6_P_H-00001-of-00002", "Q6_P_H-00001-of-00002"),
    ("koboldcpp/Broken-Tutu-24B.Q8", "Q8"),
    ("koboldcpp/MythoMax-L2-13b 5_K_M", "5_K_M"),
    ("koboldcpp/Lumimaid-Magnum-12B.i1-IQ3_XXS", "i1-IQ3_XXS"),
    ("koboldcpp/Llama-3-Lumimaid-8B-v0.1.i1", "i1"),
    ("aphrodite/mradermacher/Broken-Tutu-24B-GGUF-IQ-Imatrix", "GGUF-IQ-Imatrix"),  # the ending is real
    ("KoboldCPP/Pygmalion-7b-4bit-Q4_1-GGML", "4bit-Q4_1-GGML"),
    ("koboldcpp/mythomax-l2-13b.ggmlv3.q4_0", "ggmlv3.q4_0"),
    ("koboldcpp/llama2.13b.tiefighter.gguf_v2.q4_k_m", "gguf_v2.q4_k_m"),
    ("ReadyArt/Broken-Tutu-24B-Unslop-v2.0.gguf", "gguf"),
    ("TheBloke/Mythalion-13B-GPTQ_gptq-4bit-32g-actorder_True", "GPTQ_gptq-4bit-32g-actorder_True"),
    ("Qwen/Qwen2.5-14B-Instruct-GPTQ-Int4", "GPTQ-Int4"),
    ("ISTA-DASLab/gemma-3-27b-it-GPTQ-4b-128g", "GPTQ-4b-128g"),
    ("aphrodite/L3-8B-Stheno-v3.2-AWQ-GEMM", "AWQ-GEMM"),  # the ending is real
    ("cpatonn/GLM-4.5-Air-AWQ-4bit", "AWQ-4bit"),
    ("aphrodite/Meta-Llama-3-8B-Instruct-EXL2", "EXL2"),
    ("tabbyAPI/L3-8B-Stheno-v3.2-8bpw-exl2", "8bpw-exl2"),
    ("tabbyAPI/Behemoth-X-123B-v2.1-EXL3_4.0bpw_H8", "EXL3_4.0bpw_H8"),
    ("aphrodite/Cat/L3-8B-Stheno-v3.2-bpw800-h8-exl2-rpcal", "bpw800-h8-exl2-rpcal"),  # the ending is real
    ("pygmalion-7b-4bit-128g-cuda", "4bit-128g-cuda"),
    ("PygmalionAI/pygmalion-7b-int4-gptq-groupsize128-safetensors", "int4-gptq-groupsize128-safetensors"),  # so here
    ("aphrodite/TheDrummer/Behemoth-X-123B-v2.1_Compressed-Tensors_W4A16", "Compressed-Tensors_W4A16"),
    ("vLLM-W8A8/Broken-Tutu-24B-W8A8", "W8A8"),
    ("aphrodite/SicariusSicariiStuff/Impish_Nemo_12B_FP8", "FP8"),
    ("aphrodite/Chronos-Gold-12B-1.0-bf16", "bf16"),
    ("koboldcpp/L3-8B-Stheno-v3.2.f16", "f16"),
    ("Aphrodite/Chronos-Gold-12B-1.0-FP32", "FP32"),
    ("aphrodite/TheDrummer/Skyfall-31B-v4-nvfp4", "nvfp4"),
    ("koboldcpp/GLM-4.5-Air-MXFP4", "MXFP4"),
    ("koboldcpp/mythomax-l2-13b.ggmlv3.q5_K_M.bin", "ggmlv3.q5_K_M.bin"),
    ("Lamarck-14B-v0.7@q2/k_xl", "q2_k_xl"),
    ("L3-8B-Stheno-v3.2-Q5/K_M-imat", "Q5_K_M-imat"),
    ("koboldcpp/MythoMax-L2-13b/Q5_K_M", "Q5_K_M"),
    ("koboldcpp/SicariusSicariiStuff/Impish_LLaMa_4B (Q5_K_M)", "Q5_K_M"),
    ("koboldcpp/broken-tutu-24B.Q6_K.", "Q6_K"),
]


# What today's converters write: the name of a real file or repository, its model, and what is stripped.
BY_CONVERTER = [
    ("unsloth/DeepSeek-V3.1-UD-TQ1_0.gguf", "deepseek-ai/DeepSeek-V3.1", "UD-TQ1_0.gguf"),
    ("unsloth/DeepSeek-R1-UD-IQ1_S.gguf", "deepseek-ai/DeepSeek-R1", "UD-IQ1_S.gguf"),
    ("ubergarm/DeepSeek-V3.1-smol-IQ4_KSS.gguf", "deepseek-ai/DeepSeek-V3.1", "smol-IQ4_KSS.gguf"),
    ("ubergarm/Ling-1T-smol-IQ2_KS-00001-of-00011.gguf", "inclusionAI/Ling-1T", "smol-IQ2_KS-00001-of-00011.gguf"),
    ("koboldcpp/Qwen3.6-35B-A3B-IQ3_K_R4.gguf", "Qwen/Qwen3.6-35B-A3B", "IQ3_K_R4.gguf"),
    ("koboldcpp/GLM-4.5-Air-Hybrid-Q4-K-H", "zai-org/GLM-4.5-Air", "Hybrid-Q4-K-H"),
    ("koboldcpp/gemma-3-27b-it-q4_0_s", "google/gemma-3-27b-it", "q4_0_s"),
    ("koboldcpp/Qwen_Qwen3-30B-A3B-IQ4_XSM", "Qwen/Qwen3-30B-A3B", "IQ4_XSM"),
    ("mlx-community/Qwen3-30B-A3B-6bit", "Qwen/Qwen3-30B-A3B", "6bit"),
    ("mlx-community/Qwen3-30B-A3B-4bit-DWQ", "Qwen/Qwen3-30B-A3B", "4bit-DWQ"),
    ("lmstudio-community/Qwen3-30B-A3B-Instruct-2507-MLX-8bit", "Qwen/Qwen3-30B-A3B-Instruct-2507", "MLX-8bit"),
    ("mlc-ai/Llama-3.2-3B-Instruct-q4f16_1-MLC", "meta-llama/Llama-3.2-3B-Instruct", "q4f16_1-MLC"),
    ("mobiuslabsgmbh/Llama-3.1-8b-instruct_4bitgs64_hqq_calib", "M/Llama-3.1-8B-Instruct", "4bitgs64_hqq_calib"),
    ("pytorch/Phi-4-mini-instruct-int4wo-hqq", "microsoft/Phi-4-mini-instruct", "int4wo-hqq"),
    ("pytorch/Phi-4-mini-instruct-8da4w", "microsoft/Phi-4-mini-instruct", "8da4w"),
    ("Intel/Qwen3-30B-A3B-Instruct-2507-int4-AutoRound", "Qwen/Qwen3-30B-A3B-Instruct-2507", "int4-AutoRound"),
    ("Intel/Qwen3-Coder-Next-gguf-q2ks-mixed-AutoRound", "Qwen/Qwen3-Coder-Next", "gguf-q2ks-mixed-AutoRound"),
    ("OpenVINO/Qwen3-8B-int4-ov", "Qwen/Qwen3-8B", "int4-ov"),
    ("OpenVINO/gemma-3-4b-it-int4-cw-ov", "google/gemma-3-4b-it", "int4-cw-ov"),
    ("bg-digitalservices/Gemma-4-26B-A4B-it-NVFP4A16", "google/gemma-4-26b-a4b-it", "NVFP4A16"),
    ("nvidia/DeepSeek-R1-FP4", "deepseek-ai/DeepSeek-R1", "FP4"),
    ("noctrex/GLM-4.5-Air-MXFP4_MOE.gguf", "zai-org/GLM-4.5-Air", "MXFP4_MOE.gguf"),
    ("neuralmagic/Meta-Llama-3.1-8B-Instruct-quantized.w8a8", "M/Meta-Llama-3.1-8B-Instruct", "quantized.w8a8"),
    ("RedHatAI/Llama-3.2-3B-Instruct-FP8-dynamic", "meta-llama/Llama-3.2-3B-Instruct", "FP8-dynamic"),
    ("RedHatAI/gemma-4-31b-it-fp8-block", "google/gemma-4-31b-it", "fp8-block"),
    ("amd/Llama-3.1-8B-Instruct-FP8-KV", "meta-llama/Llama-3.1-8B-Instruct", "FP8-KV"),
    ("QuantTrio/GLM-4.5-Air-GPTQ-Int4-Int8Mix", "zai-org/GLM-4.5-Air", "GPTQ-Int4-Int8Mix"),
    ("lee5j/Athene-V2-Agent-gptqmodel-4bit", "Nexusflow/Athene-V2-Agent", "gptqmodel-4bit"),
    ("unsloth/gemma-3-4b-it-unsloth-bnb-4bit", "google/gemma-3-4b-it", "unsloth-bnb-4bit"),
    ("Qwen3-32B-EXL3-3.50bpw", "Qwen/Qwen3-32B", "EXL3-3.50bpw"),
    (
        "aphrodite/ISTA-DASLab/Mixtral-8x7B-Instruct-v0_1-AQLM-2Bit-1x16-hf",
        "mistralai/Mixtral-8x7B-Instruct-v0.1",
        "AQLM-2Bit-1x16-hf",
    ),
]


# The types of llama.cpp and ik_llama.cpp (llama_ftype), and endings of converters, on a made-up model.
LLAMA_FTYPES_AND_ENDINGS = """
    F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q6_0 Q8_0 Q2_K Q2_K_S Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_S Q5_K_M Q6_K IQ1_S
    IQ1_M IQ2_XXS IQ2_XS IQ2_S IQ2_M IQ3_XXS IQ3_XS IQ3_S IQ3_M IQ4_NL IQ4_XS Q4_0_4_4 Q4_0_4_8 Q4_0_8_8 TQ1_0 TQ2_0
    MXFP4_MOE NVFP4 Q1_0 Q2_0 IQ1_BN IQ2_BN IQ2_K IQ3_K IQ4_K IQ5_K IQ6_K IQ4_KS IQ3_KL IQ2_KS IQ4_KSS Q8_KV IQ5_KS
    IQ1_KT IQ2_KT IQ3_KT IQ4_KT IQ3_KS IQ2_KL PQ2_0 PTQ1_0 Q1_0_G128 Q4_0_R8 Q8_0_R8 Q5_0_R4 Q6_0_R4 Q2_K_R4 Q6_K_R4
    IQ2_XXS_R4 IQ1_S_R4 IQ4_NL_R4 IQ2_M_R4 IQ4_XS_R8 IQ2_BN_R4 IQ2_K_R4 IQ5_K_R4 IQ4_KS_R4 IQ5_KS_R4 MXFP4_R8 Q8_KV_R8
    Q8_K_R8 UD-IQ1_S UD-Q4_K_XL UD-TQ1_0 mlx-4bit MLX-bf16 mxfp4-mlx bnb-nf4 AWQ-INT4 autoawq GPTQ-Int8 W8A8 W4A16-G128
    W8A8-INT8 INT8-W8A8 W4AFP8 FP8-Static fp8-e4m3 float8dq int4-inc 4bit-sym AQLM-PV-2Bit-1x16-hf autoround-gptq-4bit
    exl3 exl3-4.0bpw 6bpw-hb6-exl3 4.25bpw_H6 Q4_K_M.llamafile
"""


TYPES = LLAMA_FTYPES_AND_ENDINGS.split()


@pytest.mark.parametrize(("name", "quant"), BY_QUANTISATION)
def test_a_quantisation_is_stripped_in_each_of_its_spellings(name: str, quant: str) -> None:
    resolution = INDEX.resolve(name)
    assert resolution.model is not None
    assert resolution.quant == quant


@pytest.mark.parametrize("row", QUANTISATIONS)
def test_each_row_in_the_table_of_quantisations_has_an_example(row: str) -> None:
    token = re.compile(rf"(?<![a-z0-9])(?:{row.replace('_', '[-_. ]')})(?![a-z0-9])", re.IGNORECASE)
    quants = [*(quant for _, quant in BY_QUANTISATION), *(quant for *_, quant in BY_CONVERTER), *TYPES]
    assert any(token.search(quant) for quant in quants)


@pytest.mark.parametrize(("name", "model", "quant"), BY_CONVERTER)
def test_what_converters_write_is_stripped(name: str, model: str, quant: str) -> None:
    assert resolve(name, [model])[::2] == (model, quant)


@pytest.mark.parametrize(
    "part", ["", "-8B", "-v3.2", "-4.1", "-Thinking", "-2507", "-qat", "-abliterated", "-8k", "-MTP"]
)
def test_each_type_is_stripped_from_its_own_model_and_joins_no_two(part: str) -> None:
    found = {quant: resolve(f"A/Model{part}-{quant}", ["A/Model"])[::2] for quant in TYPES}
    assert found == {quant: (None, None) if part else ("A/Model", quant) for quant in TYPES}


@pytest.mark.parametrize(
    "part",
    ["8B", "8x7B", "4b", "v3", "v3.2", "1.1", "2", "Instruct", "Thinking", "Chat", "2507", "8k", "hf", "qat", "dpo"],
)
def test_size_version_variant_and_date_are_never_stripped(part: str) -> None:
    for name in (f"Model-{part}", f"Model-{part}-Q4_K_M", f"Model.{part}.gguf", f"koboldcpp/A_Model-{part}"):
        assert resolve(name, ["A/Model"]).model is None


def test_only_what_is_at_the_end_is_stripped() -> None:
    assert resolve("huihui-ai/Huihui-gpt-oss-20b-BF16-abliterated", ["A/Huihui-gpt-oss-20b-abliterated"]).model is None


def test_a_model_that_is_named_like_a_quantisation_keeps_its_name() -> None:
    whole = "SicariusSicariiStuff/Tenebra_30B_Alpha01_FP16"
    assert INDEX.resolve("koboldcpp/Tenebra_30B_Alpha01_FP16.i1-IQ4_XS")[::2] == (whole, "i1-IQ4_XS")
    assert INDEX.resolve("koboldcpp/Tenebra_30B_Alpha01_FP16")[::2] == (whole, None)
    assert INDEX.resolve("koboldcpp/Tenebra_30B_Alpha01.Q8_0").model is None
    assert resolve("Model-FP16-Q8_0", ["A/Model", "A/Model-FP16"]).model == "A/Model-FP16"
