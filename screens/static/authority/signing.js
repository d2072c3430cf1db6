// Puts the authority page together: the agent's key, the sheet that he reads, his signature, the sending.
//
// Grant and refuse are two forms. Sending one fetches the sheet's bytes; the page draws the sheet from these bytes and
// stops there. Only the agent's second gesture signs and sends. A failure leaves everything as it was, in words.

import { fromBase64, held, make, possible, sign, toBase64 } from "./key.js";
import { answers, draw, read } from "./sheet.js";

class Refused extends Error {}

const page = document.querySelector("[data-authority]");
const said = page?.querySelector("[data-said]");
const words = vocabulary();

function vocabulary() {
  const known = new Map();
  const template = document.querySelector("template[data-words]");
  for (const word of template?.content.querySelectorAll("[data-word]") ?? []) {
    known.set(word.dataset.word, word.textContent.trim());
  }
  return (key) => known.get(key);
}

function say(sentence, kind = "sent") {
  said.textContent = sentence;
  said.dataset.kind = kind;
  said.hidden = !sentence;
}

async function post(form, extra = {}) {
  const fields = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(extra)) fields.set(name, value);
  let response;
  try {
    response = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "application/json" } });
  } catch {
    throw new Refused(words("say.offline"));
  }
  const answer = await response.json().catch(() => null);
  if (response.status === 401) throw new Refused(words("say.signed_out"));
  if (!response.ok || answer === null) throw new Refused(answer?.error ?? words("say.failed"));
  return answer;
}

async function attempt(form, work) {
  const buttons = form.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  try {
    await work();
  } catch (error) {
    say(error instanceof Refused ? error.message : words("say.failed"), "refused");
    if (!(error instanceof Refused)) throw error;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

// The key: made and enrolled at the first sign-in; never over another one without the agent's word.

async function ready() {
  const login = page.dataset.login;
  if (!(await possible())) return show("impossible");
  const key = await held(login);
  if (key && toBase64(key.public) === page.dataset.enrolled) return key;
  if (page.dataset.enrolled) return show("elsewhere");
  return enrol(key);
}

async function enrol(kept = null) {
  const form = page.querySelector("form[data-enrol]");
  const key = kept ?? (await make(page.dataset.login));
  await post(form, { public: toBase64(key.public) });
  page.dataset.enrolled = toBase64(key.public);
  show("enrolled");
  return key;
}

function show(state) {
  for (const part of page.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
  for (const form of page.querySelectorAll("form[data-outcome] button")) form.disabled = state !== "enrolled";
  page.dataset.keyState = state;
  return null;
}

async function prepare() {
  try {
    if (await ready()) show("enrolled");
  } catch (error) {
    show("failed");
    say(error instanceof Refused ? error.message : words("say.failed"), "refused");
  }
}

// The decision: fetch, read, draw; then, at his word, sign and send.

let drawn = null;

async function fetchSheet(form) {
  say(words("say.preparing"));
  const answer = await post(form);
  const bytes = fromBase64(answer.sheet);
  let sheet;
  try {
    sheet = read(bytes);
  } catch {
    throw new Refused(words("say.unreadable"));
  }
  if (!answers(sheet, asked(form))) throw new Refused(words("say.other_sheet"));
  drawn = bytes;
  present(sheet, form.dataset.outcome);
}

function asked(form) {
  const typed = (name) => form.elements.namedItem(name)?.value ?? "";
  return { outcome: form.dataset.outcome, reference: page.dataset.reference, agent: page.dataset.login,
    case: page.dataset.case, reasonCode: typed("reason_code"), reasonText: typed("reason_text") };
}

function present(sheet, outcome) {
  const section = page.querySelector("[data-sheet]");
  draw(sheet, section.querySelector("dl"), words, Number(page.dataset.clockOffset));
  section.dataset.outcome = outcome;
  section.querySelector("[data-verdict]").textContent = words(`verdict.${outcome}`);
  page.dataset.reading = "";
  section.hidden = false;
  say("");
  section.querySelector("h2").focus();
}

function putAway() {
  drawn = null;
  delete page.dataset.reading;
  page.querySelector("[data-sheet]").hidden = true;
}

async function decide(form) {
  const key = await held(page.dataset.login);
  if (!key || drawn === null) throw new Refused(words("say.no_key"));
  say(words("say.signing"));
  const signature = await sign(key, drawn);
  const answer = await post(form, { sheet: toBase64(drawn), signature: toBase64(signature) });
  location.assign(answer.next);
}

function listen() {
  for (const form of page.querySelectorAll("form[data-outcome]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(form, () => fetchSheet(form));
    });
  }
  const decision = page.querySelector("form[data-decide]");
  decision?.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(decision, () => decide(decision));
  });
  page.querySelector("[data-put-away]")?.addEventListener("click", putAway);
  const enrolment = page.querySelector("form[data-enrol]");
  enrolment?.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(enrolment, async () => enrol(await held(page.dataset.login)));
  });
}

if (page) {
  listen();
  prepare();
}
