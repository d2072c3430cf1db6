// Counts down the seconds in which a decision can be taken back, and says so once they are over.

for (const clock of document.querySelectorAll("[data-undo-seconds]")) {
  const until = performance.now() + Number(clock.dataset.undoSeconds) * 1000;
  const shown = clock.querySelector("[data-seconds]");
  const bar = clock.querySelector("progress");
  const beat = () => {
    const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    shown.textContent = String(left);
    if (bar) bar.value = left;
    if (left > 0) return;
    clearInterval(ticking);
    clock.querySelector("[data-open]").hidden = true;
    clock.querySelector("[data-over]").hidden = false;
  };
  const ticking = setInterval(beat, 250);
  beat();
}
