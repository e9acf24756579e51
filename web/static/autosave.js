// Saves form[data-autosave] while it is being written. The same form, the same address; the answer is JSON.
// Offline, refused or signed out, what was typed is kept in this browser, under its writer's name, until the server has it.
import { forget, keep, kept } from "./kept.js";
import { setRows } from "./tables.js";

const PAUSE_MS = 900;
const RETRIES_MS = [2000, 4000, 8000, 15000, 30000];
const OWN = ["csrf_token", "version", "command_id"];

function fieldsOf(form) {
  return [...new FormData(form)].filter(([, value]) => !(value instanceof File));
}

class Draft {
  constructor(form) {
    this.form = form;
    this.stamp = form.querySelector("[data-saved]");
    this.bar = form.querySelector("[data-offers]");
    this.path = form.dataset.autosave;
    this.typed = 0;
    this.failures = 0;
    form.dataset.stands = "ready";
    this.restore();
    form.addEventListener("input", (event) => event.target.type === "file" || this.wait());
    form.addEventListener("submit", (event) => this.submit(event), { capture: true });
    addEventListener("online", () => this.dirty && this.save());
    addEventListener("signing-out", () => { this.dirty = false; });
    addEventListener("pagehide", () => this.dirty && this.keep());
    addEventListener("beforeunload", (event) => this.dirty && !this.going && event.preventDefault());
  }

  get version() {
    return this.form.elements.version;
  }

  wait(pause = PAUSE_MS) {
    this.dirty = true;
    this.typed += 1;
    this.fresh = true;
    this.later(pause);
  }

  later(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.conflict ? this.keep() : this.save()), pause);
  }

  save() {
    clearTimeout(this.timer);
    this.saving ??= this.send().finally(() => { this.saving = null; });
    return this.saving;
  }

  async send() {
    const typed = this.typed;
    if (this.fresh) this.form.elements.command_id.value = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    this.fresh = false; // the same text under the same key: an answer that was lost on its way is answered again
    this.faulty = false;
    this.keep();
    this.say("saving");
    try {
      const answer = await fetch(this.form.dataset.autosave, {
        method: "POST",
        redirect: "manual",
        body: new URLSearchParams(fieldsOf(this.form)),
        headers: { Accept: "application/json", "X-Autosave": "1" },
      });
      if (answer.status >= 500 || answer.status === 429) return this.again("busy");
      if (answer.type === "opaqueredirect" || answer.status === 401) return this.expired();
      const told = await answer.json();
      if (answer.ok) this.saved(told, typed);
      else if (told.type?.endsWith("/form-expired")) this.expired();
      else this.refused(answer.status, told);
    } catch {
      this.again("kept");
    }
  }

  saved(told, typed) {
    this.version.value = told.version;
    this.failures = 0;
    this.faulty = Boolean(told.errors?.length);
    if (typed === this.typed) {
      this.dirty = this.faulty;
      if (this.faulty) this.keep();
      else this.forget();
    } else {
      this.later(PAUSE_MS);
    }
    const rest = this.show(told.errors ?? []);
    this.offer("");
    this.say(this.faulty ? "failed" : "saved", told.at ?? "", rest);
  }

  refused(status, told) {
    this.conflict = status === 412 || Boolean(told.type?.endsWith("/changed-meanwhile"));
    this.faulty = true;
    const rest = this.show((told.refusals ?? []).map((each) => ({
      field: each.params?.field ?? "",
      text: each.reason[document.documentElement.lang === "en" ? "en" : "zh"],
    })));
    this.offer(this.conflict ? "compare" : "");
    this.say(this.conflict ? "conflict" : "failed", "", this.conflict ? [] : rest);
  }

  expired() {
    this.signedOut = true;
    this.offer("expired");
    this.say("expired");
    this.later(RETRIES_MS.at(-1)); // whoever signs in beside, in another tab, need not come back to press anything
  }

  again(why) {
    this.say(why);
    this.later(RETRIES_MS[Math.min(this.failures, RETRIES_MS.length - 1)]);
    this.failures += 1;
  }

  // A pressed button waits for what is on its way, so that nobody meets their own save; and goes nowhere while the server
  // does not have what was typed.
  async submit(event) {
    if (event.defaultPrevented || this.going) return;
    const button = event.submitter;
    const compares = button?.name === "_compare";
    if (!this.dirty && !this.saving) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.leaving) return;
    this.leaving = true;
    await this.saving;
    await new Promise((later) => { setTimeout(later); }); // a form that is just being sent cannot be sent once more
    if (this.dirty && !compares && !this.conflict) await this.save();
    this.leaving = false;
    const away = this.dirty && !this.faulty;
    if (away || (this.dirty && this.signedOut && !this.conflict)) return this.stamp?.scrollIntoView({ block: "nearest" });
    this.keepBeforeGoing();
    this.form.requestSubmit(button);
  }

  keepBeforeGoing() {
    if (this.dirty) this.keep();
    this.form.elements.command_id.value = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    this.going = true;
    delete this.form.dataset.sent;
    setTimeout(() => { this.going = false; }, 3000);
  }

  keep() {
    const fields = fieldsOf(this.form).filter(([name]) => !OWN.includes(name));
    keep(this.path, { version: this.version.value, fields });
  }

  forget() {
    forget(this.path);
  }

  restore() {
    const shown = this.form.dataset.shown; // the server itself shows what was typed, or has just saved it
    if (shown === "saved") {
      history.replaceState(null, "", location.pathname + location.hash);
      return this.forget();
    }
    if (shown === "typed") {
      this.dirty = this.faulty = true;
      return this.keep();
    }
    const before = kept(this.path);
    if (!before?.fields) return;
    let changed = false;
    for (const table of this.form.querySelectorAll("[data-rows]")) changed = this.rows(table, before.fields) || changed;
    const values = new Map();
    for (const [name, value] of before.fields) values.set(name, [...(values.get(name) ?? []), value]);
    for (const control of this.form.elements) {
      if (!control.name || ["hidden", "file", "submit"].includes(control.type) || control.readOnly || control.disabled) continue;
      const given = values.get(control.name);
      if (control.type === "checkbox" || control.type === "radio") {
        const ticked = given?.includes(control.value) ?? false;
        changed ||= ticked !== control.checked;
        control.checked = ticked;
      } else if (given) {
        changed ||= control.value.replaceAll("\r\n", "\n") !== given[0].replaceAll("\r\n", "\n");
        control.value = given[0];
      }
    }
    if (!changed) return this.forget();
    this.version.value = before.version; // whoever saved meanwhile is met on the page that compares
    for (const area of this.form.querySelectorAll("textarea")) area.dispatchEvent(new Event("input"));
    this.say("restored");
    this.wait();
  }

  rows(table, fields) {
    const prefix = `${table.dataset.rows}.`;
    const numbers = fields.filter(([name]) => name.startsWith(prefix)).map(([name]) => Number(name.split(".")[1]));
    return setRows(table, Math.max(-1, ...numbers) + 1);
  }

  // Beside each control what is wrong with it; answers what belongs to none, or to one that says so already.
  show(errors) {
    const rest = [];
    for (const old of this.form.querySelectorAll(".error[data-live]")) old.remove();
    for (const invalid of this.form.querySelectorAll("[data-live-invalid]")) {
      invalid.removeAttribute("aria-invalid");
      invalid.removeAttribute("aria-describedby");
      delete invalid.dataset.liveInvalid;
    }
    for (const { field, text } of errors) {
      const control = document.getElementById(`f-${field}`);
      if (!control) rest.push(text);
      if (!control || control.hasAttribute("aria-invalid")) continue;
      const line = document.createElement("p");
      line.className = "error";
      line.dataset.live = "";
      line.id = `f-${field}-live`;
      line.textContent = text;
      if (control.matches("input, textarea, select")) control.setAttribute("aria-invalid", "true");
      if (!control.hasAttribute("aria-describedby")) {
        control.setAttribute("aria-describedby", line.id);
        control.dataset.liveInvalid = "";
      }
      (control.closest(".field, td") ?? control).append(line);
    }
    return rest;
  }

  offer(what) {
    if (!this.bar) return;
    this.bar.hidden = !what;
    this.bar.querySelector('[name="_compare"]').hidden = what !== "compare";
    this.bar.querySelector("[data-expired]").hidden = what !== "expired";
    if (what !== "expired") this.signedOut = false;
  }

  say(what, time = "", rest = []) {
    if (!this.stamp) return;
    this.stamp.textContent = [this.stamp.dataset[what].replace("#", time), ...rest].join(" ");
    this.stamp.classList.toggle("warn", what !== "saved" && what !== "saving");
    this.form.dataset.stands = what;
  }
}

for (const form of document.querySelectorAll("form[data-autosave]")) new Draft(form);
