// A form that is on its way is not sent again. A second tap would come with the session that the first has just renewed:
// whoever signed in, or opened an account, would read that his session has ended and that nothing was sent.
// It is marked with data-on-its-way, for a page that refreshes itself must not put a new one under the second tap.
const AGAIN_MS = 10_000; // without an answer for so long it may be sent once more: the command's id makes that harmless

function answered(form) {
  delete form.dataset.onItsWay;
  form.dispatchEvent(new Event("answered", { bubbles: true }));
}

addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return; // one of our modules sends it by itself
  if ("onItsWay" in form.dataset) { event.preventDefault(); return; }
  form.dataset.onItsWay = "";
  setTimeout(() => answered(form), AGAIN_MS);
});

addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) answered(form);
});
