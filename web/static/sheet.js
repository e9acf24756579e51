// A score sheet while it is filled in: the total follows every mark, and a mark that cannot be shows at once.
const form = document.querySelector("form[data-sheet]");
const output = form.querySelector("[data-total]");

// Hundredths, exact; null where it is no mark.
function hundredths(text) {
  const found = text.normalize("NFKC").trim().match(/^(\d{1,4})(?:\.(\d{0,2}))?$/);
  return found && Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0"));
}

function add() {
  let total = 0;
  for (const input of form.querySelectorAll("[data-mark]")) {
    const mark = hundredths(input.value);
    total += mark ?? 0;
    const wrong = input.value.trim() !== "" && (mark === null || mark > Number(input.dataset.mark) * 100);
    input.classList.toggle("over", wrong);
    if (!input.hasAttribute("aria-describedby")) input.setAttribute("aria-invalid", String(wrong));
  }
  output.textContent = `${Math.floor(total / 100)}.${String(total % 100).padStart(2, "0")}`;
}

form.addEventListener("input", add);
add();
