// Shows a letter's text on a sample while it is written: form[data-preview] is sent as it stands, the answer is put in its place.
const PAUSE_MS = 500;

for (const form of document.querySelectorAll("form[data-preview]")) {
  const place = document.getElementById("preview");
  let timer = 0;
  let newest = 0;

  async function show() {
    const mine = ++newest;
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Fragment": "preview" } });
      if (!answer.ok || mine !== newest) return;
      place.innerHTML = await answer.text();
      form.dataset.shown = mine;
    } catch {
      // offline: the button still asks, and says so
    }
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE_MS);
  }

  form.addEventListener("input", (event) => event.target.name !== "why" && later());
}
