// The waiting room's clock, by the appliance's time and not the television's; and a pulse for a number that is new.

const OFFSET = Number(document.body.dataset.now) - Date.now();
const clock = document.querySelector("[data-clock] bdi");
const written = new Intl.DateTimeFormat("en-GB", { timeZone: "Africa/Casablanca", hour: "2-digit", minute: "2-digit" });

function tick() {
  clock.textContent = written.format(Date.now() + OFFSET);
}

let shown = new Set(numbers());

function numbers() {
  return Array.from(document.querySelectorAll("#board bdi"), (number) => number.textContent);
}

document.addEventListener("refreshed", () => {
  for (const number of document.querySelectorAll("#board bdi")) {
    if (!shown.has(number.textContent)) number.parentElement.classList.add("arrived");
  }
  shown = new Set(numbers());
});

tick();
setInterval(tick, 1000);
