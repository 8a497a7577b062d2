import logging
import re

SECRET_PATH = re.compile(r"/(r|mail|own|join|password/reset/key)/[^/\s\"']+")
# What a therapist looked for in the caseload: a name. Also in the address of the page to log in
# to, which carries the page that one came from, encoded once or more often. An encoded "&" may be
# a part of the name, so what follows it is masked too.
SOUGHT_NAME = re.compile(
    r"((?:[?&;]|%(?:25)*(?:3F|26|3B))(?:q|%(?:25)*71)(?:=|%(?:25)*3D))[^&\s]*", re.IGNORECASE
)


def masked(text: str) -> str:
    """Without the secrets that mailed links carry in their paths, and without sought names."""
    return SOUGHT_NAME.sub(r"\1***", SECRET_PATH.sub(r"/\1/***", text))


class MaskLinks(logging.Filter):
    """Django and gunicorn log addresses of requests that failed; some of them are secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = masked(record.getMessage())
        record.args = None
        if record.exc_info and record.exc_info[1]:
            record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
        return True
