/** The names of headers and methods, and whatever else RFC 9110 (section 5.6.2) calls a token. */
export const TOKEN: RegExp = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** What may stand in no value of a header: control characters, line ends above all. */
export const BAD_VALUE: RegExp = /[^\t\x20-\x7e\x80-\xff]/

/** Every value of a header in a flat list of names and values, as sent; `name` in lower case; empty where it is not there. */
export const valuesOf = (headers: readonly string[], name: string): string[] =>
  headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === name)

/** The only value of a header; null where it did not come, or came more than once. */
export function valueOf(headers: readonly string[], name: string): string | null {
  const [value, ...others] = valuesOf(headers, name)
  return value === undefined || others.length > 0 ? null : value
}
