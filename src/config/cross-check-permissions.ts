import {
  type Component,
  COMPONENTS,
  componentNamed,
  isRequiredByDefault,
  isSwitchable,
  mayHaveRanger,
  type Mode,
} from '../policy/components.ts'
import { nearestName } from '../policy/nearest-name.ts'
import { isServiceKind } from '../routes/kinds.ts'
import type { Flaw } from './check-settings.ts'
import { componentOfKind } from './component-of-kind.ts'
import { listAt, member } from './document.ts'
import type { Step } from './yaml-text.ts'

const NOT_SUPPORTED = 'Not supported'

/**
 * What no schema can say about permission verification: settings that do nothing without `mode`, components that are
 * none, switches that a component does not have, roles that nobody knows. What is not of the right type is passed over.
 */
export function permissionFlaws(document: unknown): Flaw[] {
  const mode = member(document, 'mode')
  return [
    ...(mode === undefined ? idleFlaws(document) : []),
    ...componentFlaws(document, mode === 'security' || mode === 'normal' ? mode : null),
    ...serviceFlaws(document),
    ...grantFlaws(document),
    ...bindingFlaws(document),
  ]
}

const flaw = (
  path: readonly Step[],
  part: Flaw['part'],
  code: string,
  message: string,
  hint: string | null,
): Flaw => ({ path, part, code, message, hint })

/** Whoever wrote them believes that something is verified. */
function idleFlaws(document: unknown): Flaw[] {
  const idle = (path: readonly Step[], what: string): Flaw => {
    const message = `\`${what}\` does nothing: without \`mode\` no permissions are verified`
    return flaw(path, 'key', 'no_mode', message, 'set `mode: security` or `mode: normal`, or take it out')
  }
  const flaws = ['components', 'roles', 'roleBindings']
    .filter((key) => member(document, key) !== undefined)
    .map((key) => idle([key], key))
  if (member(member(document, 'cluster'), 'upgraded') === true)
    flaws.push(idle(['cluster', 'upgraded'], 'cluster.upgraded'))
  for (const [index, service] of listAt(document, 'services').entries())
    if (member(service, 'component') !== undefined)
      flaws.push(idle(['services', index, 'component'], `services[${index}].component`))
  return flaws
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []

function unknownComponent(path: readonly Step[], part: Flaw['part'], name: string): Flaw {
  const nearest = nearestName(name, COMPONENTS)
  const hint =
    nearest === null ? `there are ${COMPONENTS.map((known) => `\`${known}\``).join(', ')}` : meant(nearest)
  return flaw(path, part, 'unknown_component', `\`${name}\` is no component`, hint)
}

const meant = (name: string): string => `did you mean \`${name}\`?`

function componentFlaws(document: unknown, mode: Mode | null): Flaw[] {
  const seen = new Set<Component>()
  return entriesOf(member(document, 'components')).flatMap(([name, settings]): Flaw[] => {
    const path = ['components', name]
    const component = componentNamed(name)
    if (component === null) return [unknownComponent(path, 'key', name)]
    if (seen.has(component))
      return [flaw(path, 'key', 'repeated', `\`${name}\` stands there in another case as well`, 'keep one')]
    seen.add(component)
    if (mode === null) return []
    return [
      ...switchFlaws(component, mode, settings, path),
      ...queueFlaws(component, settings, path),
      ...rangerFlaws(component, mode, settings, path),
    ]
  })
}

function switchFlaws(component: Component, mode: Mode, settings: unknown, path: readonly Step[]): Flaw[] {
  const verification = member(settings, 'verification')
  if (verification !== 'required' && verification !== 'notRequired') return []
  const byDefault = isRequiredByDefault(component, mode) ? 'required' : 'notRequired'
  if (verification === byDefault || isSwitchable(component, mode)) return []
  const what = `\`verification: ${verification}\` for ${component} in ${mode} mode`
  const hint = `it is \`${byDefault}\`; take the setting out`
  return [flaw([...path, 'verification'], 'value', 'not_supported', `${NOT_SUPPORTED}: ${what}`, hint)]
}

/** What is no full name would be asked about as if it were one. */
function queueFlaws(component: Component, settings: unknown, path: readonly Step[]): Flaw[] {
  if (component !== 'Yarn')
    return ['queueNames', 'queues']
      .filter((key) => member(settings, key) !== undefined)
      .map((key) =>
        flaw(
          [...path, key],
          'key',
          'not_supported',
          `${NOT_SUPPORTED}: ${component} has no queues`,
          'take it out',
        ),
      )
  return entriesOf(member(settings, 'queues')).flatMap(([name, full]): Flaw[] => {
    const at = [...path, 'queues', name]
    if (isFullQueue(name) && name !== full)
      return [flaw(at, 'key', 'bad_value', `\`${name}\` is a full name already`, 'take it out')]
    if (typeof full !== 'string' || isFullQueue(full)) return []
    const message = `\`${full}\` is no full name of a queue`
    return [flaw(at, 'value', 'bad_value', message, 'full names begin with `root.`')]
  })
}

const isFullQueue = (name: string): boolean => /^root(?:\.[^.\s][^.]*)*$/.test(name)

function rangerFlaws(component: Component, mode: Mode, settings: unknown, path: readonly Step[]): Flaw[] {
  const ranger = member(settings, 'ranger')
  if (ranger === undefined) return []
  const isEnabled = member(ranger, 'enabled') === true
  const isEver = mayHaveRanger(component, 'security') || mayHaveRanger(component, 'normal')
  if (!isEver || (isEnabled && !mayHaveRanger(component, mode))) {
    const allowed = COMPONENTS.filter((other) => mayHaveRanger(other, mode)).join(', ')
    const message = `${NOT_SUPPORTED}: Ranger for ${component}${isEver ? ` in ${mode} mode` : ''}`
    return [flaw([...path, 'ranger'], 'key', 'not_supported', message, `in ${mode} mode: ${allowed}`)]
  }
  const lacks = ['serviceName', 'source'].filter((key) => member(ranger, key) === undefined)
  if (lacks.length === 0 || (!isEnabled && lacks.length === 2)) return []
  const message = `\`${path.join('.')}.ranger\` lacks ${lacks.map((key) => `\`${key}\``).join(' and ')}`
  const hint = 'say what the service is called in Ranger, and where its policies come from'
  return [flaw([...path, 'ranger'], 'key', 'missing_key', message, hint)]
}

/** What the routes of a kind ask about is about its own component. */
function serviceFlaws(document: unknown): Flaw[] {
  return listAt(document, 'services').flatMap((service, index): Flaw[] => {
    const [kind, name] = [member(service, 'kind'), member(service, 'component')]
    if (typeof name !== 'string' || typeof kind !== 'string') return []
    const path = ['services', index, 'component']
    const component = componentNamed(name)
    if (component === null) return [unknownComponent(path, 'value', name)]
    const own = isServiceKind(kind) ? componentOfKind(kind) : null
    if (own === null || own === component) return []
    const message = `a service of kind \`${kind}\` is of ${own}, not of ${component}`
    return [flaw(path, 'value', 'bad_value', message, 'take it out')]
  })
}

/** The accesses of components that Keddah knows the operations of. */
const ACCESSES: ReadonlyMap<Component | null, readonly string[]> = new Map([
  ['HDFS', ['read', 'write', 'execute']],
  ['Yarn', ['submit-app', 'admin-queue']],
])

function grantFlaws(document: unknown): Flaw[] {
  return entriesOf(member(document, 'roles')).flatMap(([role, settings]) =>
    listAt(settings, 'grants').flatMap((grant, index): Flaw[] => {
      const path = ['roles', role, 'grants', index]
      const name = member(grant, 'component')
      if (typeof name !== 'string') return []
      const component = componentNamed(name)
      if (component === null) return [unknownComponent([...path, 'component'], 'value', name)]
      return [...accessFlaws(component, grant, path), ...resourceFlaws(component, grant, path)]
    }),
  )
}

function accessFlaws(component: Component, grant: unknown, path: readonly Step[]): Flaw[] {
  const known = ACCESSES.get(component)
  if (known === undefined) return []
  return listAt(grant, 'access').flatMap((access, index): Flaw[] => {
    if (typeof access !== 'string' || known.includes(access)) return []
    const nearest = nearestName(access, known)
    const hint =
      nearest === null ? `there are ${known.map((one) => `\`${one}\``).join(', ')}` : meant(nearest)
    const message = `\`${access}\` is no access to ${component}`
    return [flaw([...path, 'access', index], 'value', 'unknown_access', message, hint)]
  })
}

function resourceFlaws(component: Component, grant: unknown, path: readonly Step[]): Flaw[] {
  const resource = member(grant, 'resource')
  if (component !== 'HDFS' || typeof resource !== 'string' || /^(?:[/*?]|$)/.test(resource)) return []
  const message = `\`${resource}\` matches no path of HDFS`
  return [flaw([...path, 'resource'], 'value', 'bad_value', message, 'paths begin with `/`')]
}

function bindingFlaws(document: unknown): Flaw[] {
  const roles = entriesOf(member(document, 'roles')).map(([name]) => name)
  return listAt(document, 'roleBindings').flatMap((binding, index): Flaw[] => {
    const path = ['roleBindings', index]
    const role = member(binding, 'role')
    const flaws: Flaw[] = []
    if (typeof role === 'string' && !roles.includes(role)) {
      const nearest = nearestName(role, roles)
      const hint = nearest === null ? 'add it to `roles`' : meant(nearest)
      flaws.push(flaw([...path, 'role'], 'value', 'unknown_role', `there is no role \`${role}\``, hint))
    }
    if (['users', 'groups'].every((key) => listAt(binding, key).length === 0))
      flaws.push(
        flaw(path, 'value', 'bad_value', 'this binding gives its role to nobody', 'name `users` or `groups`'),
      )
    return flaws
  })
}
