import { chainOf } from './policy-resources.ts'
import { type PlacedPolicy, quoted, type RangerFindings } from './lint-finding.ts'
import type { PolicyResource, ResourceDef, ServiceDef } from './model.ts'

/** The dollar sign of other products, or the per cent signs of Windows. */
export const FOREIGN_MACRO: RegExp = /\$\{(?:USER|OWNER)\}|%USER(?:NAME)?%/i
const MACRO = /\{([^{}]*)\}/g

/** Looks for values that match nothing, or other things than they seem to. */
export function lintResources(placed: PlacedPolicy, def: ServiceDef, found: RangerFindings): void {
  for (const [index, set] of placed.policy.resourceSets.entries()) {
    const place = index === 0 ? 'resources' : `additionalResources[${index - 1}]`
    if (chainOf(def, set).length === 0) {
      const names = [...set.keys()].map(quoted).join(', ')
      found.add(
        placed,
        'no_definition',
        place,
        `no definition of ${quoted(def.name)} has a chain of ${names}`,
      )
      continue
    }
    for (const [name, resource] of set) {
      const known = def.resources.find((one) => one.name === name)
      if (known !== undefined) lintValues(placed, known, resource, `${place}.${name}`, found)
    }
  }
}

function lintValues(
  placed: PlacedPolicy,
  def: ResourceDef,
  resource: PolicyResource,
  place: string,
  found: RangerFindings,
): void {
  for (const [index, value] of resource.values.entries()) {
    const at = `${place}.values[${index}]`
    if (FOREIGN_MACRO.test(value)) found.add(placed, 'dollar_macro', at, `${quoted(value)} is no macro`)
    else if (def.options.replaceTokens) lintMacros(placed, value, at, found)
    if (def.matcher === 'path') lintPath(placed, def, { ...resource, value }, at, found)
  }
}

function lintMacros(placed: PlacedPolicy, value: string, at: string, found: RangerFindings): void {
  for (const [written, name] of value.matchAll(MACRO))
    if (name !== 'USER') found.add(placed, 'unknown_macro', at, `${quoted(written)} stands for nothing`)
}

function lintPath(
  placed: PlacedPolicy,
  { options: { separator, wildCard, tokenStart } }: ResourceDef,
  { value, isRecursive }: { readonly value: string; readonly isRecursive: boolean },
  at: string,
  found: RangerFindings,
): void {
  const isPath = separator === '/'
  if (isPath && value !== '' && !/^[/*?]/.test(value) && !value.startsWith(tokenStart))
    found.add(placed, 'relative_path', at, `${quoted(value)} begins with no \`/\``)
  if (value.length > 1 && value.endsWith(separator))
    found.add(
      placed,
      'slash_at_end',
      at,
      isRecursive
        ? `${quoted(value)} is not about ${quoted(value.slice(0, -1))} itself`
        : `${quoted(value)} ends in \`${separator}\`, and nothing that is asked for does`,
      isRecursive ? { severity: 'warning' } : { understood: 'nothing' },
    )
  else if (wildCard && !isRecursive && value.length > 1 && value.endsWith(`${separator}*`))
    found.add(placed, 'star_at_end', at, `${quoted(value)} is about all levels below`)
}
