// What every page gains from JavaScript: focus on what went wrong, an explanation at a closed button, the right modules.
document.documentElement.classList.add("js");

document.querySelector("[data-focus]")?.focus();

document.addEventListener("click", (event) => {
  const button = event.target.closest?.('[aria-disabled="true"]');
  if (!button) return;
  event.preventDefault();
  const why = document.getElementById(button.getAttribute("aria-describedby")?.split(" ")[0] ?? "");
  why?.closest("section")?.focus();
});

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method === "dialog") return;
  if (event.target.dataset.sent) event.preventDefault(); // a second press of the same button
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

const need = {
  "form[data-autosave]": "autosave.js",
  "form[data-sheet]": "sheet.js",
  "[data-rows]": "tables.js",
  "form[data-sign-out]": "kept.js",
  "form[data-upload]": "upload.js",
  "textarea[data-limit]": "counter.js",
  "[data-keys], [data-bulk]": "keys.js",
  "[data-passkey]": "passkeys.js",
};
for (const [selector, file] of Object.entries(need)) {
  if (document.querySelector(selector)) import(new URL(file, import.meta.url));
}
