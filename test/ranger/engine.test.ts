import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileEngine } from '../../src/ranger/compile-engine.ts'
import { readServicePolicies } from '../../src/ranger/read-policies.ts'
import { readServiceRoles } from '../../src/ranger/read-roles.ts'
import type { ResourceResult } from '../../src/ranger/request.ts'
import { whyNoHadoop } from '../support/hadoop/programs.ts'
import { type OracleAnswer, type OracleRequest, RangerOracle } from '../support/ranger/engine.ts'
import { HDFS, HIVE, RandomPolicies, YARN } from '../support/ranger/random-policies.ts'
import { SERVICE_DEFS } from '../support/ranger/service-defs.ts'

const SETS = 120
const REQUESTS = 40

const reason = whyNoHadoop()
const why = reason === null ? '' : ` (skipped: ${reason})`
if (reason !== null) process.stderr.write(`ranger: skipped: ${reason}\n`)

/**
 * Random policies are decided by Ranger's own engine, of its Maven packages, and by ours. Both have to say the same: what
 * is allowed, denied or left open, by which policy, and whether it is audited.
 */
describe.skipIf(reason !== null)(`Ranger's own engine${why}`, () => {
  let oracle: RangerOracle

  beforeAll(async () => {
    oracle = await RangerOracle.start()
  })
  afterAll(() => oracle.stop())

  test.each([
    { service: 'hdfs', kind: HDFS, fallback: true },
    { service: 'yarn', kind: YARN, fallback: true },
    { service: 'hivelike', kind: HIVE, fallback: false },
  ])('decides like ours about $service (P-11, P-12, P-13, P-14)', async ({ service, kind, fallback }) => {
    const outcomes = new Set<string>()
    for (let seed = 1; seed <= SETS; seed += 1) {
      const random = new RandomPolicies(seed, kind)
      const policies = random.envelope(SERVICE_DEFS.get(service) ?? {})
      const roles = random.roles()
      const requests = Array.from({ length: REQUESTS }, () => random.request())
      await oracle.load({ policies, roles, fallback })
      const theirs = await oracle.decide(requests)
      const ours = decide(policies, roles, fallback, requests)
      for (const [index, request] of requests.entries()) {
        const [their, our] = [theirs[index], ours[index]]
        if (their === undefined || our === undefined) throw new Error('an answer is missing')
        outcomes.add(`${their.determined} ${their.allowed}`)
        if (isOurRule(request, their, our)) continue
        expect({ seed, request, ...compared(our, request) }).toEqual({
          seed,
          request,
          ...comparedTheirs(their, request),
        })
      }
    }
    expect(outcomes.size).toBe(fallback ? 3 : 2)
  })
})

function decide(
  policies: object,
  roles: object,
  fallback: boolean,
  requests: readonly OracleRequest[],
): ResourceResult[] {
  const expected = { service: null, serviceDef: null, file: '' }
  const engine = compileEngine(readServicePolicies(policies, expected), readServiceRoles(roles, expected), {
    fallback: fallback ? 'native' : 'deny',
  })
  return requests.map(({ resource, owner, user, groups, roles: own, accessTypes, address, at, action }) =>
    engine.decide({
      resource: new Map(Object.entries(resource)),
      owner: owner ?? null,
      user,
      groups,
      roles: own ?? null,
      accessTypes,
      address: address ?? null,
      at,
      action: action ?? '',
    }),
  )
}

/** A combination over several priorities: Ranger stops at the first allow, and we look for denials to the end. */
const isOurRule = ({ accessTypes }: OracleRequest, their: OracleAnswer, our: ResourceResult): boolean =>
  accessTypes.length > 1 && their.allowed && !our.isAllowed && our.isDetermined

/** Which policy is named for a combination depends on the order of a hash set in Ranger. */
const compared = (our: ResourceResult, { accessTypes }: OracleRequest): object => ({
  determined: our.isDetermined,
  allowed: our.isAllowed,
  audited: our.isAudited,
  policyId: accessTypes.length > 1 ? 0 : (our.policyId ?? -1),
})

const comparedTheirs = (their: OracleAnswer, { accessTypes }: OracleRequest): object => ({
  determined: their.determined,
  allowed: their.allowed,
  audited: their.audited,
  policyId: accessTypes.length > 1 ? 0 : their.policyId,
})
