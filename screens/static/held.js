// What a person has in hand, which a page that refreshes itself leaves as it is until he is done.
//
// - While a finger or a mouse button is down, nothing on the page is replaced: a click is a press and a release on one
//   element, and what grows above a button would push it from under the finger.
// - A region stays while the focus is on something in it (the region itself is only scrolled), while a field in it says
//   something else than it came with, while text in it is selected, and while a form of it is on its way.
//
// held(region) tells; onLetGo(then) calls `then` whenever something may have been let go of.
const CLICK_MS = 400; // so long after the release a touch's click may come, where the browser waits for a second tap
const told = new Set();
let pressed = false;
let released = 0;

export const held = (region) => pressed || focused(region) || selected(region) || onItsWay(region) || filledIn(region);
export const onLetGo = (then) => told.add(then);

function focused(region) {
  const at = document.activeElement;
  return at !== region && region.contains(at) && !at.matches("details[id] > summary"); // live.js lets those go on
}

function selected(region) {
  const selection = getSelection();
  return !selection.isCollapsed && region.contains(selection.anchorNode);
}

const onItsWay = (region) => region.querySelector("form[data-on-its-way]") !== null;
const filledIn = (region) => [...region.querySelectorAll("input, select, textarea")].some(edited);

function edited(field) {
  if (field.type === "file") return field.files.length > 0;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type !== "select-one") return field.value !== field.defaultValue;
  return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
}

const tell = () => told.forEach((then) => then());
const soon = () => setTimeout(tell); // once the event's own listeners have run, and the focus has arrived

function letGo() {
  clearTimeout(released);
  pressed = false;
  tell();
}

const always = { capture: true, passive: true };
addEventListener("pointerdown", () => { clearTimeout(released); pressed = true; }, always);
addEventListener("pointerup", () => { clearTimeout(released); released = setTimeout(letGo, CLICK_MS); }, always);
addEventListener("click", () => setTimeout(letGo), always);
addEventListener("pointercancel", letGo, always);
addEventListener("blur", letGo); // of the window: the release may come where nobody tells of it
for (const kind of ["focusout", "input", "change", "reset", "selectionchange", "answered"]) document.addEventListener(kind, soon, always);
