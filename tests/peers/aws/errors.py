"""Refusals, as services of AWS word them."""


class Refused(Exception):
    """An answer that is an error: HTTP status, code, message."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
