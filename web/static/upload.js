// How far a form[data-upload] has come. The same form, the same address; without this module the browser sends it alone.
function meter(form) {
  const chosen = [...form.elements].find((each) => each.type === "file");
  const near = !chosen || form.contains(chosen) ? form : chosen.parentElement; // a figure's controls stand within another form
  const bar = near.querySelector("progress") ?? near.appendChild(document.createElement("progress"));
  const said = near.querySelector("[role=status]") ?? near.appendChild(document.createElement("p"));
  said.setAttribute("role", "status");
  said.className = "hint wide";
  bar.className = "wide";
  bar.max = 100;
  return { bar, said };
}

function send(form) {
  const { bar, said } = meter(form);
  const sending = new XMLHttpRequest();
  bar.setAttribute("aria-label", form.dataset.uploading.replace("#%", "").trim());
  let shown = -1;
  sending.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = total ? Math.floor((loaded * 100) / total) : 0;
    if (Math.floor(bar.value / 10) !== shown) said.textContent = form.dataset.uploading.replace("#", bar.value);
    shown = Math.floor(bar.value / 10);
  });
  sending.upload.addEventListener("load", () => {
    bar.removeAttribute("value");
    said.textContent = form.dataset.checking;
  });
  sending.addEventListener("load", () => answered(form, sending));
  sending.addEventListener("error", () => {
    bar.remove();
    said.textContent = form.dataset.broken;
    delete form.dataset.sent;
  });
  sending.open("POST", form.action);
  sending.send(new FormData(form));
}

function answered(form, sending) {
  if (sending.status < 300) {
    location.hash = form.dataset.upload;
    location.reload();
    return;
  }
  const page = new DOMParser().parseFromString(sending.responseText, "text/html");
  const main = page.querySelector("main");
  if (!main) return location.reload();
  document.querySelector("main").replaceWith(main);
  document.title = page.title;
  main.querySelector("[data-focus]")?.focus();
}

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !event.target.matches("form[data-upload]")) return;
  event.preventDefault();
  send(event.target);
});
