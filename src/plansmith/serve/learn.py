"""The pages of learning: archive, training, models."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

router = APIRouter()


def training_part(served: Any, job: Any, language: str) -> str:
    """The state of a training as a part of its page."""
    raise NotImplementedError
