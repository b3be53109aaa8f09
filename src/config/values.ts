import * as z from 'zod'

/** Timers of the runtime count a little further. */
const MAX_DURATION = '596h'
const MAX_DURATION_MS = 596 * 3_600_000
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 }

/** Where to listen. `host` is a name or an address without brackets; port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Reads `30s`, `100ms`, `5m`, `1h` as milliseconds; null where the text is none of these or over `MAX_DURATION`. */
function parseDuration(text: string): number | null {
  const [, digits, unit] = /^(\d{1,12})(ms|s|m|h)$/.exec(text) ?? []
  const ms = Number(digits) * (UNIT_MS[unit ?? ''] ?? Number.NaN)
  return ms <= MAX_DURATION_MS ? ms : null
}

/** Reads `64MiB`, `512KiB`, `100B` or a bare number of bytes; null where the text is none of these. */
function parseSize(text: string | number): number | null {
  const [, digits, unit] = /^(\d{1,15})(B|KiB|MiB|GiB)?$/.exec(String(text)) ?? []
  const bytes = Number(digits) * (UNIT_BYTES[unit ?? 'B'] ?? Number.NaN)
  return Number.isSafeInteger(bytes) ? bytes : null
}

/** Reads `127.0.0.1:9480`, `localhost:80` or `[::1]:80`; null where the text is none of these. */
function parseListenAddress(text: string): ListenAddress | null {
  const [, inBrackets, plain, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (!(port <= 65_535)) return null
  if (inBrackets !== undefined) return isIpv6(inBrackets) ? { host: inBrackets, port } : null
  return plain !== undefined && isHostName(plain) ? { host: plain, port } : null
}

const isIpv6 = (text: string): boolean => z.ipv6().safeParse(text).success

/** What looks like an IPv4 address has to be one. */
const isHostName = (text: string): boolean =>
  /^[\d.]+$/.test(text)
    ? z.ipv4().safeParse(text).success
    : /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?$/.test(text)

/** A setting whose text is read by `parse`; what `parse` answers null to is refused with `phrase`. */
function parsed<T>(title: string, phrase: string, parse: (text: string) => T | null): z.ZodType<T, string> {
  return z
    .string({ error: phrase })
    .meta({ title })
    .transform((text, context) => {
      const value = parse(text)
      if (value !== null) return value
      context.addIssue({ code: 'custom', message: phrase })
      return z.NEVER
    })
}

/** A time such as `30s`; milliseconds once read. */
export const duration: z.ZodType<number, string> = parsed(
  'duration',
  `has to be a time with its unit, such as \`100ms\`, \`30s\`, \`5m\` or \`1h\`, at most \`${MAX_DURATION}\``,
  parseDuration,
)

/** The same, but not zero. */
export const positiveDuration: z.ZodType<number, string> = parsed(
  'duration',
  `has to be a time above zero with its unit, such as \`100ms\`, \`30s\`, \`5m\` or \`1h\`, at most \`${MAX_DURATION}\``,
  (text) => parseDuration(text) || null,
)

/** An address to listen on. */
export const listenAddress: z.ZodType<ListenAddress, string> = parsed(
  'address',
  'has to be an address with a port, such as `127.0.0.1:9480` or `[::1]:9480`',
  parseListenAddress,
)

/**
 * An address or a range of addresses of peers that are believed; names are refused, since they may come to mean another
 * machine.
 */
export const peer: z.ZodType<string, string> = z
  .string({ error: 'has to be an address or a range such as `10.0.0.0/24`' })
  .min(1, { error: 'has to be an address or a range such as `10.0.0.0/24`' })
  .meta({ title: 'address or range' })

/** A path of the file system; relative ones are relative to the settings file. */
export const path: z.ZodType<string, string> = z
  .string({ error: 'has to be a path' })
  .regex(/^[^\0]+$/, { error: 'has to be a path' })
  .meta({ title: 'path' })

/** A size such as `64MiB` between `min` bytes and `max`; bytes once read. */
export function size(max: string, min = 1): z.ZodType<number, number | string> {
  const least = min === 0 ? '' : `at least ${min === 1 ? 'one byte' : `${min} bytes`} and `
  const phrase = `has to be a size such as \`64MiB\`, ${least}at most \`${max}\``
  const limit = parseSize(max) ?? 0
  return z
    .union([z.int({ error: phrase }), z.string({ error: phrase })], { error: phrase })
    .meta({ title: 'size' })
    .transform((written, context) => {
      const bytes = parseSize(written)
      if (bytes !== null && bytes >= min && bytes <= limit) return bytes
      context.addIssue({ code: 'custom', message: phrase })
      return z.NEVER
    })
}

/** A whole number within bounds. */
export function count(min: number, max: number): z.ZodType<number, number> {
  const phrase = `has to be a whole number from ${min} to ${max}`
  return z
    .int({ error: phrase })
    .min(min, { error: phrase })
    .max(max, { error: phrase })
    .meta({ title: 'number' })
}

/** A text that is not empty. */
export const text: z.ZodType<string, string> = z
  .string({ error: 'has to be a text' })
  .min(1, { error: 'must not be empty' })
  .meta({ title: 'text' })

/** Yes or no. */
export const flag: z.ZodType<boolean, boolean> = z
  .boolean({ error: 'has to be `true` or `false`' })
  .meta({ title: 'true or false' })

/** One of some words. */
export function oneOf<const T extends readonly [string, ...string[]]>(
  words: T,
): z.ZodType<T[number], T[number]> {
  const list = words.map((word) => `\`${word}\``).join(', ')
  return z.enum(words, { error: `has to be one of ${list}` })
}
