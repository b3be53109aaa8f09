import { createHash } from 'node:crypto'
import { ConfigError, type Problem } from '../errors.ts'
import type { RangerEngine } from '../ranger/engine.ts'
import {
  type Component,
  COMPONENTS,
  fallsBackToNative,
  isRangerDefault,
  isRequiredByDefault,
  isSwitchable,
  mayHaveRanger,
  type Mode,
} from './components.ts'
import type { ComponentRules, Permissions, RangerRules } from './permissions.ts'
import { compileRoleModel, type Roles } from './role-model.ts'
import type { ComponentSwitches, Switches } from './switches.ts'

/** How one component is verified, as written. What is undefined is as the mode and the component have it. */
interface WrittenComponent {
  readonly verification?: 'required' | 'notRequired' | undefined
  readonly fallback?: 'native' | 'deny' | undefined
  readonly unknownOp: 'native' | 'deny'
  readonly queueNames?: 'full' | 'asSubmitted' | undefined
  readonly queues?: Readonly<Record<string, string>> | undefined
  readonly ranger?:
    | {
        readonly enabled?: boolean | undefined
        readonly serviceName?: string | undefined
        readonly onNoPolicies?: 'native' | 'deny' | undefined
        readonly source?: object | undefined
      }
    | undefined
}

/** Permission verification as written. */
export interface WrittenPermissions extends Roles {
  readonly mode: Mode
  readonly cluster: { readonly upgraded: boolean }
  readonly components: Readonly<Partial<Record<Component, WrittenComponent>>>
}

/**
 * The policies of a component as they are there now.
 *
 * Shape: `engine` null: none have come. `print` is equal for policies that decide equally.
 */
export interface PresentPolicies {
  readonly engine: RangerEngine | null
  readonly from: string
  readonly print: string
}

/**
 * Makes permissions of the settings, of what was switched since, and of the policies that are there.
 *
 * Errors: `ERR_CONFIG_SETTINGS` with every switch that the settings do not go together with; problems name a key and no
 * file.
 */
export function compilePermissions(
  written: WrittenPermissions,
  switches: Switches,
  policies: ReadonlyMap<Component, PresentPolicies>,
): Permissions {
  const problems: Problem[] = []
  const components = new Map(
    COMPONENTS.map((component) => [
      component,
      rulesOf(component, written, switches, policies.get(component), problems),
    ]),
  )
  const [first] = problems
  if (first !== undefined) throw new ConfigError('ERR_CONFIG_SETTINGS', first.message, { problems })
  const { mode, roles, roleBindings } = written
  const prints = [...components.values()].map(
    ({ component, isRequired, isRangerEnabled, unknownOp, ranger }) => {
      const { fallback, onNoPolicies, serviceName } = ranger ?? {}
      const print = ranger === null ? null : policies.get(component)?.print
      return [component, isRequired, isRangerEnabled, unknownOp, fallback, onNoPolicies, serviceName, print]
    },
  )
  const { queueNames = 'full', queues = {} } = written.components.Yarn ?? {}
  // With the generation, so that a switch that changes no decision is told all the same.
  const text = JSON.stringify([mode, switches.generation, prints, roles, roleBindings, queueNames, queues])
  return {
    mode,
    revision: createHash('sha256').update(text).digest('hex').slice(0, 12),
    switches,
    components,
    roles: compileRoleModel(written),
    queues: { names: queueNames, paths: new Map(Object.entries(queues)) },
  }
}

function rulesOf(
  component: Component,
  { mode, cluster, components }: WrittenPermissions,
  switches: Switches,
  policies: PresentPolicies | undefined,
  problems: Problem[],
): ComponentRules {
  const { verification, fallback, unknownOp = 'deny', ranger = {} } = components[component] ?? {}
  const switched: ComponentSwitches = switches.modes[mode][component] ?? {}
  const byDefault = isRequiredByDefault(component, mode) ? 'required' : 'notRequired'
  const chosen = isSwitchable(component, mode) ? (switched.verification ?? verification) : undefined
  const isChosen = mayHaveRanger(component, mode) ? (switched.ranger ?? ranger.enabled) : false
  const isEnabled = isChosen ?? isRangerDefault(component, mode, cluster.upgraded)
  const isInstalled = ranger.serviceName !== undefined && ranger.source !== undefined
  if (isChosen === true && !isInstalled) problems.push(notInstalled(component))
  const native = fallsBackToNative(component) ? 'native' : 'deny'
  const rules: RangerRules | null =
    isEnabled && ranger.serviceName !== undefined && ranger.source !== undefined
      ? {
          serviceName: ranger.serviceName,
          engine: policies?.engine ?? null,
          fallback: fallback ?? native,
          onNoPolicies: ranger.onNoPolicies ?? native,
          source: policies?.from ?? '',
        }
      : null
  return {
    component,
    isRequired: (chosen ?? byDefault) === 'required',
    isRangerEnabled: isEnabled,
    ranger: rules,
    unknownOp,
  }
}

const notInstalled = (component: Component): Problem => ({
  file: '',
  line: null,
  column: null,
  key: `components.${component}.ranger`,
  severity: 'error',
  code: 'no_ranger',
  message: `Ranger is enabled for ${component}, and \`components.${component}.ranger\` does not say where its policies come from`,
  hint: `name \`serviceName\` and \`source\`, or switch it off first: \`keddah ranger disable ${component}\``,
})
