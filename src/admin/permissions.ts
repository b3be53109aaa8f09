import * as z from 'zod'
import {
  type Component,
  COMPONENTS,
  componentNamed,
  isListed,
  isSwitchable,
  mayHaveRanger,
} from '../policy/components.ts'
import { type ComponentRules, deciderOf, type Permissions } from '../policy/permissions.ts'
import type { ComponentSwitches } from '../policy/switches.ts'
import type { Decision } from '../decision/request.ts'
import { repeatedKey } from '../hadoop/repeated-key.ts'
import type { AdminDependencies, SwitchResult } from './dependencies.ts'
import { parseJson } from './json-body.ts'
import { adminEntry, type AdminRequest, problemsOf, refusal, type Reply } from './exchange.ts'
import { mayChange, POLICY_KEY } from './refresh.ts'

/** Where permission verification is shown, and below it each component is switched. */
export const PERMISSIONS_PATH = '/admin/v1/permissions'

/** How each component is verified. */
export function showPermissions(_: AdminRequest, dependencies: AdminDependencies): Reply {
  const permissions = dependencies.permissions()
  return { status: 200, body: reportOf(permissions), headers: etagOf(permissions) }
}

const generationOf = (permissions: Permissions | null): number => permissions?.switches.generation ?? 0

const etagOf = (permissions: Permissions | null): Record<string, string> => ({
  ETag: `"${generationOf(permissions)}"`,
})

/** The fourteen of the table, and Impala where it may have Ranger. */
function reportOf(permissions: Permissions | null): object {
  const mode = permissions?.mode ?? null
  const shown = COMPONENTS.filter(
    (component) => isListed(component) || (mode !== null && mayHaveRanger(component, mode)),
  )
  return {
    mode,
    generation: generationOf(permissions),
    revision: permissions?.revision ?? null,
    components: shown.map((component) => componentReport(permissions, component)),
  }
}

/**
 * One component. Without `mode` its `decider` is `off`, and nothing is known of it.
 *
 * Shape: `supported`: whether its verification can be switched.
 */
function componentReport(permissions: Permissions | null, component: Component): object {
  const rules = permissions?.components.get(component)
  if (permissions === null || rules === undefined)
    return { component, verification: null, supported: null, ranger: null, decider: 'off' }
  const { mode } = permissions
  return {
    component,
    verification: wordOf(rules),
    supported: isSwitchable(component, mode),
    ranger: {
      supported: mayHaveRanger(component, mode),
      enabled: rules.isRangerEnabled,
      serviceName: rules.ranger?.serviceName ?? null,
      version: rules.ranger?.engine?.version ?? null,
      source: rules.ranger?.source ?? null,
    },
    decider: deciderOf(permissions, rules),
  }
}

const wordOf = ({ isRequired }: ComponentRules): 'required' | 'notRequired' =>
  isRequired ? 'required' : 'notRequired'

const changeSchema = z
  .strictObject({
    verification: z.enum(['required', 'notRequired']).optional(),
    ranger: z.strictObject({ enabled: z.boolean() }).optional(),
  })
  .refine(({ verification, ranger }) => verification !== undefined || ranger !== undefined, {
    error: 'name `verification` or `ranger`',
  })

/**
 * Switches one component, if the policy in force lets this user from this address. Whoever asks, and however it ends, is
 * audited, with what was before and what is now.
 */
export async function switchComponent(
  request: AdminRequest,
  dependencies: AdminDependencies,
): Promise<Reply> {
  const name = decoded(request.path.slice(PERMISSIONS_PATH.length + 1))
  const component = componentNamed(name)
  if (component === null) return refusal(404, 'unknown_component', `\`${name.slice(0, 64)}\` is no component`)
  const user = request.admin?.user ?? ''
  const decision = await mayChange(POLICY_KEY, user, request, dependencies)
  if (decision.effect === 'deny') {
    audit(`${component}: refused`, request, decision, dependencies)
    return refusal(403, decision.reason, decision.message)
  }
  const asked = readChange(request)
  if ('status' in asked) return asked
  const before = stateText(dependencies.permissions(), component)
  const result = await dependencies.switchPermissions({ component, ...asked })
  const permissions = dependencies.permissions()
  const now = stateText(permissions, component)
  const outcome = result.done === 'changed' ? `${before} -> ${now}` : `${result.done}, still ${now}`
  audit(`${component}: ${outcome}`, request, decision, dependencies)
  const fields = {
    component,
    outcome: result.done,
    before,
    now,
    user,
    by: request.admin?.name,
    from: request.peer,
  }
  tell(fields, asked.change, dependencies)
  dependencies.metrics.permissions.switched(component, result.done)
  return replyTo(result, permissions, component)
}

/** What is weakened is told louder. */
function tell(fields: object, { verification, ranger }: ComponentSwitches, { log }: AdminDependencies): void {
  const isWeaker = verification === 'notRequired' || ranger === false
  if (isWeaker && 'outcome' in fields && fields.outcome === 'changed')
    log.warn(fields, 'permission verification was weakened over the admin listener')
  else log.info(fields, 'permission verification was switched over the admin listener')
}

function replyTo(result: SwitchResult, permissions: Permissions | null, component: Component): Reply {
  const generation = generationOf(permissions)
  const headers = etagOf(permissions)
  switch (result.done) {
    case 'changed':
    case 'unchanged': {
      const changed = result.done === 'changed'
      const body = { generation, changed, ...componentReport(permissions, component) }
      return { status: 200, body, headers }
    }
    case 'stale':
      return refusal(
        412,
        'stale',
        `\`If-Match\` is not the generation in force, which is ${generation}`,
        headers,
      )
    case 'refused':
      return refusal(409, result.code, result.message, headers)
    case 'failed': {
      const { code, message } = result.error
      const error = { code, message, problems: problemsOf(result.error) }
      return { status: code === 'ERR_CONFIG_WRITE' ? 503 : 422, body: { error }, headers }
    }
  }
}

function readChange(
  request: AdminRequest,
): { readonly change: ComponentSwitches; readonly ifGeneration: number | null } | Reply {
  const { body, ifMatch } = request
  const isAny = ifMatch === null || ifMatch === '*'
  const generation = /^(?:"(\d{1,15})"|(\d{1,15}))$/.exec(ifMatch ?? '')
  if (!isAny && generation === null)
    return refusal(400, 'bad_if_match', '`If-Match` takes one generation, such as `"3"`')
  const value = parseJson(body)
  if (value === undefined) return refusal(400, 'bad_json', 'the body is not JSON')
  const twice = repeatedKey(body)
  if (twice !== null) return refusal(422, 'bad_value', `\`${twice}\` stands twice in the body`)
  const read = changeSchema.safeParse(value)
  if (!read.success) {
    const [issue] = read.error.issues
    const at = issue?.path.join('.') ?? ''
    return refusal(422, 'bad_value', `${at === '' ? '' : `\`${at}\`: `}${issue?.message ?? 'unknown'}`)
  }
  const { verification, ranger } = read.data
  return {
    change: { verification, ranger: ranger?.enabled },
    ifGeneration: isAny ? null : Number(generation?.[1] ?? generation?.[2]),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}

/** How a component is verified, in a few words for the record. */
function stateText(permissions: Permissions | null, component: Component): string {
  const rules = permissions?.components.get(component)
  return rules === undefined ? 'off' : `${wordOf(rules)} ranger=${rules.isRangerEnabled ? 'on' : 'off'}`
}

function audit(
  what: string,
  request: AdminRequest,
  decision: Decision,
  dependencies: AdminDependencies,
): void {
  const { effect, reason, rule, file, line } = decision
  const { revision } = dependencies.snapshot()
  const op = `permissions of ${what}`
  const entry = { ...adminEntry(request), op, key: POLICY_KEY, effect, reason, rule, file, line, revision }
  dependencies.audit.recordAlways(entry)
}
