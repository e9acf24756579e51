// What a browser keeps of a draft until the server has it: its writer's alone, and gone once they sign out.
const KEPT = "draft:";
const out = typeof document === "undefined" ? null : document.querySelector("form[data-sign-out]");
const mine = () => `${KEPT}${out?.dataset.person ?? ""}:`;

export const keyOf = (path) => `${mine()}${path}`;

export function kept(path) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(path)) ?? "null");
  } catch {
    return null;
  }
}

export function keep(path, what) {
  try {
    localStorage.setItem(keyOf(path), JSON.stringify(what));
  } catch {
    // a full or forbidden store: the text is still on the page
  }
}

export const forget = (path) => localStorage.removeItem(keyOf(path));

out?.addEventListener("submit", (event) => {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(mine()));
  if (keys.length && !confirm(out.dataset.signOut)) return event.preventDefault();
  for (const key of keys) localStorage.removeItem(key);
  dispatchEvent(new Event("signing-out"));
});
