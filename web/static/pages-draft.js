// A drafting page while it is written: questions that do not apply step back, and the panel beside follows each save.

function holds(rule, form) {
  const [, name, how, value] = rule.match(/^([a-z0-9_.]+)([=:]?)(.*)$/) ?? [];
  const controls = [...form.elements].filter((each) => each.name === name || each.name?.startsWith(`${name}.`));
  const given = controls.filter((each) => (["radio", "checkbox"].includes(each.type) ? each.checked : each.value.trim()));
  if (!how) return given.some((each) => each.type !== "hidden");
  return given.some((each) => each.name === name && each.value === value);
}

function step(form) {
  for (const each of form.querySelectorAll("[data-when]")) {
    const written = [...each.querySelectorAll("input, textarea, select")].some((control) =>
      ["radio", "checkbox"].includes(control.type) ? control.checked : control.type !== "hidden" && control.value.trim());
    each.hidden = !holds(each.dataset.when, form) && !written;
  }
}

for (const form of document.querySelectorAll("form")) {
  if (!form.querySelector("[data-when]")) continue;
  step(form);
  form.addEventListener("input", () => step(form));
}

const side = document.querySelector("[data-refresh]");
const stamp = document.querySelector("[data-saved]");
if (side && stamp) {
  const saved = stamp.dataset.saved.split("#")[0];
  new MutationObserver(async () => {
    if (!stamp.textContent.startsWith(saved)) return;
    const answer = await fetch(side.dataset.refresh, { headers: { Accept: "text/html" } });
    if (answer.ok) side.replaceChildren(document.createRange().createContextualFragment(await answer.text()));
  }).observe(stamp, { childList: true, characterData: true, subtree: true });
}
