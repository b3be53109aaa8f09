import type { Component } from '../../policy/components.ts'
import type { ServiceDef } from '../../ranger/model.ts'
import { BUILT_IN_SERVICE_DEFS } from '../../ranger/service-defs.ts'

/** The definition that counts where neither the policies nor the settings bring one; null: one of them has to. */
export const builtInDefinition = (component: Component): ServiceDef | null =>
  BUILT_IN_SERVICE_DEFS.get(component.toLowerCase()) ?? null
