// A scan on its way shows how far it is. The form is sent as it stands, by XMLHttpRequest: fetch does not tell how much of
// a body has left. Without this module the plain form does the same.
for (const form of document.querySelectorAll("form[data-upload]")) form.addEventListener("submit", send);

function send(event) {
  event.preventDefault();
  const form = event.target;
  const [bar, button] = [form.querySelector("progress"), form.querySelector("button")];
  if (button.disabled) return;
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "json";
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", (sent) => { if (sent.lengthComputable) bar.value = (100 * sent.loaded) / sent.total; });
  request.addEventListener("load", () => answered(form, request));
  for (const failure of ["error", "abort", "timeout"]) request.addEventListener(failure, () => say(form, form.dataset.failed));
  say(form, "");
  button.disabled = true;
  bar.hidden = false;
  bar.value = 0;
  request.send(new FormData(form));
}

function answered(form, request) {
  const answer = request.response;
  if (request.status === 200 && answer) location.assign(answer.at);
  else say(form, answer ? Object.values(answer.errors)[0] ?? answer.error : form.dataset.failed);
}

function say(form, sentence) {
  const error = form.querySelector(".error");
  error.hidden = !sentence;
  error.querySelector("[data-wrong]").textContent = sentence;
  form.querySelector("input[type=file]").setAttribute("aria-invalid", String(Boolean(sentence)));
  form.querySelector("progress").hidden = true;
  form.querySelector("button").disabled = false;
}
