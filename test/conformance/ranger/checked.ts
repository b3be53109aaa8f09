import { type Json, type JsonObject, listOf, objectOf, optionalText, type Verdict } from '../areas/area.ts'

/** One test of a file about Ranger, and how it went, or why it was left out. */
export type Checked =
  | { readonly name: string; readonly verdict: Verdict }
  | { readonly name: string; readonly skip: string }

/** Runs a test that compares for itself; an error is what comes where nothing else does. */
export function attempt(name: string, wanted: unknown, run: () => Verdict): Checked {
  try {
    return { name, verdict: run() }
  } catch (error) {
    return { name, verdict: { wanted, got: String(error) } }
  }
}

/** Compares what a test wants with what comes; an error is what comes too. */
export function check(name: string, wanted: unknown, ask: () => unknown): Checked {
  let got: unknown
  try {
    got = ask()
  } catch (error) {
    got = String(error)
  }
  return { name, verdict: got === wanted ? null : { wanted, got } }
}

/** The name of a test, or its kind and position where it has none. */
export function nameOf(entry: JsonObject, kind: string, index: number): string {
  return optionalText(entry['name']) ?? `${kind} #${index + 1}`
}

/** The objects of a list; none for an absent one. */
export const objectsOf = (list: Json | undefined): JsonObject[] => listOf(list ?? []).map(objectOf)

/** The values of the tokens in a context, whose keys are `token:NAME`; other keys are none. */
export function tokensOf(context: Json | undefined): Map<string, string> {
  const tokens = new Map<string, string>()
  for (const [key, value] of Object.entries(objectOf(context ?? {}))) {
    if (key.startsWith('token:') && typeof value === 'string') tokens.set(key.slice('token:'.length), value)
  }
  return tokens
}
