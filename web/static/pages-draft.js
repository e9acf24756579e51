// A drafting page while it is written: questions that do not apply step back, figures that follow are worked out, the panel
// beside follows each save, and whoever else is in the draft is shown.
import { forget } from "./kept.js";

const BEAT_MS = 30000;

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
  for (const each of form.querySelectorAll("[data-only-when]")) each.hidden = !holds(each.dataset.onlyWhen, form);
}

// A figure as whole last decimals, exact; null where it is none.
function whole(text) {
  const found = (text ?? "").normalize("NFKC").replaceAll(",", "").trim().match(/^([+-]?)(\d{1,20})(?:\.(\d{0,12}))?/);
  return found && BigInt(`${found[1]}${found[2]}${(found[3] ?? "").padEnd(12, "0")}`);
}

export function shareOf(part, all) {
  const [of, base] = [whole(part), whole(all)];
  if (of === null || base === null || base <= 0n) return "";
  const twice = 20000n * of + base;
  const points = twice / (2n * base) - (twice % (2n * base) < 0n ? 1n : 0n);
  const digits = `${points < 0n ? -points : points}`.padStart(3, "0");
  return `${points < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function workOut(form) {
  for (const output of form.querySelectorAll("[data-share]")) {
    const [part, all] = output.dataset.share.split("/").map((name) => form.elements[name]?.value);
    if (part === undefined || all === undefined) continue; // asked in another part: as the server said
    const share = shareOf(part, all);
    output.textContent = share ? `${share} %` : output.dataset.empty;
  }
}

async function renew(place, address, options) {
  try {
    const answer = await fetch(address, { redirect: "error", headers: { Accept: "text/html" }, ...options });
    if (answer.ok) place.replaceChildren(document.createRange().createContextualFragment(await answer.text()));
  } catch {
    // without a connection the page stays as it is
  }
}

function beat() {
  const place = document.querySelector("[data-beat]");
  if (!place || document.visibilityState !== "visible") return;
  const form = document.querySelector("form[data-autosave]");
  const told = form && { csrf_token: form.elements.csrf_token.value, section: place.dataset.section };
  renew(place, place.dataset.beat, told ? { method: "POST", body: new URLSearchParams(told) } : {});
}

function follow(side) {
  const form = document.querySelector("form[data-autosave]");
  const stamp = form?.querySelector("[data-saved]");
  if (!stamp) return;
  new MutationObserver(async () => {
    if (form.dataset.stands !== "saved" && form.dataset.stands !== "failed") return;
    const { beat: address, section } = document.querySelector("[data-beat]")?.dataset ?? {};
    const focused = side.contains(document.activeElement);
    if (!focused) await renew(side, side.dataset.refresh);
    const place = document.querySelector("[data-beat]");
    if (place && address) place.dataset.section = section;
  }).observe(stamp, { childList: true, characterData: true, subtree: true });
}

if (typeof document !== "undefined") {
  for (const form of document.querySelectorAll("form")) {
    if (!form.querySelector("[data-when], [data-only-when], [data-share]")) continue;
    step(form);
    form.addEventListener("input", () => [step(form), workOut(form)]);
  }
  const side = document.querySelector("[data-refresh]");
  if (side) follow(side);
  if (document.querySelector("[data-beat]")) setInterval(beat, BEAT_MS);
  document.addEventListener("visibilitychange", beat);

  const guarded = document.querySelector("form[data-guarded]");
  let going = false;
  guarded?.addEventListener("submit", () => { going = true; });
  const leave = document.querySelector("[data-leave]");
  leave?.addEventListener("click", () => {
    forget(new URL(leave.href).pathname);
    going = true;
  });
  if (guarded) addEventListener("beforeunload", (event) => going || event.preventDefault());
}
