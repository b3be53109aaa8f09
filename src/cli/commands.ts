import { check } from './check.ts'
import type { Command } from './command.ts'
import { configCheck } from './config-check.ts'
import { configReference } from './config-reference.ts'
import { configSchema } from './config-schema.ts'
import { demo } from './demo.ts'
import { permList } from './perm-list.ts'
import { permDisable, permEnable, rangerDisable, rangerEnable } from './perm-switch.ts'
import { policyLint } from './policy-lint.ts'
import { policyShow } from './policy-show.ts'
import { rangerLint } from './ranger-lint.ts'
import { refresh } from './refresh.ts'
import { serve } from './serve.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  serve,
  demo,
  check,
  policyShow,
  policyLint,
  rangerLint,
  refresh,
  permList,
  permEnable,
  permDisable,
  rangerEnable,
  rangerDisable,
  configCheck,
  configSchema,
  configReference,
]
