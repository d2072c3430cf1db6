// Says in words that the annexe cannot be reached; the tablet's own network and the annexe are asked, not guessed.

const notice = document.querySelector("[data-offline]");
const SECONDS_BETWEEN = 10; // Often enough to be believed, seldom enough to weigh nothing on an annexe's network.

async function reachable() {
  if (!navigator.onLine) return false;
  try {
    const answer = await fetch(notice.dataset.offline, { method: "HEAD", cache: "no-store" });
    return answer.ok;
  } catch {
    return false;
  }
}

async function look() {
  notice.hidden = await reachable();
}

if (notice) {
  addEventListener("offline", look);
  addEventListener("online", look);
  setInterval(look, SECONDS_BETWEEN * 1000);
}
