// The client's form: how many questions are answered, and what was typed so far is kept.
const form = document.querySelector("form.rating");
const progress = document.querySelector("[data-progress]");
const words = progress?.querySelector("[data-progress-words]");
const bar = progress?.querySelector("progress");
const told = form?.querySelector("[data-kept]");

function showProgress() {
  const questions = [...form.querySelectorAll("fieldset")].filter((one) => one.querySelector("[required]"));
  bar.max = questions.length;
  bar.value = questions.filter((one) => one.querySelector(":checked")).length;
  bar.hidden = false;
  words.textContent = progress.dataset.words.replace("%d", bar.value).replace("%d", bar.max);
}

// What was typed goes to the server a moment later, so that a closed phone loses nothing.
let waiting = 0;
let isKept = true;
let isSending = false;

function keepSoon() {
  isKept = false;
  keepInAMoment();
}

function keepInAMoment() {
  clearTimeout(waiting);
  waiting = setTimeout(keep, 800);
}

async function keep() {
  clearTimeout(waiting);
  if (isKept || form.dataset.sent) return;
  // One after the other, so that an older draft never arrives last; but a page that goes away
  // cannot wait.
  if (isSending && !document.hidden) return keepInAMoment();
  isKept = isSending = true;
  try {
    const answer = await fetch(form.dataset.draft, { method: "POST", body: new FormData(form), keepalive: true });
    isKept &&= answer.ok;
    say(answer.ok ? told.dataset.kept : "");
  } catch {
    isKept = false;
    say(told.dataset.notKept);
  } finally {
    isSending = false;
  }
}

function say(sentence) {
  if (told.textContent !== sentence) told.textContent = sentence;
}

if (form && bar) {
  form.addEventListener("change", showProgress);
  window.addEventListener("pageshow", showProgress);
  showProgress();
}

if (form?.dataset.draft) {
  form.addEventListener("input", keepSoon);
  document.addEventListener("visibilitychange", () => document.hidden && keep());
  window.addEventListener("online", keep);
  // Before forms.js marks the form as sent: without a connection the page must not go away.
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    say(told.dataset.notKept);
  }, { capture: true });
}

for (const field of document.querySelectorAll("form.rating textarea[maxlength]")) {
  const left = document.createElement("p");
  left.className = "counter";
  field.after(left);
  const count = () => {
    left.textContent = `${field.value.length} / ${field.maxLength}`;
  };
  field.addEventListener("input", count);
  count();
}
