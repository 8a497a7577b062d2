"""`docs/method.md` as part of a page: what is computed, and what it cannot see."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

FILE = settings.BASE_DIR / "docs" / "method.md"


@cache
def page() -> SafeString:
    """Rendered once for each process. HTML in the file is shown as text, not as HTML."""
    return render(FILE.read_text(encoding="utf-8"))


def render(text: str) -> SafeString:
    renderer = MarkdownIt("commonmark", {"html": False}, renderer_cls=Renderer).enable("table")
    html: str = renderer.render(text)
    return mark_safe(html)  # noqa: S308 - our own file, its HTML escaped


class Renderer(RendererHTML):
    """Tables scroll by themselves, and numbers are aligned by a class: no style in the page."""

    def table_open(
        self, tokens: Sequence[Token], place: int, options: OptionsDict, env: dict[str, Any]
    ) -> str:
        env["tables"] = env.get("tables", 0) + 1
        name = _("Table %(number)d") % {"number": env["tables"]}
        return (
            f'<div class="scroll" role="region" tabindex="0" aria-label="{name}">'
            '<table class="table table--small">\n'
        )

    def table_close(
        self, tokens: Sequence[Token], place: int, options: OptionsDict, env: dict[str, Any]
    ) -> str:
        return "</table></div>\n"

    def td_open(
        self, tokens: Sequence[Token], place: int, options: OptionsDict, env: dict[str, Any]
    ) -> str:
        return self._cell(tokens[place], "<td{}>")

    def th_open(
        self, tokens: Sequence[Token], place: int, options: OptionsDict, env: dict[str, Any]
    ) -> str:
        """A column without a name has no heading cell: there would be nothing to read out."""
        is_named = bool(tokens[place + 1].content)
        return self._cell(tokens[place], '<th scope="col"{}>' if is_named else "<td{}>")

    def th_close(
        self, tokens: Sequence[Token], place: int, options: OptionsDict, env: dict[str, Any]
    ) -> str:
        return "</th>" if tokens[place - 1].content else "</td>"

    def _cell(self, token: Token, tag: str) -> str:
        is_number = "right" in str(token.attrGet("style") or "")
        return tag.format(' class="number"' if is_number else "")
