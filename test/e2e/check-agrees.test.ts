import { describe, expect, test } from 'vitest'
import { Questioner } from '../../src/admin/questions.ts'
import { createSnapshot } from '../../src/decision/snapshot.ts'
import type { ComponentGate } from '../../src/config/gates.ts'
import { type DoorOptions, POLICY } from '../support/door.ts'
import { openBefore } from '../support/opened.ts'
import { policyOf } from '../support/policy.ts'

/**
 * What `check` says of a request is what a listener does with it, by the settings of its service. Attack: an operator is
 * told "allowed" about what is refused, or "refused" about what passes, and mends the wrong rule.
 */
const SNAPSHOT = createSnapshot(policyOf(POLICY), { cacheMax: 100 })
const EVIL = 'namenoderpcaddress=evil.example:8020'
const TARGETS = [
  ['GET', '/webhdfs/v1/x?op=OPEN'],
  ['PUT', '/webhdfs/v1/x?op=CREATE'],
  ['GET', '/webhdfs/v1/?op=LISTSTATUS'],
  ['GET', '/webhdfs/v1/?op=LISTSTATUS&delegation=abc'],
  ['GET', `/webhdfs/v1/x?op=OPEN&${EVIL}`],
  ['GET', `/webhdfs/v1/x?op=OPEN&${EVIL}&delegation=abc`],
  ['GET', '/webhdfs/v1/x?op=OPEN&namenoderpcaddress=127.0.0.1:8020'],
  ['GET', '/webhdfs/v1/x?op=NOSUCH'],
  ['GET', '/nowhere'],
  ['GET', '/jmx'],
  ['PATCH', '/jmx'],
  ['GET', '/jmx?keddah-locator=AAAA'],
  ['GET', '/webhdfs/v1/?op=LISTSTATUS&keddah-locator=AAAA'],
  ['GET', '/webhdfs/v1/?op=LISTSTATUS&keddah-locator=AAAA&delegation=abc'],
  ['GET', `/jmx?${'a=1&'.repeat(9)}a=1`],
] as const

const SERVICES = [
  ['as it is without settings', {}, 'refuse'],
  ['that refuses contents', { redirects: 'refuse' }, 'refuse'],
  ['that strips delegation tokens', {}, 'strip'],
  ['that passes links', { redirects: 'pass', reviewers: [] }, 'refuse'],
  ['of a DataNode', { kind: 'datanode' }, 'refuse'],
  ['of a DataNode whose NameNode is not known', { kind: 'datanode', nameNodes: new Set<string>() }, 'refuse'],
  ['that takes few parameters', { limits: { parameters: 6 } }, 'refuse'],
  ['that only observes', { redirects: 'refuse', enforcement: 'observe' }, 'refuse'],
] as const satisfies readonly (readonly [string, Partial<DoorOptions>, 'refuse' | 'strip'])[]

describe.each(SERVICES)('a service %s', (_, options, delegationParameter) => {
  test.each(TARGETS)('%s %s', async (method, url) => {
    const dependencies = { delegationParameter: () => delegationParameter }
    const { door } = await openBefore(undefined, { dependencies, ...options })
    const gate: ComponentGate = { ...door.service, delegationParameter }
    const questioner = new Questioner({ groupsOf: () => [], gates: [gate], explain: false })
    const { kind } = door.service
    const answer = await questioner.ask(SNAPSHOT, { user: 'alice', kind, method, url }, 1)
    const separator = url.includes('?') ? '&' : '?'
    const reply = await fetch(`${door.url}${url}${separator}user.name=alice`, { method, redirect: 'manual' })
    if ('error' in answer) throw new Error(answer.error.message)
    const { effect, reason } = answer
    // Where a service only observes, its metric says what it would have done.
    const series = `keddah_decisions_total{service="nn",effect="would_deny",reason="${reason}"}`
    const refused = (await door.metric(series)) > 0 ? reason : reply.headers.get('x-keddah-reason')
    expect(refused).toBe(effect === 'deny' ? reason : null)
    const allowed = await door.metric(series.replace('would_deny', 'allow'))
    expect(allowed, 'allowed for the same reason').toBe(effect === 'allow' ? 1 : 0)
  })
})
