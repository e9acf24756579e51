// Saves form[data-autosave] while it is being written. The same form, the same address; the answer is JSON.
// Offline or refused, what was typed is kept in this browser until the server has it.
const PAUSE_MS = 900;
const RETRY_MS = 15000;

function fieldsOf(form) {
  const fields = new FormData(form);
  for (const [name, value] of [...fields]) if (value instanceof File) fields.delete(name);
  return fields;
}

class Draft {
  constructor(form) {
    this.form = form;
    this.stamp = document.querySelector(`[data-saved][data-for="${form.id}"]`) ?? form.querySelector("[data-saved]") ?? document.querySelector("[data-saved]");
    this.key = `draft:${location.pathname}#${form.id}`;
    this.typed = 0;
    this.restore();
    form.addEventListener("input", (event) => event.target.type === "file" || this.wait(PAUSE_MS));
    form.addEventListener("submit", () => clearTimeout(this.timer));
    addEventListener("online", () => this.kept && this.save());
    addEventListener("pagehide", () => this.dirty && this.keep());
  }

  wait(pause) {
    this.dirty = true;
    this.typed += 1;
    clearTimeout(this.timer);
    if (!this.conflict) this.timer = setTimeout(() => this.save(), pause);
  }

  async save() {
    if (this.busy) return this.wait(PAUSE_MS);
    this.busy = true;
    const typed = this.typed;
    const command = this.form.elements.command_id;
    if (command) command.value = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    this.say("saving");
    try {
      const answer = await fetch(this.form.dataset.autosave || this.form.action, {
        method: "POST",
        body: new URLSearchParams(fieldsOf(this.form)),
        headers: { Accept: "application/json", "X-Autosave": "1" },
      });
      if (answer.status >= 500 || answer.status === 429) return this.later();
      const told = await answer.json();
      if (answer.ok) this.saved(told, typed);
      else this.refused(answer.status, told);
    } catch {
      this.later();
    } finally {
      this.busy = false;
    }
  }

  saved(told, typed) {
    if (this.form.elements.version && told.version !== undefined) this.form.elements.version.value = told.version;
    if (typed === this.typed) {
      this.dirty = this.kept = false;
      localStorage.removeItem(this.key);
    }
    this.show(told.errors ?? []);
    this.say("saved", told.at ?? "");
  }

  refused(status, told) {
    this.conflict = status === 412 || told.type === "/problems/changed-meanwhile";
    this.keep();
    this.show((told.errors ?? told.refusals ?? []).map((each) => ({
      field: each.field ?? each.params?.field ?? "",
      text: each.reason[document.documentElement.lang === "en" ? "en" : "zh"],
    })));
    this.say(this.conflict ? "conflict" : "failed");
  }

  later() {
    this.keep();
    this.say("kept");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), RETRY_MS);
  }

  keep() {
    this.kept = true;
    const fields = [...fieldsOf(this.form)].filter(([name]) => !["csrf_token", "version", "command_id"].includes(name));
    try {
      localStorage.setItem(this.key, JSON.stringify(fields));
    } catch {
      // a full or forbidden store: the text is still on the page
    }
  }

  restore() {
    let fields;
    try {
      fields = JSON.parse(localStorage.getItem(this.key) ?? "null");
    } catch {
      return;
    }
    if (!fields) return;
    const values = Map.groupBy ? Map.groupBy(fields, ([name]) => name) : null;
    for (const control of this.form.elements) {
      const given = values?.get(control.name)?.map(([, value]) => value);
      if (!control.name || control.type === "hidden" || control.type === "file" || !values) continue;
      if (control.type === "checkbox" || control.type === "radio") control.checked = given?.includes(control.value) ?? false;
      else if (given) control.value = given[0];
    }
    this.say("restored");
    this.wait(PAUSE_MS);
  }

  show(errors) {
    for (const old of this.form.querySelectorAll(".error[data-live]")) old.remove();
    for (const invalid of this.form.querySelectorAll("[data-live-invalid]")) {
      invalid.removeAttribute("aria-invalid");
      delete invalid.dataset.liveInvalid;
    }
    for (const { field, text } of errors) {
      const control = document.getElementById(`f-${field}`);
      if (!control || control.hasAttribute("aria-invalid")) continue;
      const line = document.createElement("p");
      line.className = "error";
      line.dataset.live = "";
      line.id = `f-${field}-live`;
      line.textContent = text;
      control.setAttribute("aria-invalid", "true");
      control.dataset.liveInvalid = "";
      control.closest(".field")?.append(line);
    }
  }

  say(what, time = "") {
    if (!this.stamp) return;
    this.stamp.textContent = this.stamp.dataset[what].replace("#", time);
    this.stamp.classList.toggle("warn", what !== "saved" && what !== "saving");
  }
}

for (const form of document.querySelectorAll("form[data-autosave]")) new Draft(form);
