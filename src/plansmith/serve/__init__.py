"""How do people get in, by browser and by program? Doors only: each route calls what the command line calls."""

from plansmith.serve.app import create_app
from plansmith.serve.settings import Place

__all__ = ["Place", "create_app"]
