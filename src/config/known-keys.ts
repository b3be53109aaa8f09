import * as z from 'zod'
import { settingsSchema } from './schema.ts'
import type { Step } from './yaml-text.ts'

/** As much of a JSON Schema as ours uses. */
export interface SchemaNode {
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly type?: string
  readonly const?: string
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  /** What stands under any other key; false: there may be none. */
  readonly additionalProperties?: SchemaNode | boolean
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
  const child = typeof step === 'number' ? node.items : (node.properties?.[step] ?? anyChildOf(node))
  return child === undefined ? [] : [child]
}

/** What stands under the keys of a map that anybody may choose. */
export const anyChildOf = ({ additionalProperties }: SchemaNode): SchemaNode | undefined =>
  typeof additionalProperties === 'object' ? additionalProperties : undefined
