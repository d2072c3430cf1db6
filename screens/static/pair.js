// The pairing page: an address from a QR code carries the token in its fragment, which no server and no log sees.
// It leaves the address bar at once, and is posted with the page's own form. Where this browser is that screen already,
// it goes there.
const place = document.querySelector("#pairing"), form = document.querySelector("[data-pair]");
const [token] = location.hash.slice(1).split(";");
if (token) history.replaceState(null, "", location.pathname);
if (place?.dataset.home) {
  location.replace(place.dataset.home);
} else if (token && form) {
  form.elements.token.value = token;
  form.requestSubmit();
}
