// Rows of a repeating table: added, removed and moved on the page itself; the names are those that the server reads.
const rowsOf = (table) => [...table.querySelectorAll("tbody > [data-row]")];

function number(table) {
  const rows = rowsOf(table);
  const id = table.dataset.rows;
  rows.forEach((row, at) => {
    const place = `${id}.${at}`;
    row.id = `r-${place}`;
    for (const control of row.querySelectorAll(`[name^="${id}."]`)) {
      const column = control.name.split(".").slice(2).join(".");
      control.name = `${place}.${column}`;
      control.id = `f-${control.name}`;
      control.setAttribute("aria-label", control.getAttribute("aria-label").replace(/(\d+|#)$/, at + 1));
      if (control.hasAttribute("aria-describedby")) control.setAttribute("aria-describedby", `f-${control.name}-error`);
    }
    for (const error of row.querySelectorAll("p.error")) error.id = `${error.parentElement.querySelector("[name]").id}-error`;
    for (const shown of row.querySelectorAll("[data-number]")) shown.textContent = at + 1;
    for (const button of row.querySelectorAll("button")) button.value = place;
    row.querySelector('[name="_up"]').disabled = at === 0;
    row.querySelector('[name="_down"]').disabled = at === rows.length - 1;
  });
  table.querySelector('[name="_add"]').disabled = rows.length >= Number(table.dataset.most);
}

function added(table) {
  const row = table.querySelector("template").content.firstElementChild.cloneNode(true);
  table.querySelector("tbody").append(row);
  number(table);
  return row;
}

// As many rows as are wanted, one at least; says whether that was a change.
export function setRows(table, wanted) {
  if (!table.querySelector("template")) return false;
  const before = rowsOf(table).length;
  while (rowsOf(table).length < wanted) added(table);
  for (const row of rowsOf(table).slice(Math.max(wanted, 1))) row.remove();
  number(table);
  return rowsOf(table).length !== before;
}

const does = {
  _add(table) {
    const row = added(table);
    row.querySelector("input, select")?.focus();
    return ["added", rowsOf(table).length];
  },
  _drop(table, row) {
    const at = rowsOf(table).indexOf(row);
    row.remove();
    if (!rowsOf(table).length) added(table);
    number(table);
    (rowsOf(table)[Math.min(at, rowsOf(table).length - 1)] ?? table).querySelector('[name="_drop"]').focus();
    return ["dropped", at + 1];
  },
  _up(table, row) {
    row.previousElementSibling?.before(row);
    return moved(table, row, "_up", "_down");
  },
  _down(table, row) {
    row.nextElementSibling?.after(row);
    return moved(table, row, "_down", "_up");
  },
};

function moved(table, row, button, otherwise) {
  number(table);
  const pressed = row.querySelector(`[name="${button}"]`);
  (pressed.disabled ? row.querySelector(`[name="${otherwise}"]`) : pressed).focus();
  return ["moved", rowsOf(table).indexOf(row) + 1];
}

if (typeof document !== "undefined") {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-rows] button");
    const table = button?.closest("[data-rows]");
    if (!does[button?.name] || !table.querySelector("template")) return;
    event.preventDefault();
    const [said, at] = does[button.name](table, button.closest("[data-row]"));
    table.querySelector('[role="status"]').textContent = table.dataset[said].replace("#", at);
    table.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
