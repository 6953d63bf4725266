"""Why Laurel could not start, in words for the person at the keyboard."""


class CannotStart(Exception):
    """A start-up problem the operator can act on; the message is one complete sentence."""
