"""Filled in shortly."""

from fastapi import APIRouter

router = APIRouter()
