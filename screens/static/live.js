// Keeps marked regions of a page up to date. A region is an element with an id and data-live="topic topic":
//   <section id="waiting" data-live="cases">…</section>
// When one of its topics is announced, the page's own address (or data-live-src) is asked again and the region's content
// replaced. Nothing is replaced under the fingers of someone who types in it. While the connection is down, the element
// with data-live-status is shown, in words.
const SETTLE_MS = 150; // several announcements of one action arrive together: ask once
const regions = () => [...document.querySelectorAll("[data-live][id]")];
const topicsOf = (region) => region.dataset.live.split(/\s+/).filter(Boolean);
const status = document.querySelector("[data-live-status]");
const waiting = new Set();
let timer = 0;

const busy = (region) => region.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");

async function refresh() {
  const due = regions().filter((region) => topicsOf(region).some((topic) => waiting.has(topic)) && !busy(region));
  waiting.clear();
  for (const source of new Set(due.map((region) => region.dataset.liveSrc || location.href))) {
    const response = await fetch(source, { headers: { "X-Live": "1" }, cache: "no-store" });
    if (response.redirected) { location.reload(); return; }
    if (!response.ok) continue;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const region of due) {
      const fresh = page.getElementById(region.id);
      if (fresh && fresh.innerHTML !== region.innerHTML) {
        region.replaceChildren(...fresh.childNodes);
        region.dispatchEvent(new CustomEvent("refreshed", { bubbles: true }));
      }
    }
  }
}

function changed(topic) {
  waiting.add(topic);
  clearTimeout(timer);
  timer = setTimeout(() => refresh().catch(() => { if (status) status.hidden = false; }), SETTLE_MS);
}

const topics = [...new Set(regions().flatMap(topicsOf))];
if (topics.length > 0) {
  const area = location.pathname.split("/")[1];
  const stream = new EventSource(`/${area}/live?topics=${encodeURIComponent(topics.join(","))}`);
  let interrupted = false;
  stream.addEventListener("changed", (event) => changed(event.data));
  stream.addEventListener("open", () => {
    if (status) status.hidden = true;
    if (interrupted) topics.forEach(changed); // what was announced meanwhile was missed
    interrupted = false;
  });
  stream.addEventListener("error", () => { interrupted = true; if (status) status.hidden = false; });
}
