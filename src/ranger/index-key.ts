import { foldCase } from './letter-case.ts'
import type { ResourceDef } from './model.ts'

/**
 * The form in which the beginnings of policy values and a requested value can be compared: a value that a policy fits
 * starts with one of its beginnings in this form.
 *
 * Shape: cases are folded even where they count, and separators at the start and repeated ones are left out of paths,
 * because the matcher of paths does not always count them. More than what fits may come out of that, never less.
 */
export function indexKey(def: ResourceDef, value: string): string {
  const folded = foldCase(value)
  const separator = foldCase(def.options.separator)
  if (def.matcher !== 'path') return folded
  const key = folded.startsWith(separator) ? folded.slice(1) : folded
  if (!key.startsWith(separator) && !key.includes(separator + separator)) return key
  return key
    .split(separator)
    .filter((part, at, parts) => part !== '' || (at > 0 && at === parts.length - 1))
    .join(separator)
}

/**
 * What every value that fits a policy value starts with, as `indexKey` writes it; empty where nothing is certain.
 *
 * Shape: up to the first wildcard, or mark of a token or of an expression, whether or not it counts as one here.
 */
export function literalStart(def: ResourceDef, value: string): string {
  const { tokenStart, tokenEnd, tokenEscape, separator } = def.options
  const marks = ['*', '?', '$', tokenStart, tokenEnd, tokenEscape]
  const end = marks.reduce((least, mark) => {
    const at = value.indexOf(mark)
    return at < 0 ? least : Math.min(least, at)
  }, value.length)
  const start = indexKey(def, value.slice(0, end))
  // A directory that is written with its separator may stand for the directory itself.
  return def.matcher === 'path' && start.endsWith(foldCase(separator)) ? start.slice(0, -1) : start
}
