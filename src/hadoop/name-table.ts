/** What stands before the parts of a table: the number of names, the number of slots, the length of the texts. */
const HEADER_WORDS = 3
const MIN_SLOTS = 4
const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/**
 * A set of names in one block of shared memory: it is handed to another thread without being copied, and a million of
 * names is one object for the garbage collector.
 *
 * Shape: names in the order given, once each; texts are UTF-16 as everywhere in JavaScript, so that any text is a name.
 * The block holds the header, the slots of an open hash table (0: free, else the number of the name from 1), the end of
 * each text, and the texts. It never changes once it is there, so that threads need not agree about anything.
 */
export class NameTable {
  /** Everything: `new NameTable(table.buffer)` is the same table, in whatever thread. */
  readonly buffer: SharedArrayBuffer
  readonly size: number
  readonly #ends: Uint32Array
  readonly #slots: Uint32Array
  readonly #texts: Uint16Array
  readonly #mask: number

  /** Takes the block of another table. */
  constructor(buffer: SharedArrayBuffer) {
    const [size = 0, slots = 0, length = 0] = new Uint32Array(buffer, 0, HEADER_WORDS)
    const parts = partsOf(buffer, slots, length)
    this.buffer = buffer
    this.size = size
    this.#slots = parts.slots
    this.#ends = parts.ends
    this.#texts = parts.texts
    this.#mask = slots - 1
  }

  /** Writes names into a block; `names` is walked twice, so that nothing else has to hold them. */
  static of(names: () => Iterable<string>): NameTable {
    let count = 0
    let length = 0
    for (const name of names()) {
      count += 1
      length += name.length
    }
    const slots = slotsFor(count)
    const buffer = new SharedArrayBuffer((HEADER_WORDS + slots + slots / 2) * 4 + length * 2)
    const writer = new Writer(buffer, slots, length)
    for (const name of names()) writer.add(name)
    new Uint32Array(buffer, 0, HEADER_WORDS).set([writer.count, slots, length])
    return new NameTable(buffer)
  }

  has(name: string): boolean {
    return this.size > 0 && find(this.#slots, this.#ends, this.#texts, this.#mask, name) < 0
  }

  /** Whether every name of this table is in the other one. */
  isSubsetOf(other: NameTable): boolean {
    for (const name of this) if (!other.has(name)) return false
    return true
  }

  *[Symbol.iterator](): IterableIterator<string> {
    let start = 0
    for (let index = 0; index < this.size; index += 1) {
      const end = this.#ends[index] ?? 0
      yield textOf(this.#texts.subarray(start, end))
      start = end
    }
  }
}

interface Parts {
  readonly slots: Uint32Array
  readonly ends: Uint32Array
  readonly texts: Uint16Array
}

/** There are never more names than half of the slots. */
function partsOf(buffer: SharedArrayBuffer, slots: number, length: number): Parts {
  const table = HEADER_WORDS * 4
  const ends = table + slots * 4
  return {
    slots: new Uint32Array(buffer, table, slots),
    ends: new Uint32Array(buffer, ends, slots / 2),
    texts: new Uint16Array(buffer, ends + slots * 2, length),
  }
}

/** Fills a block, name by name; one that is there already is left out. */
class Writer {
  count = 0
  readonly #parts: Parts
  #end = 0

  constructor(buffer: SharedArrayBuffer, slots: number, length: number) {
    this.#parts = partsOf(buffer, slots, length)
  }

  add(name: string): void {
    const { slots, ends, texts } = this.#parts
    const slot = find(slots, ends, texts, slots.length - 1, name)
    if (slot < 0) return
    for (let at = 0; at < name.length; at += 1) texts[this.#end + at] = name.charCodeAt(at)
    this.#end += name.length
    ends[this.count] = this.#end
    this.count += 1
    slots[slot] = this.count
  }
}

/** Where the name would be put: a free slot; -1 where it is in the table. */
function find(slots: Uint32Array, ends: Uint32Array, texts: Uint16Array, mask: number, name: string): number {
  let slot = hashOf(name) & mask
  for (;;) {
    const number = slots[slot] ?? 0
    if (number === 0) return slot
    const start = number === 1 ? 0 : (ends[number - 2] ?? 0)
    if ((ends[number - 1] ?? 0) - start === name.length && isAt(texts, start, name)) return -1
    slot = (slot + 1) & mask
  }
}

function isAt(texts: Uint16Array, start: number, name: string): boolean {
  for (let at = 0; at < name.length; at += 1) if (texts[start + at] !== name.charCodeAt(at)) return false
  return true
}

/** A call takes only so many arguments. */
const MAX_UNITS = 8_192

function textOf(units: Uint16Array): string {
  if (units.length <= MAX_UNITS) return String.fromCharCode(...units)
  let text = ''
  for (let at = 0; at < units.length; at += MAX_UNITS)
    text += String.fromCharCode(...units.subarray(at, at + MAX_UNITS))
  return text
}

/** At least half of the slots are free, so that a look-up meets a free one soon. */
function slotsFor(count: number): number {
  let slots = MIN_SLOTS
  while (slots < count * 2) slots *= 2
  return slots
}

/** FNV-1a over the UTF-16 units, with the high bits folded into those that choose the slot. */
function hashOf(name: string): number {
  let hash = FNV_OFFSET
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), FNV_PRIME)
  return (hash ^ (hash >>> 15)) >>> 0
}
