// While the certificate is being sealed, the card of what comes next follows by itself; once it holds a form, it stays
// as it is, so that nothing is taken from under the clerk's hands.

document.addEventListener("refreshed", (event) => {
  if (event.target.id === "act" && event.target.querySelector("form")) event.target.removeAttribute("data-live");
});
