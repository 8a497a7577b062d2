"""Somebody who uses no mouse and no touch: Tab, arrows, Space, Enter and letters."""

from dataclasses import dataclass

from playwright.sync_api import Page

TAB_STOPS = 80  # more than any page here has
# What a screen reader would say first: the question of a group, the label, or the words themselves.
NAME = """() => {
  const focused = document.activeElement;
  const question = focused.type === "radio" && focused.closest("fieldset")?.querySelector("legend");
  const words = question || focused.labels?.[0] || focused;
  return (words.innerText || "").replace(/\\s+/g, " ").trim();
}"""


@dataclass(frozen=True)
class Keyboard:
    page: Page

    def go_to(self, name: str) -> None:
        """Press Tab until the field, button or link with this name has the focus."""
        for _ in range(TAB_STOPS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(NAME).startswith(name):
                return
        raise AssertionError(f"The Tab key does not reach {name!r} on {self.page.url}")

    def type(self, name: str, words: str) -> None:
        self.go_to(name)
        self.page.keyboard.type(words)

    def choose(self, question: str, number: int) -> None:
        """The answer of this number, in a group that has none yet."""
        self.go_to(question)
        self.page.keyboard.press("Space")
        for _ in range(number - 1):
            self.page.keyboard.press("ArrowDown")

    def press(self, name: str) -> None:
        """A button or link, and wait for the page that follows."""
        self.go_to(name)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
