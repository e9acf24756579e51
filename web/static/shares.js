// Shares of a consortium while they are typed: each column's sum, what is left of the whole, and its bar. Saves nothing.
const WHOLE = 10000n;

// `33.34` or `33.34 %` in basis points, as the server reads it; null for what is no share, 0 for nothing.
export function pointsOf(typed) {
  const text = typed.normalize("NFKC").trim();
  if (!text) return 0n;
  const found = text.match(/^(\d{1,5})(?:\.(\d{1,20}))?\s*%?$/);
  const decimals = (found?.[2] ?? "").replace(/0+$/, "");
  if (!found || decimals.length > 2) return null;
  const points = BigInt(found[1]) * 100n + BigInt(decimals.padEnd(2, "0"));
  return points > WHOLE ? null : points;
}

export function percentOf(points) {
  const digits = `${points}`.padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

// How a column stands: whole, short, over, empty or unread, with its sum and what is missing or too much.
export function standingOf(typed) {
  const read = typed.map(pointsOf);
  const total = read.reduce((sum, one) => sum + (one ?? 0n), 0n);
  const gap = total > WHOLE ? total - WHOLE : WHOLE - total;
  const given = typed.some((text) => text.trim());
  const state = read.includes(null) ? "unread" : total === WHOLE ? "whole" : total > WHOLE ? "over" : given ? "short" : "empty";
  return { state, total: percentOf(total), gap: percentOf(gap), read };
}

function show(form, column) {
  const cells = [...form.querySelectorAll(`[data-column="${column}"]`)];
  const { state, total, gap, read } = standingOf(cells.map((cell) => cell.value));
  const output = form.querySelector(`[data-sum="${column}"]`);
  output.dataset.state = state;
  output.textContent = output.dataset[state].replace("#", total).replace("~", gap);
  let at = 0;
  form.querySelectorAll(`[data-bar="${column}"] rect:not(.rest)`).forEach((rect, place) => {
    const width = Math.min(Number(read[place] ?? 0n), Number(WHOLE) - at);
    rect.setAttribute("x", at);
    rect.setAttribute("width", width);
    at += width;
  });
}

if (typeof document !== "undefined") {
  for (const form of document.querySelectorAll("[data-shares]")) {
    form.addEventListener("input", (event) => event.target.dataset.column && show(form, event.target.dataset.column));
  }
}
