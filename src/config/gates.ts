import type { Configuration } from '../hadoop/configuration.ts'
import { nameNodesOf, nameNodesIn } from '../hadoop/hdfs-addresses.ts'
import type { Component } from '../policy/components.ts'
import type { ServiceGate } from '../routes/early-refusal.ts'
import type { LoadedService, Settings } from './settings.ts'

/** What is needed of the settings. */
export interface GateSettings {
  readonly services: readonly Pick<
    LoadedService,
    'name' | 'kind' | 'component' | 'enforcement' | 'redirects' | 'nameNodes' | 'limits'
  >[]
  readonly identity: Pick<Settings['identity'], 'delegationParameter'>
}

/** What a service refuses before it asks, and the component behind it; null: none. */
export interface ComponentGate extends ServiceGate {
  readonly component: Component | null
}

/** What each service refuses before it asks the policy, as far as settings and Hadoop's files say. */
export function gatesOf(
  { services, identity }: GateSettings,
  configuration: Configuration,
): readonly ComponentGate[] {
  const known = nameNodesIn(configuration)
  const { delegationParameter } = identity
  return services.map(({ name, kind, component, enforcement, redirects, nameNodes, limits }) => ({
    name,
    kind,
    component,
    enforcement,
    redirects,
    nameNodes: nameNodesOf(nameNodes, known),
    delegationParameter,
    limits,
  }))
}
