/**
 * The known name that was most likely meant; null where none is near. Letter case and the separators `-`, `_`, `.` do
 * not count.
 *
 * Units: `most` is the number of letters that may differ, a third of the name where it is left out.
 */
export function nearestName(
  name: string,
  known: Iterable<string>,
  most: number = Math.max(1, Math.floor(plain(name).length / 3)),
): string | null {
  const wanted = plain(name)
  let best: string | null = null
  let bestDistance = most + 1
  for (const candidate of known) {
    const other = plain(candidate)
    // The distance is at least the difference in length.
    if (Math.abs(other.length - wanted.length) >= bestDistance) continue
    const distance = distanceOf(wanted, other, bestDistance)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

const plain = (name: string): string =>
  name
    .slice(0, 96)
    .toLowerCase()
    .replaceAll(/[-_. ]/g, '')

/** Letters to add, drop, replace or swap with their neighbour; from `enough` on only that it is no less. */
function distanceOf(from: string, to: string, enough: number): number {
  let older: number[] = []
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = at(previous, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1)
      const swapped =
        from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
          ? at(older, column - 2) + 1
          : Infinity
      current.push(Math.min(at(previous, column) + 1, at(current, column - 1) + 1, replaced, swapped))
    }
    if (Math.min(...current) >= enough && Math.min(...previous) >= enough) return enough
    older = previous
    previous = current
  }
  return at(previous, to.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? Infinity
