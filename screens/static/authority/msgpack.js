// Reads the closed msgpack in which a decision sheet is written, and nothing looser.
//
// The agent signs bytes. What he reads must be what anyone else reads in these bytes, so this reader refuses all that
// could be read in two ways: longer forms than needed, keys that are unsorted or twice there, floats, extension types,
// text that is not UTF-8, bytes after the end.

const DEEPEST = 16; // A sheet is three levels deep; the log's own reader stops at the same order of depth.
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class NotCanonical extends Error {}

export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw new NotCanonical("bytes after the end");
  return value;
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  take(length) {
    if (this.at + length > this.bytes.length) throw new NotCanonical("cut short");
    const start = this.at;
    this.at += length;
    return this.bytes.subarray(start, this.at);
  }

  unsigned(width, least) {
    const start = this.at;
    this.take(width);
    const read = { 1: () => this.view.getUint8(start), 2: () => this.view.getUint16(start),
      4: () => this.view.getUint32(start), 8: () => this.view.getBigUint64(start) }[width];
    const number = read();
    if (number < least) throw new NotCanonical("a number in a longer form than needed");
    return plain(number);
  }

  negative(width, most) {
    const start = this.at;
    this.take(width);
    const read = { 1: () => this.view.getInt8(start), 2: () => this.view.getInt16(start),
      4: () => this.view.getInt32(start), 8: () => this.view.getBigInt64(start) }[width];
    const number = read();
    if (number > most) throw new NotCanonical("a number in a longer form than needed");
    return plain(number);
  }

  value(depth) {
    if (depth > DEEPEST) throw new NotCanonical("too deep");
    const head = this.take(1)[0];
    if (head <= 0x7f) return head;
    if (head >= 0xe0) return head - 0x100;
    if (head <= 0x8f) return this.map(head & 0x0f, depth);
    if (head <= 0x9f) return this.array(head & 0x0f, depth);
    if (head <= 0xbf) return text.decode(this.take(head & 0x1f));
    return this.marked(head, depth);
  }

  marked(head, depth) {
    switch (head) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: return this.take(this.unsigned(1, 0)).slice();
      case 0xc5: return this.take(this.unsigned(2, 0x100)).slice();
      case 0xc6: return this.take(this.unsigned(4, 0x10000)).slice();
      case 0xcc: return this.unsigned(1, 0x80);
      case 0xcd: return this.unsigned(2, 0x100);
      case 0xce: return this.unsigned(4, 0x10000);
      case 0xcf: return this.unsigned(8, 0x100000000n);
      case 0xd0: return this.negative(1, -33);
      case 0xd1: return this.negative(2, -129);
      case 0xd2: return this.negative(4, -32769);
      case 0xd3: return this.negative(8, -2147483649n);
      case 0xd9: return text.decode(this.take(this.unsigned(1, 0x20)));
      case 0xda: return text.decode(this.take(this.unsigned(2, 0x100)));
      case 0xdb: return text.decode(this.take(this.unsigned(4, 0x10000)));
      case 0xdc: return this.array(this.unsigned(2, 0x10), depth);
      case 0xdd: return this.array(this.unsigned(4, 0x10000), depth);
      case 0xde: return this.map(this.unsigned(2, 0x10), depth);
      case 0xdf: return this.map(this.unsigned(4, 0x10000), depth);
      default: throw new NotCanonical("a type that the log does not know");
    }
  }

  array(length, depth) {
    const items = [];
    for (let index = 0; index < length; index += 1) items.push(this.value(depth + 1));
    return items;
  }

  map(length, depth) {
    const entries = new Map();
    let last = null;
    for (let index = 0; index < length; index += 1) {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw new NotCanonical("a key that is no text");
      const written = new TextEncoder().encode(key);
      if (last !== null && !(compare(last, written) < 0)) throw new NotCanonical("keys out of order");
      last = written;
      entries.set(key, this.value(depth + 1));
    }
    return entries;
  }
}

function plain(number) {
  if (typeof number !== "bigint") return number;
  const narrow = Number(number);
  return Number.isSafeInteger(narrow) ? narrow : number;
}

function compare(left, right) {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) if (left[index] !== right[index]) return left[index] - right[index];
  return left.length - right.length;
}
