// Small helps for forms. Every form works without them.

// Bring the summary of errors into view and to the screen reader.
document.querySelector("[data-focus]")?.focus();

// A second tap on a button that is already at work does nothing. (A form whose answer is a file stays
// on the screen, and may be sent again.)
for (const form of document.querySelectorAll("form[method=post]:not([data-stays])")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    const button = event.submitter ?? form.querySelector("button");
    button?.setAttribute("aria-disabled", "true");
    if (button?.dataset.busy) {
      button.dataset.words = button.textContent;
      button.textContent = button.dataset.busy;
    }
  });
}

// The browser's Back button shows the page as it was left: make it usable again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    const button = form.querySelector("button[aria-disabled]");
    button?.removeAttribute("aria-disabled");
    if (button?.dataset.words) button.textContent = button.dataset.words;
  }
});
