// The agent's own key: Ed25519, made by this browser, never extractable, kept in IndexedDB, one a login.
//
// The key is stored before the annexe hears of it: if the enrolment is lost on the way, the next visit enrols the same
// key again, and there is never an enrolled key that no browser holds.

const DATABASE = "mulhaqa-agent";
const STORE = "keys";

function database() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function transact(mode, work) {
  const opened = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = opened.transaction(STORE, mode);
      const asked = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    opened.close();
  }
}

/** The key kept for `login` as {privateKey, public: Uint8Array}, or null when this browser holds none. */
export async function held(login) {
  return (await transact("readonly", (store) => store.get(login))) ?? null;
}

/** Make a key for `login` and keep it; any older one of this login on this browser is replaced. */
export async function make(login) {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  const key = { privateKey: pair.privateKey, public: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)) };
  await transact("readwrite", (store) => store.put(key, login));
  return key;
}

/** Sign the sheet's bytes as a decision: Ed25519 over "mulhaqa/decision/1", a zero byte, and the bytes. */
export async function sign(key, sheet) {
  const prefix = new TextEncoder().encode("mulhaqa/decision/1\0");
  const message = new Uint8Array(prefix.length + sheet.length);
  message.set(prefix);
  message.set(sheet, prefix.length);
  return new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, key.privateKey, message));
}

/** Whether this browser can make and keep such a key at all (a secure origin, and Ed25519 in WebCrypto). */
export async function possible() {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) return false;
  try {
    await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    return true;
  } catch {
    return false;
  }
}

export function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

export function fromBase64(encoded) {
  return Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
}
