import * as z from 'zod'
import { settingsSchema } from './schema.ts'
import type { Step } from './yaml-text.ts'

/** As much of a JSON Schema as ours uses. */
export interface SchemaNode {
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
  readonly oneOf?: readonly SchemaNode[]
}

let cached: SchemaNode | null = null

/** The JSON Schema of the settings file, for editors and for the reference. */
export function settingsJsonSchema(): SchemaNode {
  cached ??= z.toJSONSchema(settingsSchema, { io: 'input' }) as SchemaNode
  return cached
}

/** The keys that may stand in the map at `path`; none where there is no such map. */
export function keysAt(path: readonly Step[]): string[] {
  let nodes: SchemaNode[] = [settingsJsonSchema()]
  for (const step of path) nodes = nodes.flatMap(branchesOf).flatMap((node) => childOf(node, step))
  return [...new Set(nodes.flatMap(branchesOf).flatMap((node) => Object.keys(node.properties ?? {})))]
}

const branchesOf = (node: SchemaNode): readonly SchemaNode[] => node.oneOf ?? node.anyOf ?? [node]

function childOf(node: SchemaNode, step: Step): SchemaNode[] {
  const child = typeof step === 'number' ? node.items : node.properties?.[step]
  return child === undefined ? [] : [child]
}

/** The known key that was most likely meant; null where none is near. */
export function nearestKey(key: string, known: readonly string[]): string | null {
  const wanted = plain(key)
  let best: string | null = null
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const candidate of known) {
    const distance = distanceOf(wanted, plain(candidate))
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

const plain = (key: string): string =>
  key
    .slice(0, 64)
    .toLowerCase()
    .replaceAll(/[-_. ]/g, '')

/** Letters to add, drop, replace or swap with their neighbour. */
function distanceOf(from: string, to: string): number {
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
    older = previous
    previous = current
  }
  return at(previous, to.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? Infinity
