/**
 * The first key that stands twice in the same object of a JSON text; null where none does. `JSON.parse` takes the last
 * of them in silence, and another reader may take the first.
 *
 * Shape: only for texts that `JSON.parse` takes. One pass over the characters, and no recursion.
 * Source: RFC 8259, section 4: names within an object SHOULD be unique.
 */
export function repeatedKey(text: string): string | null {
  const objects: Set<string>[] = []
  let string = ''
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charAt(at)) {
      case '{':
        objects.push(new Set())
        break
      case '}':
        objects.pop()
        break
      case '"': {
        const end = endOfString(text, at)
        string = text.slice(at, end)
        at = end - 1
        break
      }
      case ':': {
        // Outside of strings a colon stands behind a key, and nowhere else.
        const key = decoded(string)
        const keys = objects.at(-1)
        if (keys?.has(key) === true) return key
        keys?.add(key)
        break
      }
    }
  }
  return null
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const sign = text[at]
    if (sign === '"') return at + 1
    if (sign === '\\') at += 1
  }
  return text.length
}

/** `"us\u0065r"` is `user`. */
function decoded(quoted: string): string {
  return quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1)
}
