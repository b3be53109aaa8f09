import { Secret } from '../../config/secret.ts'

type Step = string | number

/** A value without its secrets, and these with where each belongs. */
export interface PackedValue<T> {
  readonly plain: T
  readonly secrets: readonly (readonly [path: readonly Step[], bytes: Uint8Array])[]
}

/**
 * Takes a value apart so that another thread can have it; `unpackValue` puts it together again. New settings cross
 * without anybody thinking of it, and one that could not cross is found by the first test.
 *
 * Shape: plain objects, lists, texts, numbers, bytes and secrets, however deep.
 * Errors: an `Error` that names the place of anything else, a function for example: a mistake of ours.
 */
export function packValue<T>(value: T): PackedValue<T> {
  const secrets: [Step[], Uint8Array][] = []
  const plain = walk(value, [], secrets) as T
  return { plain, secrets }
}

/** Puts a value together that `packValue` has taken apart. It is changed in place: the one that has crossed is ours. */
export function unpackValue<T>({ plain, secrets }: PackedValue<T>): T {
  for (const [path, bytes] of secrets) {
    let at = plain as Record<Step, unknown>
    for (const step of path.slice(0, -1)) at = at[step] as Record<Step, unknown>
    at[path.at(-1) ?? ''] = new Secret(bytes)
  }
  return plain
}

function walk(value: unknown, path: Step[], secrets: [Step[], Uint8Array][]): unknown {
  if (value instanceof Secret) {
    secrets.push([path, copyOf(value.reveal())])
    return null
  }
  if (value instanceof Uint8Array) return copyOf(value)
  if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index], secrets))
  if (typeof value === 'object' && value !== null) {
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) throw cannotCross(path)
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, walk(item, [...path, name], secrets)]),
    )
  }
  if (typeof value === 'function' || typeof value === 'symbol') throw cannotCross(path)
  return value
}

/** What is sent is the memory behind a view, all of it: that of a small `Buffer` holds those of others too. */
const copyOf = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes)

const cannotCross = (path: readonly Step[]): Error =>
  new Error(`\`${path.join('.')}\` cannot cross to a worker`)
