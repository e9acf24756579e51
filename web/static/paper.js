// Asks again how far a paper is while it is being made. Without this the page refreshes itself.
const PAUSE_MS = 1200;
const place = document.querySelector("[data-paper]");

async function look() {
  if (!place?.querySelector("[data-going]")) return;
  try {
    const answer = await fetch(place.dataset.paper, { credentials: "same-origin" });
    if (answer.redirected || answer.status === 401 || answer.status === 404) return; // signed out, or gone
    if (answer.ok) place.innerHTML = await answer.text();
  } catch {
    // the next look finds the network again
  }
  setTimeout(look, PAUSE_MS);
}

setTimeout(look, PAUSE_MS);
