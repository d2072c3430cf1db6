// "Listen": reads the page aloud where the machine has a voice for its language; where it has none, says so in words.
const button = document.querySelector("[data-listen]");
const says = document.querySelector("[data-listen-says]");
const speech = globalThis.speechSynthesis;

function voiceFor(language) {
  return speech?.getVoices().find((voice) => voice.lang.toLowerCase().startsWith(language));
}

function text() {
  const parts = [document.querySelector("h1"), document.querySelector(".lead"), document.querySelector(button.dataset.listen)];
  return parts.filter(Boolean).map((part) => part.innerText).join(". ");
}

function stop() {
  speech.cancel();
  button.removeAttribute("aria-pressed");
}

function read() {
  const voice = voiceFor(button.dataset.listenLang);
  if (!voice) {
    says.textContent = button.dataset.silence;
    says.hidden = false;
    return;
  }
  const speaking = new SpeechSynthesisUtterance(text());
  speaking.voice = voice;
  speaking.lang = voice.lang;
  speaking.rate = 0.9;
  speaking.addEventListener("end", stop);
  button.setAttribute("aria-pressed", "true");
  speech.speak(speaking);
}

button?.addEventListener("click", () => (speech?.speaking ? stop() : read()));
addEventListener("pagehide", () => speech?.cancel());
