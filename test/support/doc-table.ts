import { readFileSync } from 'node:fs'

const BEGIN = /<!-- table: [^>]*-->\n/g
const END = '<!-- end of table -->'

/**
 * A page with what stands between its marks replaced, one table for each pair of marks in their order. Held against
 * the page itself as a file snapshot, it keeps the two equal, and `vitest -u` writes the page anew.
 */
export function withTable(page: string, ...tables: readonly string[]): string {
  const text = readFileSync(page, 'utf8')
  const begins = [...text.matchAll(BEGIN)]
  if (begins.length !== tables.length)
    throw new Error(`${page} has marks for ${begins.length} tables, not for ${tables.length}`)
  let made = ''
  let at = 0
  for (const [index, begin] of begins.entries()) {
    const start = begin.index + begin[0].length
    const end = text.indexOf(END, start)
    if (end < 0) throw new Error(`${page} has no end of table ${index + 1}`)
    made += `${text.slice(at, start)}\n${tables[index]}\n\n`
    at = end
  }
  return made + text.slice(at)
}

/** A table of a page; bars inside cells are escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}
