import logging
import re

SECRET_PATH = re.compile(r"/(r|mail|own|join|password/reset/key)/[^/\s\"']+")


def masked(text: str) -> str:
    """Without the secrets that mailed links carry in their paths."""
    return SECRET_PATH.sub(r"/\1/***", text)


class MaskLinks(logging.Filter):
    """Django and gunicorn log paths of requests that failed; some paths are secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = masked(record.getMessage())
        record.args = None
        if record.exc_info and record.exc_info[1]:
            record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
        return True
