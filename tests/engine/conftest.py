"""Properties of the engine hold however slow the machine is that tries them."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("laurel", deadline=None)
settings.load_profile("laurel")
