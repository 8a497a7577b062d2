// Single keys for therapists. They do nothing while one types, with Ctrl, Alt or Meta held, or once
// they are switched off (in this browser, in the list that "?" opens). Where they lead stands in
// that list, as links.
const list = document.getElementById("shortcuts");
const toggle = list.querySelector("[data-shortcuts-on]");
const KEPT = "alliance.shortcuts";
const OFF = "off";

toggle.checked = localStorage.getItem(KEPT) !== OFF;
toggle.addEventListener("change", () => {
  if (toggle.checked) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, OFF);
});

// The way to the list for whoever has switched the keys off, or uses a mouse.
for (const link of document.querySelectorAll("[data-shortcuts-open]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    list.showModal();
  });
}

const isTyped = (where) =>
  where.isContentEditable || where.matches("input:not([type=checkbox], [type=radio]), select, textarea");

// Each row is stood for by its first link, which has a focus of its own.
const rows = () => [...document.querySelectorAll("[data-rows] > *")].filter((row) => row.querySelector("a"));
const rowOf = (where) => where.closest("[data-rows] > *");

function step(by) {
  const all = rows();
  const here = all.indexOf(rowOf(document.activeElement));
  const next = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : here + by];
  next?.querySelector("a").focus();
  next?.scrollIntoView({ block: "nearest" });
}

const find = () => {
  const field = document.querySelector("main [type=search]");
  if (field) field.select();
  else follow("/");
};

const follow = (key) => list.querySelector(`[data-key="${key}"]`).click();

const does = {
  "?": () => list.showModal(),
  "/": find,
  j: () => step(1),
  k: () => step(-1),
  o: () => rowOf(document.activeElement)?.querySelector("a").click(),
  r: () => follow("r"),
  t: () => follow("t"),
  i: () => follow("i"),
  c: () => follow("c"),
};

document.addEventListener("keydown", (event) => {
  const isHeld = event.ctrlKey || event.altKey || event.metaKey || event.isComposing;
  const isBusy = list.open || document.documentElement.hidden || isTyped(event.target);
  if (isHeld || isBusy || !toggle.checked || !Object.hasOwn(does, event.key)) return;
  event.preventDefault();
  does[event.key]();
});
