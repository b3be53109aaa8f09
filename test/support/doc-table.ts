import { readFileSync } from 'node:fs'

const BEGIN = /<!-- table: [^>]*-->\n/
const END = '<!-- end of table -->'

/**
 * A page with the table between its two marks replaced. Held against the page itself as a file snapshot, it keeps the
 * two equal, and `vitest -u` writes the page anew.
 */
export function withTable(page: string, table: string): string {
  const text = readFileSync(page, 'utf8')
  const begin = BEGIN.exec(text)
  const end = text.indexOf(END)
  if (begin === null || end < 0) throw new Error(`${page} has no marks for its table`)
  return `${text.slice(0, begin.index + begin[0].length)}\n${table}\n\n${text.slice(end)}`
}

/** A table of a page; bars inside cells are escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}
