import type { ConditionCompiler } from './conditions.ts'
import type { JsonReading, Members } from './json-reading.ts'
import type {
  PolicyCondition,
  PolicyItem,
  PolicyResource,
  PolicyResources,
  Recurrence,
  RangerPolicy,
  ServiceDef,
  ValiditySchedule,
} from './model.ts'
import { scheduleProblems } from './validity.ts'

/** Begins what Ranger has a script engine work out. */
const EXPRESSION = '${{'
const PRIORITIES: ReadonlyMap<unknown, number> = new Map([
  ['NORMAL', 0],
  ['OVERRIDE', 1],
])

/** What a policy has to agree with. */
export interface PolicyRules {
  readonly serviceDef: ServiceDef
  readonly conditions: ReadonlyMap<string, ConditionCompiler>
}

/**
 * Reads one policy.
 *
 * Shape: policies that are disabled or of another type than access only need an id; the rest of them is not checked against
 * the definition, since it decides nothing. Null: the reading has noted why.
 * Source: org.apache.ranger.plugin.model.RangerPolicy.
 */
export function readPolicy(
  reading: JsonReading,
  rules: PolicyRules,
  members: Members,
  key: string,
): RangerPolicy | null {
  const before = reading.count
  const id = members['id']
  if (!Number.isSafeInteger(id)) {
    reading.wrong(`${key}.id`, 'ranger_policy_id', `a policy without a numeric id: ${shown(members)}`)
    return null
  }
  const reader = new PolicyReader(reading, rules, `policy ${Number(id)} \`${shown(members)}\``)
  const policy = reader.read(Number(id), members, key)
  return reading.count > before ? null : policy
}

class PolicyReader {
  readonly #reading: JsonReading
  readonly #rules: PolicyRules
  readonly #who: string

  constructor(reading: JsonReading, rules: PolicyRules, who: string) {
    this.#reading = reading
    this.#rules = rules
    this.#who = who
  }

  read(id: number, members: Members, key: string): RangerPolicy {
    const reading = this.#reading
    const type = reading.integer(members['policyType'], `${key}.policyType`, 0)
    const isEnabled = reading.flag(members['isEnabled'], `${key}.isEnabled`, true)
    const isChecked = type === 0 && isEnabled
    const additional = [...reading.objects(members['additionalResources'], `${key}.additionalResources`)]
    return {
      id,
      name: reading.text(members['name'], `${key}.name`, ''),
      version: reading.integer(members['version'], `${key}.version`, null),
      serviceType: reading.text(members['serviceType'], `${key}.serviceType`, ''),
      type,
      isEnabled,
      isAuditEnabled: reading.flag(members['isAuditEnabled'], `${key}.isAuditEnabled`, true),
      priority: this.#priority(members['policyPriority'], `${key}.policyPriority`),
      resourceSets: [
        this.#resources(members['resources'], `${key}.resources`, isChecked),
        ...additional.map(([set, path]) => this.#resources(set, path, isChecked)),
      ],
      conditions: this.#conditions(members['conditions'], `${key}.conditions`, isChecked),
      allow: this.#items(members, 'policyItems', key, isChecked),
      allowExceptions: this.#items(members, 'allowExceptions', key, isChecked),
      deny: this.#items(members, 'denyPolicyItems', key, isChecked),
      denyExceptions: this.#items(members, 'denyExceptions', key, isChecked),
      isDenyAllElse: reading.flag(members['isDenyAllElse'], `${key}.isDenyAllElse`, false),
      schedules: this.#schedules(members['validitySchedules'], `${key}.validitySchedules`, isChecked),
    }
  }

  #wrong(key: string, code: string, message: string, hint: string | null = null): void {
    this.#reading.wrong(key, code, `${this.#who}: ${message}`, hint)
  }

  #priority(value: unknown, key: string): number {
    const named = PRIORITIES.get(value)
    return named ?? this.#reading.integer(value, key, 0)
  }

  #resources(value: unknown, key: string, isChecked: boolean): PolicyResources {
    const reading = this.#reading
    const resources = new Map<string, PolicyResource>()
    for (const [name, member] of Object.entries(reading.object(value, key) ?? {})) {
      const resource = reading.object(member, `${key}.${name}`) ?? {}
      const values = reading.texts(resource['values'], `${key}.${name}.values`)
      resources.set(name, {
        values,
        isExcludes: reading.flag(resource['isExcludes'], `${key}.${name}.isExcludes`, false),
        isRecursive: reading.flag(resource['isRecursive'], `${key}.${name}.isRecursive`, false),
      })
      if (!isChecked) continue
      if (!this.#rules.serviceDef.resources.some((known) => known.name === name)) {
        const known = this.#rules.serviceDef.resources.map((def) => `\`${def.name}\``).join(', ')
        const message = `the service definition has no resource \`${name}\``
        this.#wrong(`${key}.${name}`, 'ranger_resource', message, `it has ${known}`)
      } else if (values.some((text) => text.includes(EXPRESSION))) {
        const message = `\`${name}\` has an expression, and no script is run`
        this.#wrong(`${key}.${name}.values`, 'ranger_expression', message, 'write `{USER}` for the user')
      } else if (values.every((text) => text === '')) {
        const message = `\`${name}\` has no value`
        this.#wrong(`${key}.${name}.values`, 'ranger_resource', message, 'write `*` for everything')
      }
    }
    if (isChecked && resources.size === 0) {
      this.#wrong(key, 'ranger_resource', 'it names no resource', 'disable or delete it')
    }
    return resources
  }

  #items(members: Members, list: string, key: string, isChecked: boolean): PolicyItem[] {
    const reading = this.#reading
    const items: PolicyItem[] = []
    for (const [item, path] of reading.objects(members[list], `${key}.${list}`)) {
      const accesses: { type: string; isAllowed: boolean }[] = []
      for (const [access, place] of reading.objects(item['accesses'], `${path}.accesses`)) {
        accesses.push({
          type: reading.text(access['type'], `${place}.type`, ''),
          isAllowed: reading.flag(access['isAllowed'], `${place}.isAllowed`, true),
        })
      }
      items.push({
        accesses,
        users: reading.texts(item['users'], `${path}.users`),
        groups: reading.texts(item['groups'], `${path}.groups`),
        roles: reading.texts(item['roles'], `${path}.roles`),
        conditions: this.#conditions(item['conditions'], `${path}.conditions`, isChecked),
        delegateAdmin: reading.flag(item['delegateAdmin'], `${path}.delegateAdmin`, false),
      })
    }
    return items
  }

  #conditions(value: unknown, key: string, isChecked: boolean): PolicyCondition[] {
    const conditions: PolicyCondition[] = []
    for (const [condition, path] of this.#reading.objects(value, key)) {
      const type = this.#reading.text(condition['type'], `${path}.type`, '')
      conditions.push({ type, values: this.#reading.texts(condition['values'], `${path}.values`) })
      if (!isChecked) continue
      const known = this.#rules.serviceDef.conditions.find(({ name }) => name === type)
      if (known === undefined) {
        const message = `the service definition has no condition \`${type}\``
        this.#wrong(`${path}.type`, 'ranger_condition', `${message}, and without it the item would widen`)
      } else if (!this.#rules.conditions.has(known.evaluator)) {
        const message = `condition \`${type}\` needs \`${known.evaluator}\`, which is not implemented`
        this.#wrong(`${path}.type`, 'ranger_condition', message)
      }
    }
    return conditions
  }

  #schedules(value: unknown, key: string, isChecked: boolean): ValiditySchedule[] {
    const reading = this.#reading
    const schedules: ValiditySchedule[] = []
    for (const [members, path] of reading.objects(value, key)) {
      const before = reading.count
      const schedule = {
        start: blankAsNull(reading.text(members['startTime'], `${path}.startTime`, null)),
        end: blankAsNull(reading.text(members['endTime'], `${path}.endTime`, null)),
        timeZone: blankAsNull(reading.text(members['timeZone'], `${path}.timeZone`, null)) ?? 'GMT',
        recurrences: this.#recurrences(members['recurrences'], `${path}.recurrences`),
      }
      schedules.push(schedule)
      if (!isChecked || reading.count > before) continue
      for (const { field, message } of scheduleProblems(schedule)) {
        this.#wrong(`${path}.${field}`, 'ranger_schedule', message)
      }
    }
    return schedules
  }

  #recurrences(value: unknown, key: string): Recurrence[] {
    const reading = this.#reading
    const recurrences: Recurrence[] = []
    for (const [members, path] of reading.objects(value, key)) {
      const fields = reading.textMap(members['schedule'], `${path}.schedule`)
      const interval = reading.object(members['interval'], `${path}.interval`) ?? {}
      const part = (name: string): number => reading.integer(interval[name], `${path}.interval.${name}`, 0)
      recurrences.push({
        fields: {
          minute: fields.get('minute') ?? '',
          hour: fields.get('hour') ?? '',
          dayOfMonth: fields.get('dayOfMonth') ?? '',
          dayOfWeek: fields.get('dayOfWeek') ?? '',
          month: fields.get('month') ?? '',
          year: fields.get('year') ?? '',
        },
        interval: { days: part('days'), hours: part('hours'), minutes: part('minutes') },
      })
    }
    return recurrences
  }
}

const blankAsNull = (text: string | null): string | null =>
  text === null || text.trim() === '' ? null : text

const shown = (members: Members): string =>
  typeof members['name'] === 'string' ? members['name'].slice(0, 100) : ''
