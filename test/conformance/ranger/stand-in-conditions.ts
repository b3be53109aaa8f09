import { CONDITIONS, type ConditionCompiler } from '../../../src/ranger/conditions.ts'

/** What the conditions of a fixture are told of the request that is being decided. */
export interface FixtureContext {
  values: ReadonlyMap<string, string>
}

/**
 * The evaluators of Keddah, and stand-ins for those that only Ranger's fixtures have: one of its test sources, which compares
 * the context of a request, and scripts, which hold, as where Ranger finds no engine for them.
 */
export function fixtureConditions(context: FixtureContext): ReadonlyMap<string, ConditionCompiler> {
  const simple: ConditionCompiler = (def, values) => ({
    readsAddress: false,
    holds: () => {
      const name = def.options.get('CONTEXT_NAME') ?? ''
      const value = context.values.get(name) ?? ''
      if (name === '' || values.length === 0) return true
      return value.trim() !== '' && values.some((pattern) => wildcard(pattern).test(value))
    },
  })
  const always: ConditionCompiler = () => ({ readsAddress: false, holds: () => true })
  return new Map([...CONDITIONS, ['RangerSimpleMatcher', simple], ['RangerScriptConditionEvaluator', always]])
}

const wildcard = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )
