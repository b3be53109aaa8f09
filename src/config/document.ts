import type { Step } from './yaml-text.ts'

/** What stands under a step into a document of unknown shape; undefined where nothing does. */
export function member(value: unknown, step: Step): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
  const found: unknown = Reflect.get(value, step)
  return found
}

/** The list under a key; empty where there is none. */
export function listAt(value: unknown, key: string): readonly unknown[] {
  const list = member(value, key)
  return Array.isArray(list) ? list : []
}
