// The waiting room's clock, by the appliance's time and not the television's; and a pulse for a number that is new.

const clock = document.querySelector("[data-clock] bdi");
let ahead = 0;

// The office's wall clock, as the appliance reads it: a television's own tables of Morocco's time may be older.
function set() {
  ahead = Number(document.querySelector("[data-wall]").dataset.wall) - Date.now();
}

function tick() {
  clock.textContent = new Date(Date.now() + ahead).toISOString().slice(11, 16);
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
  set();
});

set();
tick();
setInterval(tick, 1000);
