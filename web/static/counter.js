// Counts 字 as the server does (programmes/words.py): a test holds the two patterns equal.
export const ZI = /[\xb7\u2014\u201c\u201d\u2026\u1100-\u115f\u2e80-\u2fff\u3001-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7af\uf900-\ufaff\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uffee\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]|[^\t-\r \x85\xa0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff\xb7\u2014\u201c\u201d\u2026\u1100-\u115f\u2e80-\u2fff\u3001-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7af\uf900-\ufaff\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uffee\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]+/gu;
export const NOT_COUNTED = /\[\[图[^\[\]\n]{0,60}\]\]|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;

export function countZi(text) {
  const counted = text.replace(NOT_COUNTED, (found) => (found.startsWith("[[") ? " " : ""));
  return counted.match(ZI)?.length ?? 0;
}

const grouped = new Intl.NumberFormat("en");

function show(area) {
  const output = area.closest(".field").querySelector("output.counter");
  const limit = Number(area.dataset.limit);
  const count = countZi(area.value);
  const over = count > limit;
  const words = over ? output.dataset.over : output.dataset.words;
  output.textContent = words.replace("#", grouped.format(count)).replace("~", grouped.format(count - limit));
  output.classList.toggle("over", over);
}

if (typeof document !== "undefined") {
  for (const area of document.querySelectorAll("textarea[data-limit]")) {
    area.addEventListener("input", () => show(area));
    show(area);
  }
}
