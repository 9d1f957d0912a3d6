"""Which reference model a name belongs to. The names are real ones of the network, unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from horde_core.analytics.names.matching import NameIndex, Resolution, resolve
from horde_core.analytics.names.spelling import BACKENDS, CANONICAL, backend_of

MODELS = """
    Casual-Autopsy/L3-Super-Nova-RP-8B DreadPoor/Irix-12B-Model_Stock FlareRebellion/WeirdCompound-v1.7-24b
    Gryphe/MythoMax-L2-13b KatyTheCutie/EstopianMaid-13B KoboldAI/GPT-NeoX-20B-Erebus KoboldAI/LLaMA2-13B-Estopia
    KoboldAI/LLaMA2-13B-Tiefighter KoboldAI/OPT-2.7B-Erebus NeverSleep/Llama-3-Lumimaid-8B-v0.1
    NeverSleep/Llama-3-Lumimaid-8B-v0.1-OAS NeverSleep/Noromaid-v0.4-Mixtral-Instruct-8x7b-Zloss
    PocketDoc/Dans-PersonalityEngine-V1.1.0-12b PygmalionAI/mythalion-13b PygmalionAI/pygmalion-2-7b
    PygmalionAI/pygmalion-2.7b PygmalionAI/pygmalion-6b PygmalionAI/pygmalion-7b Qwen/QwQ-32B Qwen/Qwen-14B
    Qwen/Qwen1.5-1.8B-Chat Qwen/Qwen2.5-14B-Instruct Qwen/Qwen3-1.7B Qwen/Qwen3-30B-A3B
    Qwen/Qwen3-30B-A3B-Instruct-2507 ReadyArt/Broken-Tutu-24B ReadyArt/Broken-Tutu-24B-Unslop-v2.0
    Sao10K/Fimbulvetr-11B-v2 Sao10K/L3-8B-Lunaris-v1 Sao10K/L3-8B-Stheno-v3.2 SicariusSicariiStuff/Impish_LLAMA_4B
    SicariusSicariiStuff/Impish_Nemo_12B SicariusSicariiStuff/Impish_QWEN_14B-1M
    SicariusSicariiStuff/Tenebra_30B_Alpha01_FP16 TeeZee/DarkForest-20B-v2.0 TheDrummer/Behemoth-X-123B-v2.1
    TheDrummer/Cydonia-24B-v4 TheDrummer/Cydonia-24B-v4.1 TheDrummer/Gemmasutra-Mini-2B-v1
    TheDrummer/Skyfall-31B-v4 Undi95/Lumimaid-Magnum-12B Undi95/MLewd-ReMM-L2-Chat-20B concedo/Beepo-22B
    deepseek-ai/DeepSeek-R1-Distill-Llama-8B elinas/Chronos-Gold-12B-1.0 elinas/chronos007-70b
    google/gemma-3-12b-it google/gemma-3-27b-it gpt2 lizpreciatior/lzlv_70b_fp16_hf
    meta-llama/Llama-3.1-405B-Instruct meta-llama/Llama-3.2-3B-Instruct meta-llama/Meta-Llama-3-8B-Instruct
    meta-llama/Meta-Llama-3-70B-Instruct mistralai/Mistral-7B-v0.1 mistralai/Mistral-Nemo-Instruct-2407
    sometimesanotion/Lamarck-14B-v0.7 zai-org/GLM-4.5-Air
"""
REFERENCE = tuple(MODELS.split())
INDEX = NameIndex(REFERENCE)

BY_RULE = [
    ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "exact"),
    ("gpt2", "gpt2", "exact"),
    ("KoboldAI/OPT-2.7B-Erebus::MrG80BMW M3#45628", "KoboldAI/OPT-2.7B-Erebus", "exact"),
    ("FlareRebellion/WeirdCompound-v1.7-24B", "FlareRebellion/WeirdCompound-v1.7-24b", "case"),
    ("qwen/qwq-32b", "Qwen/QwQ-32B", "case"),
    ("koboldcpp/L3-8B-Stheno-v3.2", "Sao10K/L3-8B-Stheno-v3.2", "segment"),
    ("koboldcpp/\nSao10K\n/\nFimbulvetr-11B-v2", "Sao10K/Fimbulvetr-11B-v2", "segment"),
    ("koboldcpp/debug-koboldcpp/Fimbulvetr-11B-v2", "Sao10K/Fimbulvetr-11B-v2", "segment"),
    ("https://huggingface.co/PygmalionAI/mythalion-13b", "PygmalionAI/mythalion-13b", "segment"),
    ("koboldcpp/l3-8b-stheno-v3.2-q6_k", "Sao10K/L3-8B-Stheno-v3.2", "quantisation"),
    ("koboldcpp/lzlv_70b_fp16_hf.Q4_K_M", "lizpreciatior/lzlv_70b_fp16_hf", "quantisation"),
    ("koboldcpp/Qwen_Qwen3-1.7B-Q4_K_M", "Qwen/Qwen3-1.7B", "author+quantisation"),
    ("koboldcpp/L3 8B Stheno v3.2", "Sao10K/L3-8B-Stheno-v3.2", "key"),
    ("koboldcpp/Fimbulvetr-11B-v2.", "Sao10K/Fimbulvetr-11B-v2", "key"),
    ("koboldcpp/qwen1_5-1_8b-chat", "Qwen/Qwen1.5-1.8B-Chat", "key"),
    ("koboldcpp/Irix-12B-Model-Stock_Q6_K", "DreadPoor/Irix-12B-Model_Stock", "key+quantisation"),
    ("koboldcpp/DarkForest--20B-V2.0.Q3_K.M.gguf", "TeeZee/DarkForest-20B-v2.0", "key+quantisation"),
    ("koboldcpp/TheDrummer_Skyfall-31B-v4", "TheDrummer/Skyfall-31B-v4", "author+segment"),
    ("koboldcpp/google_gemma-3-27b-it-Q6_K_L", "google/gemma-3-27b-it", "author+quantisation"),
    ("aphrodite/TheBloke_LLaMA2-13B-Tiefighter", "KoboldAI/LLaMA2-13B-Tiefighter", "author+segment"),
    ("koboldcpp/Qwen_qwen3_1.7B", "Qwen/Qwen3-1.7B", "author+key"),  # made up, as is the next
    ("koboldcpp/Qwen_qwen3_1.7B-Q8_0", "Qwen/Qwen3-1.7B", "author+key+quantisation"),
]

# The real spellings of every backend. aphrodite/... and tgi/... are also seen after another backend.
BY_BACKEND = [
    ("aphrodite/ReadyArt/Broken-Tutu-24B", "aphrodite"),
    ("Aphrodite/Chronos-Gold-12B-FP32", "aphrodite"),
    (" aphrodite/goliath-120b-gptq", "aphrodite"),
    ("aphrodite-elinas/Chronos007-70B", "aphrodite"),
    ("aphrodite-EXPERIMENTAL/PygmalionAI/pygmalion-2-13b", "aphrodite"),
    ("aphrodite/koboldcpp/L3-8B-Stheno-v3.2", "aphrodite"),
    ("concedo/koboldcpp", "concedo"),
    ("koboldcpp/aphrodite/elinas/Chronos-Gold-12B-1.0", "koboldcpp"),
    ("KoboldCPP/gpt4-x-alpaca-13b", "koboldcpp"),
    ("llama.cpp/L3-8B-Stheno-v3.2", "llamacpp"),
    ("llamacpp/Falcon3-10B-Instruct", "llamacpp"),
    ("ollama/wizard-vicuna-uncensored:13b", "ollama"),
    ("oobabooga/None", "oobabooga"),
    ("text-generation-webui/Qwen3-8B", "oobabooga"),
    ("openrouter/meta-llama/llama-3.1-405b-instruct", "openrouter"),
    ("slm/granite-3.0-2b-base.Q4_K_M.gguf", "slm"),
    ("tabbyAPI/L3-8B-Stheno-v3.2-EXL2_6.5bpw", "tabbyapi"),
    ("tgi/Gryphe/MythoMax-L2-13b", "tgi"),
    ('tgi-""/TheBloke/Luna-AI-Llama2-Uncensored-GPTQ', "tgi"),
    ("tgi-300-4096ctx/TheBloke/MythoMax-L2-13B-GPTQ", "tgi"),
    ("tgi-8k/lloorree/mythxl-70b-gptq", "tgi"),
    ("tgi-EXPERIMENTAL/TheBloke/Mistral-7B-v0.1-AWQ", "tgi"),
    ("tgi-fp16/Undi95/Unholy-v1.1-13B", "tgi"),
    ("tgi-fp16-8k/Gryphe/MythoMax-L2-13b", "tgi"),
    ("vllm/Fimbulvetr-11B-v2", "vllm"),
    ("vLLM-bf16/AceInstruct-7B", "vllm"),
    ("vLLM-W8A8/L3-8B-Stheno-v3.2", "vllm"),
]
AUTHORS_AND_BARE_NAMES = [
    "TheDrummer/Skyfall-36B-v2",
    "Qwen/Qwen3-8B",
    "google/gemma-3-4b-it",
    "deepseek-ai/DeepSeek-V3",
    "KoboldAI/LLaMA2-13B-Holomax",
    "UwUtismXD/L3-8B-Stheno-v3.2",
    "WeirdCompound-v1.7-24b",
    "aphrodite",
    "",
    "/models/Broken-Tutu-24B-Unslop-v2.0.i1-Q6_K.gguf",
]


OTHER_MODELS = [
    "tabbyAPI/Qwen3-30B-A3B-2507-6bpw-exl3",  # the first eight are made up
    "koboldcpp/GLM-4.5-Air-Hybrid-Q4_K_M",
    "koboldcpp/GLM-4.5-Air-smol-IQ4_XS",
    "unsloth/gemma-3-27b-it-unsloth",
    "RedHatAI/gemma-3-27b-it-quantized",
    "mlx-community/GLM-4.5-Air-mixed",
    "mlx-community/GLM-4.5-Air-v2-4bit-mlx",
    "mlx-community/gemma-3-27b-it-qat-4bit",
    "mlabonne_gemma-3-27b-it-abliterated-mlx-4bit",
    "inference-optimization/GLM-4.5-Air-0.72B-MTP-NVFP4A16",
    "aphrodite/Undi95/Xwin-MLewd-13B-V0.2-8K",
    "koboldcpp/Cydonia-24B-v4h-Q8_0",
    "koboldcpp/Cydonia-24B-v4.2-Q4_K_M",
    "koboldcpp/Cydonia-24B-Q4_K_M",
    "koboldcpp/Fimbulvetr-11B-v2.1",
    "koboldcpp/Fimbulvetr-11B-v2-Test-14.q4_K_M",
    "koboldcpp/gemma-3-270m-it",
    "koboldcpp/google_gemma-3-12b-it-qat-Q4_0",
    "koboldcpp/gemma-3-27b-it-abliterated.q4_k_m",
    "google/gemma-3-27b",
    "koboldcpp/Qwen/Qwen3-30B-A3B-Instruct",
    "koboldcpp/Qwen3-30B-A3B-Thinking-2507-Q4_K_M",
    "koboldcpp/L3-8B-Stheno-v3.2-32k-context",
    "tgi/Gryphe/MythoMax-L2-13b-8k",
    "koboldcpp/MythoMax-L2",
    "koboldcpp/debug-Broken-Tutu-24B",
    "koboldcpp/Broken-Tutu-24B.Q8_0koboldcpp",
    "koboldcpp/Impish_QWEN_14B-Q8_0",
    "koboldcpp/cerebras_GLM-4.5-Air-REAP-82B-A12B-IQ4_NL",
    "koboldcpp/lzlv_70b",
    "koboldcpp/L3-8B-Stheno-v3.2DW",
    "Llama-3-Lumimaid-8B-v0.1:latest",
    "tabbyAPI/ArtusDev_TheDrummer_Behemoth-X-123B-v2.1-EXL3_4.0bpw_H8",
    "koboldcpp/koboldcpp",
    "koboldcpp/-Q4_K_M",
    "koboldcpp/Q4_K_M",
    "koboldcpp/ - ",
    "koboldcpp/",
    "/",
    "",
    '<p style="color:#FF0000";>L3 405B Stheno v3.2 | Roleplay</p>',
]


@pytest.mark.parametrize(("name", "model", "how"), BY_RULE)
def test_each_rule_finds_its_model(name: str, model: str, how: str) -> None:
    assert INDEX.resolve(name)[::3] == (model, how)


@pytest.mark.parametrize(("name", "backend"), BY_BACKEND)
def test_a_backend_is_known_in_each_of_its_spellings(name: str, backend: str) -> None:
    assert (backend_of(name), INDEX.resolve(name).backend) == (backend, backend)


def test_each_spelling_in_the_table_of_backends_is_on_the_network() -> None:
    seen = {name.partition("/")[0].strip().casefold() for name, _ in BY_BACKEND}
    assert seen == {spelling for spellings in BACKENDS.values() for spelling in spellings}


@pytest.mark.parametrize("name", AUTHORS_AND_BARE_NAMES)
def test_an_author_is_no_backend(name: str) -> None:
    assert (backend_of(name), INDEX.resolve(name).backend) == (CANONICAL, CANONICAL)


def test_an_author_who_is_called_like_a_backend_is_the_author_of_a_reference_model() -> None:
    assert INDEX.resolve("concedo/Beepo-22B") == Resolution("concedo/Beepo-22B", CANONICAL, None, "exact")
    assert INDEX.resolve("Concedo/beepo-22b") == Resolution("concedo/Beepo-22B", CANONICAL, None, "case")
    assert INDEX.resolve("koboldcpp/concedo/Beepo-22B")[:2] == ("concedo/Beepo-22B", "koboldcpp")
    assert INDEX.resolve("concedo/OPT-2.7B-Erebus")[:2] == ("KoboldAI/OPT-2.7B-Erebus", "concedo")


@pytest.mark.parametrize("name", OTHER_MODELS)
def test_a_name_of_another_model_matches_nothing(name: str) -> None:
    resolution = INDEX.resolve(name)
    assert (resolution.model, resolution.quant, resolution.how) == (None, None, "none")


def test_the_rules_are_tried_in_their_order() -> None:
    assert resolve("a/x", ["A/X", "a/x"])[::3] == ("a/x", "exact")
    assert resolve("b/X-Q8", ["B/x", "a/X-Q8"])[::3] == ("a/X-Q8", "segment")
    assert resolve("k/Foo_Q8", ["a/Foo", "a/Foo-Q8"])[::3] == ("a/Foo", "quantisation")
    assert resolve("k/a_x.1", ["b/A x-1", "b/x.1"])[::3] == ("b/A x-1", "key")


def test_a_model_of_the_same_author_wins_without_case() -> None:
    reference = ["Alpha/Model-7B", "Beta/Model-7B"]
    assert resolve("tgi/BETA/model-7b-GPTQ", reference) == Resolution("Beta/Model-7B", "tgi", "GPTQ", "quantisation")
    assert resolve("koboldcpp/beta_Model-7B", reference)[::3] == ("Beta/Model-7B", "author+segment")


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("koboldcpp/Model-7B", ["Alpha/Model-7B", "Beta/Model-7B"]),
        ("vllm/Gamma/Model-7B-AWQ", ["Alpha/Model-7B", "Beta/Model-7B"]),
        ("A/MODEL", ["A/Model", "a/model"]),
        ("koboldcpp/pygmalion 2 7b", REFERENCE),
        ("koboldcpp/pygmalion_2_7b.Q4_K_S", REFERENCE),
    ],
)
def test_two_models_that_no_author_tells_apart_match_nothing(name: str, reference: Sequence[str]) -> None:
    assert resolve(name, reference)[::3] == (None, "ambiguous")


def test_models_that_differ_in_separators_only_are_told_apart_by_them() -> None:
    assert INDEX.resolve("koboldcpp/pygmalion-2-7b.Q4_K_S").model == "PygmalionAI/pygmalion-2-7b"
    assert INDEX.resolve("koboldcpp/pygmalion-2.7b-Q4_K_S").model == "PygmalionAI/pygmalion-2.7b"


@pytest.mark.parametrize(
    "owner", ["Alex#137289", "GoneJohn#154527#155291", "バカなやつ#16123", "a/b#1", "Sir Pro3#78659", "::#2"]
)
def test_the_owner_of_a_private_model_is_dropped(owner: str) -> None:
    assert INDEX.resolve(f"PygmalionAI/pygmalion-6b::{owner}").model == "PygmalionAI/pygmalion-6b"
    assert INDEX.resolve(f"koboldcpp/mythalion-13b.Q6_K::{owner}").model == "PygmalionAI/mythalion-13b"


def test_what_is_no_owner_is_part_of_the_name() -> None:
    assert INDEX.resolve("PygmalionAI/pygmalion-6b::Alex").model is None
    assert INDEX.resolve("PygmalionAI/pygmalion-6b#12").model is None


def test_a_legacy_reference_with_each_model_three_times_is_not_ambiguous() -> None:
    model = "Sao10K/Fimbulvetr-11B-v2"
    index = NameIndex([model, f"aphrodite/{model}", "koboldcpp/Fimbulvetr-11B-v2"])
    assert index.resolve("koboldcpp/Fimbulvetr-11B-v2")[:2] == ("koboldcpp/Fimbulvetr-11B-v2", "koboldcpp")
    assert index.resolve(f"aphrodite/{model.upper()}")[:2] == (f"aphrodite/{model}", "aphrodite")
    assert index.resolve(model)[:2] == (model, CANONICAL)
    assert index.resolve("koboldcpp/Fimbulvetr-11B-v2.Q6_K")[:2] == (model, "koboldcpp")


def test_image_names_match_exactly_or_without_case_and_are_never_stripped() -> None:
    index = NameIndex(["AlbedoBase XL (SDXL)", "Deliberate", "koboldcpp/odd"], model_type="image")
    assert index.resolve("Deliberate") == Resolution("Deliberate", CANONICAL, None, "exact")
    assert index.resolve("albedobase xl (sdxl)") == Resolution("AlbedoBase XL (SDXL)", CANONICAL, None, "case")
    assert index.resolve("koboldcpp/odd") == Resolution("koboldcpp/odd", CANONICAL, None, "exact")
    for name in (
        "Deliberate-Q8_0",
        "Deliberate::db0#1",
        "A/Deliberate",
        "AlbedoBase-XL-(SDXL)",
        "koboldcpp/Deliberate",
    ):
        assert index.resolve(name) == Resolution(None, CANONICAL, None, "none")


def test_an_index_keeps_the_order_of_its_models_and_answers_like_the_function() -> None:
    assert NameIndex(["b", "a", "b"]).model_names == ("b", "a")
    assert resolve("koboldcpp/gpt2-Q8_0", INDEX) == resolve("koboldcpp/gpt2-Q8_0", REFERENCE)
    assert resolve("DELIBERATE-Q8", ["Deliberate"], model_type="image").model is None


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "part", ["-Q4_K_M", "/q4", "/q4/k-", "iq/imat-", "@", "::", "(", "_", "tgi/", "1", "w1a", "00001-of-", "\n", "٣"]
)
@pytest.mark.parametrize("start", ["", "koboldcpp/L3-8B-Stheno-v3.2-", "a_b/"])
def test_a_hostile_name_costs_time_in_proportion_to_its_length(start: str, part: str) -> None:
    # In quadratic time, 200,000 characters would take minutes: the time limit is part of the assertion.
    assert INDEX.resolve(start + part * (200_000 // len(part)) + "!").how == "none"


def test_each_real_model_of_the_reference_resolves_to_itself_and_is_canonical() -> None:
    assert [INDEX.resolve(model) for model in REFERENCE] == [Resolution(m, CANONICAL, None, "exact") for m in REFERENCE]
