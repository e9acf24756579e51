// Passkeys: a button[data-passkey] asks the server for its question, the device for the answer, and sends it with its form.
// Says why not in the form's [role=status]. Without this module, or without passkeys, the other ways of signing in are there.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function question(options) {
  const known = { ...options, challenge: bytes(options.challenge) };
  if (options.user) known.user = { ...options.user, id: bytes(options.user.id) };
  for (const name of ["excludeCredentials", "allowCredentials"])
    known[name] = (options[name] ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
  return known;
}

function answer(credential) {
  const { response } = credential;
  const told = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    told.attestationObject = text(response.attestationObject);
    told.transports = response.getTransports?.() ?? [];
  } else {
    told.authenticatorData = text(response.authenticatorData);
    told.signature = text(response.signature);
    told.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: told });
}

async function ask(button) {
  const { form, dataset } = button;
  const said = form.querySelector("[role=status]");
  said.textContent = dataset.waiting;
  try {
    const token = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
    const asked = await fetch(dataset.options, { method: "POST", body: token });
    if (!asked.ok) throw new Error(asked.status);
    const publicKey = question(await asked.json());
    const made = dataset.passkey === "add" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
    const field = form.elements[dataset.field] ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name: dataset.field }));
    field.removeAttribute("inputmode");
    field.value = answer(made);
    form.submit();
  } catch {
    said.textContent = dataset.failed;
  }
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) button.remove();
  else button.addEventListener("click", () => ask(button));
}
