import { readFileSync } from 'node:fs'
import { AuthenticationError, ConfigError } from '../../src/errors.ts'
import { accessControlList } from './areas/access-control-list.ts'
import {
  type Area,
  type Case,
  type Json,
  type JsonObject,
  listOf,
  mayRefuse,
  objectOf,
  optionalText,
  raises,
  textOf,
  type Verdict,
} from './areas/area.ts'
import { policyKeyNames, policyXml } from './areas/configuration.ts'
import { forwardedAddress } from './areas/forwarded-address.ts'
import { kerberosName } from './areas/kerberos-name.ts'
import { machineList } from './areas/machine-list.ts'
import { proxyUsers } from './areas/proxy-users.ts'
import { serviceAuthorization } from './areas/service-authorization.ts'
import { staticGroupMapping } from './areas/static-group-mapping.ts'
import { LATER_AREAS, laterCases, type Skip } from './later.ts'
import type { Checked } from './ranger/checked.ts'
import { deltaCases } from './ranger/delta-cases.ts'
import { engineCases } from './ranger/engine-cases.ts'
import { engineFixture } from './ranger/engine-fixture.ts'
import { matcherCases, matcherFixture } from './ranger/matchers.ts'
import { orderCases } from './ranger/order-cases.ts'
import { scheduleFixture } from './ranger/schedules.ts'

const AREAS: ReadonlyMap<string, Area> = new Map([
  ['access-control-list', accessControlList],
  ['machine-list', machineList],
  ['service-authorization', serviceAuthorization],
  ['kerberos-name', kerberosName],
  ['proxy-users', proxyUsers],
  ['static-group-mapping', staticGroupMapping],
  ['policy-xml', policyXml],
  ['policy-keys', policyKeyNames],
  ['forwarded-address', forwardedAddress],
])

/** What runs a whole file of a format. */
const FORMATS: ReadonlyMap<string, (document: JsonObject, file: string) => Checked[]> = new Map([
  ['ranger-cases/1', engineCases],
  ['ranger-matchers/1', matcherCases],
  ['ranger-evalorder/1', orderCases],
  ['ranger-deltas/1', deltaCases],
])

/** How one case went. `detail` says what was wanted and what came, or why it was skipped. */
export interface Outcome {
  readonly file: string
  readonly name: string
  readonly status: 'passed' | 'failed' | 'skipped'
  readonly detail: string
}

/**
 * Runs all cases of a file, in parity mode.
 *
 * Shape: the file is understood by its content: `format`, else each case's own `area`, else one of Ranger's own
 * fixtures. A file that cannot be read or understood is one failure.
 */
export function runFile(file: string): Outcome[] {
  try {
    return runContent(file, JSON.parse(readFileSync(file, 'utf8')) as Json)
  } catch (error) {
    return [{ file, name: 'the file itself', status: 'failed', detail: String(error) }]
  }
}

function runContent(file: string, content: Json): Outcome[] {
  if (Array.isArray(content))
    return scheduleFixture(scheduleTests(content)).map((test) => checked(file, test))
  const document = objectOf(content)
  const format = optionalText(document['format'])
  if (format !== null) {
    const run = FORMATS.get(format)
    if (run !== undefined) return run(document, file).map((test) => checked(file, test))
    const later = laterCases(format, document)
    if (later === null) throw new TypeError(`unknown format \`${format}\``)
    return later.map((skip) => skipped(file, skip))
  }
  if ('cases' in document) {
    const outcomes = listOf(document['cases']).map((entry, index) => runCase(file, entry, index))
    if (outcomes.length === 0) throw new TypeError('the file has no cases')
    return outcomes
  }
  if ('testCases' in document) return matcherFixture(document).map((test) => checked(file, test))
  if (!('serviceDef' in document) || !('policies' in document)) {
    throw new TypeError('neither a format, nor cases, nor a Ranger fixture')
  }
  return engineFixture(document, file).map((test) => checked(file, test))
}

function runCase(file: string, entry: Json, index: number): Outcome {
  let name = `case #${index + 1}`
  try {
    const test = readCase(entry)
    name = test.name
    const reason = LATER_AREAS.get(test.area)
    if (reason !== undefined) return skipped(file, { name, reason })
    const area = AREAS.get(test.area)
    if (area === undefined) throw new TypeError(`unknown area \`${test.area}\``)
    return checked(file, { name, verdict: verdictOf(area, test) })
  } catch (error) {
    const wanted = JSON.stringify(
      typeof entry === 'object' && entry !== null && 'expect' in entry ? entry['expect'] : null,
    )
    return { file, name, status: 'failed', detail: `wanted ${wanted}\n  got    ${String(error)}` }
  }
}

/** A refusal where Hadoop raises, or where refusing is allowed, is a pass. */
function verdictOf(area: Area, test: Case): Verdict {
  try {
    return area(test)
  } catch (error) {
    const refused = error instanceof ConfigError || error instanceof AuthenticationError
    if (refused && (mayRefuse(test) || raises(test))) return null
    throw error
  }
}

function readCase(entry: Json): Case {
  const { name, area, given, expect } = objectOf(entry)
  return { name: textOf(name), area: textOf(area), given: objectOf(given), expect: objectOf(expect) }
}

/** The tests of a fixture about validity, which is known by them: it is a list and nothing else. */
function scheduleTests(content: readonly Json[]): JsonObject[] {
  const tests = content.map(objectOf)
  if (tests.length > 0 && tests.every((test) => 'validitySchedules' in test)) return tests
  throw new TypeError('a list, but not of tests of validity schedules')
}

function checked(file: string, test: Checked): Outcome {
  if ('skip' in test) return skipped(file, { name: test.name, reason: test.skip })
  const { name, verdict } = test
  if (verdict === null) return { file, name, status: 'passed', detail: '' }
  const detail = `wanted ${JSON.stringify(verdict.wanted)}\n  got    ${JSON.stringify(verdict.got)}`
  return { file, name, status: 'failed', detail }
}

const skipped = (file: string, { name, reason }: Skip): Outcome => ({
  file,
  name,
  status: 'skipped',
  detail: reason,
})
