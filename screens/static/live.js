// Keeps marked regions of a page up to date. A region is an element with an id and data-live="topic topic":
//   <section id="waiting" data-live="cases">…</section>
// When one of its topics is announced, the page's own address (or data-live-src) is asked again and the region's content
// replaced, if it says anything new. What a person has in hand (held.js) stays until he is done; meanwhile the element
// with data-live-news is shown, in words. While the connection is down, the one with data-live-status is.
//
// Where a button has data-live-show (the kiosk), whoever touched the page since it was drawn reads or reaches for
// something on it: news waits until he asks for it there. Before whoever only watches it comes by itself, and the
// element with data-live-came says so until he touches the page.
//
// - What was announced between the drawing of the page and the opening of its stream is not missed (screens/missed.py).
// - One question at a time: an answer that was overtaken would put older words in the place of newer ones.
// - Whether something is held is judged when the answer is there, in the same breath in which it is replaced.
// - What was opened stays open (details with an id), and what was scrolled stays where it was.
import { held, onLetGo } from "./held.js";

const SETTLE_MS = 150; // several announcements of one action arrive together: ask once
const regions = () => [...document.querySelectorAll("[data-live][id]")];
const topicsOf = (region) => region.dataset.live.split(/\s+/).filter(Boolean);
const sourceOf = (region) => region.dataset.liveSrc || location.href;
const status = document.querySelector("[data-live-status]");
const news = document.querySelector("[data-live-news]");
const came = document.querySelector("[data-live-came]");
const button = document.querySelector("[data-live-show]");
const due = new Set(); // ids of regions that something was announced for
const waits = new Set(); // ids of those that have news, and are held
const wanted = new Set(); // ids of those whose news was asked for by the button
let touched = false;
let timer = 0;
let asking = false;

function changed(topic) {
  for (const region of regions()) if (topicsOf(region).includes(topic)) due.add(region.id);
  soon();
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, SETTLE_MS);
}

async function refresh() {
  if (asking) return;
  asking = true;
  try {
    while (due.size > 0) await ask();
  } catch {
    if (status) status.hidden = false;
  } finally {
    asking = false;
  }
}

async function ask() {
  const asked = regions().filter((region) => due.has(region.id));
  due.clear();
  for (const source of new Set(asked.map(sourceOf))) {
    const response = await fetch(source, { headers: { "X-Live": "1" }, cache: "no-store" });
    if (response.redirected) { location.reload(); return; }
    if (!response.ok) continue;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const region of asked) if (sourceOf(region) === source) show(region, page.getElementById(region.id));
  }
}

function show(region, fresh) {
  if (!fresh) return;
  for (const one of region.querySelectorAll("details[id][open]")) fresh.querySelector(`#${CSS.escape(one.id)}`)?.setAttribute("open", "");
  const isNews = words(fresh) !== words(region);
  if (isNews && stays(region)) waits.add(region.id);
  else waits.delete(region.id);
  if (news) news.hidden = waits.size === 0;
  if (!isNews || waits.has(region.id)) return;
  replace(region, fresh);
  if (came && !wanted.delete(region.id)) came.hidden = false;
}

const stays = (region) => held(region) || (touched && button !== null);

// What a region says: the id of a command is each answer's own, and a form on its way says the same as before.
function words(region) {
  const copy = region.cloneNode(true);
  for (const id of copy.querySelectorAll("[name=command]")) id.remove();
  for (const form of copy.querySelectorAll("form[data-on-its-way]")) form.removeAttribute("data-on-its-way");
  return copy.innerHTML;
}

function replace(region, fresh) {
  const at = document.activeElement?.closest("details[id]"), opened = at && region.contains(at) ? at.id : "";
  const scrolled = [...region.querySelectorAll("[role=region]")].map((box) => box.scrollTop);
  region.replaceChildren(...fresh.childNodes);
  [...region.querySelectorAll("[role=region]")].forEach((box, place) => { box.scrollTop = scrolled[place] ?? 0; });
  if (opened) document.getElementById(opened)?.querySelector("summary").focus({ preventScroll: true });
  region.dispatchEvent(new CustomEvent("refreshed", { bubbles: true }));
}

onLetGo(() => {
  const free = regions().filter((region) => waits.has(region.id) && !stays(region));
  for (const region of free) due.add(region.id);
  if (free.length > 0) soon();
});

function touch(event) {
  if (button.contains(event.target)) return;
  touched = true;
  if (came) came.hidden = true;
}

if (button) {
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, touch, { capture: true, passive: true });
  button.addEventListener("click", () => {
    touched = false;
    for (const id of waits) { due.add(id); wanted.add(id); }
    const first = document.getElementById([...waits][0]);
    first?.setAttribute("tabindex", "-1"); // the button goes: whoever reached it by keys goes on from the news
    first?.focus({ preventScroll: true });
    refresh();
  });
}

const topics = [...new Set(regions().flatMap(topicsOf))];
if (topics.length > 0) {
  const area = location.pathname.split("/")[1];
  const asked = performance.getEntriesByType("navigation")[0]?.requestStart ?? 0;
  const age = Math.round(performance.now() - asked); // what was announced since the page was drawn is told at once
  const stream = new EventSource(`/${area}/live?topics=${encodeURIComponent(topics.join(","))}&age=${age}`);
  let interrupted = false;
  stream.addEventListener("changed", (event) => changed(event.data));
  stream.addEventListener("over", () => location.reload()); // this screen was removed: nothing stays on it
  stream.addEventListener("open", () => {
    if (status) status.hidden = true;
    if (interrupted) topics.forEach(changed); // what was announced meanwhile was missed
    interrupted = false;
  });
  stream.addEventListener("error", () => { interrupted = true; if (status) status.hidden = false; });
}
