// The pages of a locked appliance come back by themselves: they ask whether it serves, and load again once it does.
const BETWEEN_MS = 3_000; // a person who has just typed the passphrase waits no longer than for any page

async function serves() {
  try {
    return (await fetch("/health", { cache: "no-store" })).ok;
  } catch {
    return false; // between the two servers nobody answers
  }
}

async function look() {
  if (await serves()) location.replace(location.pathname === "/admin" ? "/admin" : location.href);
  else setTimeout(look, BETWEEN_MS);
}

setTimeout(look, BETWEEN_MS);
