// A decision sheet, read from the very bytes that will be signed, and drawn for the agent.
//
// The fields are a closed list (but for the answers, whose names are the procedure's): a sheet with a field that this page
// does not know, or without one that it expects, is not drawn, and so cannot be signed here. Three fields are left out while
// they say nothing: who asks for another, the kind of a document that is the national card, and scans. Every value of the sheet is shown; nothing is taken from elsewhere except
// the words that explain codes, and a code stays visible beside its words.

import { NotCanonical, decode } from "./msgpack.js";

const FIELDS = ["outcome", "reason_code", "reason_text", "reference", "procedure", "procedure_version", "identity",
  "represented_by", "answers", "pieces", "scans", "enquiry", "annexe", "agent", "claimed_ms", "case", "follows", "credential"];
const IDENTITY = ["name_ar", "name_fr", "document", "cnie", "birth_date", "address"];
const STAND_IN = ["capacity", "name_ar", "name_fr", "document", "cnie", "basis"];
const LEFT_OUT = new Set(["represented_by", "document", "scans"]);
const ENQUIRY = ["outcome", "by_title", "on", "note"];
const PARTS = { identity: IDENTITY, represented_by: STAND_IN, enquiry: ENQUIRY };
const ALWAYS_ISOLATED = new Set(["cnie", "birth_date", "on", "reference", "procedure_version", "annexe", "agent",
  "claimed_ms"]);
const CODES = { outcome: "outcome", reason_code: "reason", procedure: "procedure", pieces: "piece",
  "enquiry.outcome": "enquiry", "enquiry.by_title": "title", "identity.document": "document",
  "represented_by.document": "document", "represented_by.capacity": "capacity" };

export class CannotShow extends Error {}

/** Read the sheet's bytes; refuse what this page could not show whole. */
export function read(bytes) {
  const sheet = decode(bytes);
  closed(sheet, FIELDS);
  closed(sheet.get("identity"), IDENTITY);
  if (sheet.has("represented_by")) closed(sheet.get("represented_by"), STAND_IN);
  if (sheet.get("enquiry") !== null) closed(sheet.get("enquiry"), ENQUIRY);
  for (const answer of map(sheet.get("answers")).values()) if (typeof answer !== "string") throw new CannotShow("an answer");
  return sheet;
}

/** Whether the sheet is about what the agent asked for: this case, this outcome, his own words. */
export function answers(sheet, asked) {
  return sheet.get("outcome") === asked.outcome && sheet.get("reference") === asked.reference
    && sheet.get("agent") === asked.agent && sheet.get("reason_code") === asked.reasonCode
    && tidy(sheet.get("reason_text")) === tidy(asked.reasonText) && base32(sheet.get("case")) === asked.case;
}

// The annexe may tidy spaces and compose accents; it may not change a word.
function tidy(text) {
  return text.normalize("NFC").replace(/\s+/g, " ").trim();
}

function map(value) {
  if (!(value instanceof Map)) throw new CannotShow("a part of the sheet is missing");
  return value;
}

function closed(part, names) {
  for (const key of map(part).keys()) if (!names.includes(key)) throw new CannotShow(`unknown field ${key}`);
  for (const name of names) if (!part.has(name) && !LEFT_OUT.has(name)) throw new CannotShow(`missing field ${name}`);
}

/** Draw the sheet's fields into the description list `into`, with the page's `words` (a function from key to text).
 *  `clockOffset`: milliseconds by which the office's clock is ahead of UTC. */
export function draw(sheet, into, words, clockOffset) {
  into.replaceChildren();
  for (const field of FIELDS) {
    if (!sheet.has(field)) continue;
    const value = sheet.get(field);
    const parts = PARTS[field] ?? (value instanceof Map ? [...value.keys()] : []);
    if (field === "claimed_ms") row(into, words, field, moment(value, clockOffset));
    else if (value instanceof Map) drawPart(into, words, field, parts, value);
    else row(into, words, field, value);
  }
}

function drawPart(into, words, field, parts, value) {
  for (const part of parts) {
    if (!value.has(part)) continue;
    row(into, words, `${field}.${part}`, value.get(part), `${field}.${calledFor(part, value.get("document"))}`);
  }
}

// Beside another document a number is not a national card's, and an association was declared, not born.
function calledFor(part, document) {
  if (part === "cnie" && document !== undefined) return "number";
  return part === "birth_date" && document === "association" ? "declared" : part;
}

function row(into, words, field, value, name = field) {
  const term = document.createElement("dt");
  term.textContent = words(`field.${name}`) ?? name;
  into.append(term);
  const values = Array.isArray(value) ? value : [value];
  for (const one of values.length ? values : [null]) {
    const shown = document.createElement("dd");
    shown.dataset.field = field;
    shown.append(...written(field, one, words));
    into.append(shown);
  }
}

function written(field, value, words) {
  if (value === null || value === "") return [words("none")];
  if (value instanceof Uint8Array) return [isolated(hex(value))];
  const word = words(`${CODES[field] ?? field}.${value}`);
  if (word !== undefined) return [`${word} `, isolated(String(value), "code")];
  const name = field.split(".").at(-1);
  return [ALWAYS_ISOLATED.has(name) ? isolated(String(value)) : free(String(value))];
}

function isolated(text, kind = "") {
  const element = document.createElement("bdi");
  element.textContent = text;
  element.className = kind;
  return element;
}

// What a person typed is isolated from the page's direction, but keeps the direction of its own letters.
function free(text) {
  const element = document.createElement("span");
  element.dir = "auto";
  element.textContent = text;
  return element;
}

// By the annexe's own clock: the browser's tables of Morocco's time may be older than the appliance's.
function moment(ms, clockOffset) {
  const [day, time] = new Date(Number(ms) + clockOffset).toISOString().split("T");
  return `${day.split("-").reverse().join(".")} ${time.slice(0, 8)}`;
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** Lower-case base 32 without padding (RFC 4648), the textual form of a case's id. */
export function base32(bytes) {
  let bits = 0;
  let held = 0;
  let written = "";
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      written += ALPHABET[(held >> bits) & 31];
      held &= (1 << bits) - 1;
    }
  }
  return bits ? written + ALPHABET[(held << (5 - bits)) & 31] : written;
}

export { NotCanonical };
