// A form that is on its way is not sent again. A second tap would come with the session that the first has just renewed:
// whoever signed in, or opened an account, would read that his session has ended and that nothing was sent.
const AGAIN_MS = 10_000; // without an answer for so long it may be sent once more: the command's id makes that harmless
const underWay = new WeakSet();

addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return; // one of our modules sends it by itself
  if (underWay.has(form)) { event.preventDefault(); return; }
  underWay.add(form);
  setTimeout(() => underWay.delete(form), AGAIN_MS);
});

addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) underWay.delete(form);
});
