// The client's form: how many questions are answered, how long the comment is.
const form = document.querySelector("form.rating");
const progress = document.querySelector("[data-progress]");
const words = progress?.querySelector("[data-progress-words]");
const bar = progress?.querySelector("progress");

function showProgress() {
  const questions = [...form.querySelectorAll("fieldset")].filter((one) => one.querySelector("[required]"));
  bar.max = questions.length;
  bar.value = questions.filter((one) => one.querySelector(":checked")).length;
  bar.hidden = false;
  words.textContent = progress.dataset.words.replace("%d", bar.value).replace("%d", bar.max);
}

if (form && bar) {
  form.addEventListener("change", showProgress);
  window.addEventListener("pageshow", showProgress);
  showProgress();
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
