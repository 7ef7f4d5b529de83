"""The learnable prompts: context tokens, and deep tokens for the text tower's layers (paper, sec. 3.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from crane_desktop.model.config import CraneConfig

CLASSES = ("pos", "neg")
"""The authors' names: "pos" is the normal class (index 0), "neg" the anomalous one (index 1)."""


class Prompts(nn.Module):
    """The state of the authors' prompt learner, under the authors' names."""

    def __init__(self, config: CraneConfig) -> None:
        super().__init__()
        width = config.text.width
        rest = config.context_length - 1 - config.prompt_tokens
        for name in CLASSES:
            self.register_parameter(f"ctx_{name}", nn.Parameter(torch.zeros(1, 1, config.prompt_tokens, width)))
            self.register_buffer(f"token_prefix_{name}", torch.zeros(1, 1, 1, width))
            self.register_buffer(f"token_suffix_{name}", torch.zeros(1, 1, rest, width))
            self.register_buffer(
                f"tokenized_prompts_{name}", torch.zeros(1, 1, config.context_length, dtype=torch.int32)
            )
        self.compound_prompts_text = nn.ParameterList(
            [nn.Parameter(torch.zeros(config.deep_tokens, width)) for _ in range(config.deep_layers)]
        )

    def embedded(self, image: Tensor | None) -> Tensor:
        """Return the prompts' embeddings, ``(2, L, W)`` static or ``(B * 2, L, W)`` guided.

        Guided (``pad_suffix``): the image feature ``(B, W)`` is one more token after the context tokens, and the
        last token of the suffix is dropped.
        """
        rows = []
        for name in CLASSES:
            prefix, context, suffix = (
                getattr(self, f"{part}_{name}")[0] for part in ("token_prefix", "ctx", "token_suffix")
            )
            if image is None:
                rows.append(torch.cat([prefix, context, suffix], dim=1))
                continue
            batch = image.shape[0]
            parts = [t.expand(batch, -1, -1) for t in (prefix, context)]
            rows.append(torch.cat([*parts, image.unsqueeze(1), suffix[:, :-1].expand(batch, -1, -1)], dim=1))
        return torch.stack(rows, dim=1).flatten(0, 1)

    def ends(self, *, guided: bool) -> list[int]:
        """Return the position of the end-of-text token, normal and anomalous."""
        ids = [getattr(self, f"tokenized_prompts_{name}")[0, 0] for name in CLASSES]
        return [int(row.argmax()) + int(guided) for row in ids]
