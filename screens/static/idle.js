// The kiosk's idle clock, as the person sees it. The server ends the session by itself; this warns before (a sound, a
// shake where the machine can, and words), extends at a touch, and leaves the page when time is over.
const panel = document.querySelector("[data-idle]");

// Whatever the browser kept of a page is asked for again: "back" shows nothing of the last person.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

if (panel) {
  const limit = Number(panel.dataset.idle), warning = Number(panel.dataset.warn);
  const TELL_EVERY = 10_000; // touches are told to the server at most this often
  const left = panel.querySelector("[data-left]"), stayButton = panel.querySelector("[data-stay]");
  let last = performance.now(), told = last, before = null;

  async function stay() {
    told = performance.now();
    try {
      const response = await fetch("/kiosk/stay", { method: "POST", headers: { "X-CSRF": panel.dataset.csrf, Accept: "application/json" } });
      if (response.status === 401 || response.status === 403) leave();
    } catch { /* no connection: the clock goes on, and the page leaves in time */ }
  }

  function touched() {
    if (panel.hidden) last = performance.now();
  }

  function beep() {
    try {
      const audio = new AudioContext(), tone = audio.createOscillator(), loudness = audio.createGain();
      loudness.gain.value = 0.15; tone.frequency.value = 660;
      tone.connect(loudness).connect(audio.destination);
      tone.start(); tone.stop(audio.currentTime + 0.35);
      tone.onended = () => audio.close();
    } catch { /* no sound on this machine: the words remain */ }
    navigator.vibrate?.(200);
  }

  function warn() {
    before = document.activeElement;
    panel.hidden = false;
    stayButton.focus();
    beep();
  }

  function goOn() {
    panel.hidden = true;
    last = performance.now();
    before?.focus?.();
    stay();
  }

  function leave() { location.replace("/kiosk/ended"); }

  stayButton.addEventListener("click", goOn);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") goOn();
    if (event.key !== "Tab") return;
    const stops = [...panel.querySelectorAll("button")], at = stops.indexOf(document.activeElement);
    event.preventDefault();
    stops[(at + (event.shiftKey ? stops.length - 1 : 1)) % stops.length].focus();
  });
  for (const kind of ["pointerdown", "keydown", "input", "scroll"]) addEventListener(kind, touched, { passive: true, capture: true });

  setInterval(() => {
    const rest = limit - (performance.now() - last);
    if (rest <= 0) return leave();
    if (last > told && performance.now() - told > TELL_EVERY) stay();
    if (rest <= warning && panel.hidden) warn();
    left.textContent = Math.max(0, Math.ceil(rest / 1000));
  }, 250);
}
