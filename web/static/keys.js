// J K move, X select (Shift+X a range), Enter open, R recommend, B return, / search, ? help.
// Silent inside inputs, with Ctrl, Alt or Meta, and while an input method composes; can be switched off for good.
const OFF = "keys-off";
const rows = () => [...document.querySelectorAll("[data-keys] [data-row]")];
let at = -1;
let picked = -1;

const off = () => localStorage.getItem(OFF) === "1";
const boxOf = (row) => row?.querySelector('input[type="checkbox"]');

export function ignored(event) {
  if (event.isComposing || event.keyCode === 229) return true;
  if (event.ctrlKey || event.altKey || event.metaKey) return true;
  return Boolean(event.target.closest?.('input:not([type="checkbox"]), textarea, select, [contenteditable], dialog'));
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  all[at]?.classList.remove("at");
  at = Math.min(Math.max(at + step, 0), all.length - 1);
  all[at].classList.add("at");
  all[at].scrollIntoView({ block: "nearest" });
  (boxOf(all[at]) ?? all[at].querySelector("a"))?.focus({ preventScroll: true });
}

function select(range) {
  const all = rows();
  if (at < 0) return;
  const box = boxOf(all[at]);
  if (!box) return;
  const value = range ? true : !box.checked;
  const [from, to] = range && picked >= 0 ? [Math.min(picked, at), Math.max(picked, at)] : [at, at];
  for (const row of all.slice(from, to + 1)) {
    const each = boxOf(row);
    if (each) each.checked = value;
  }
  picked = at;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

const does = {
  j: () => move(1),
  k: () => move(-1),
  x: (event) => select(event.shiftKey),
  enter: (event) => !event.target.closest("a, button") && rows()[at]?.querySelector("a[data-open]")?.click(),
  r: () => document.querySelector('[data-key="r"]')?.click(),
  b: () => document.querySelector('[data-key="b"]')?.click(),
  "/": () => document.querySelector('[data-key="/"]')?.focus(),
  "?": () => document.getElementById("shortcuts")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (ignored(event) || !does[key] || (off() && key !== "?")) return;
  if (key !== "enter" || event.target.matches('input[type="checkbox"]')) event.preventDefault(); // a box would send its form
  does[key](event);
});

const toggle = document.querySelector("[data-keys-switch]");
if (toggle) {
  toggle.checked = !off();
  toggle.addEventListener("change", () => localStorage.setItem(OFF, toggle.checked ? "0" : "1"));
}

for (const bar of document.querySelectorAll("[data-bulk]")) {
  const form = document.getElementById(bar.dataset.bulk);
  const status = bar.querySelector('[role="status"]');
  const boxes = () => [...document.querySelectorAll(`input[type="checkbox"][form="${form.id}"], #${form.id} input[type="checkbox"]`)];
  const all = document.querySelector("[data-select-all]");
  const count = () => {
    const n = boxes().filter((box) => box.checked && box !== all).length;
    bar.classList.toggle("shown", n > 0);
    status.textContent = n ? status.dataset.words.replace("#", n) : "";
  };
  document.addEventListener("change", (event) => {
    if (event.target === all) for (const box of boxes()) box.checked = all.checked;
    count();
  });
  form.addEventListener("reset", () => setTimeout(count));
  count();
}
