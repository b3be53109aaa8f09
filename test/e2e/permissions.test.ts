import { describe, expect, test } from 'vitest'
import { openBefore } from '../support/opened.ts'
import { permissionsOf, rolesWhere } from '../support/permissions.ts'

const LIST = '/webhdfs/v1/data?op=LISTSTATUS&user.name=alice'

describe('a request whose permission is refused', () => {
  const refusing = { component: 'HDFS', permissions: permissionsOf(null) } as const

  test('is told so in the words of HDFS, and the upstream never hears of it', async () => {
    const { door, upstream } = await openBefore(undefined, refusing)
    const response = await fetch(`${door.url}${LIST}`)
    expect(response.status).toBe(403)
    expect(response.headers.get('x-keddah-reason')).toBe('mode')
    expect(await response.text()).toBe(
      '{"RemoteException":{"exception":"AccessControlException",' +
        '"javaClassName":"org.apache.hadoop.security.AccessControlException",' +
        '"message":"Permission denied: user=alice, component=HDFS"}}',
    )
    expect(upstream.received).toEqual([])
    expect(await door.audit(1)).toMatchObject([{ effect: 'deny', reason: 'mode', user: 'alice' }])
  })

  test('is forwarded and counted where the service only observes', async () => {
    const { door, upstream } = await openBefore(undefined, { ...refusing, enforcement: 'observe' })
    expect((await fetch(`${door.url}${LIST}`)).status).toBe(200)
    expect(upstream.received.length).toBe(1)
    expect(await door.metric('keddah_decisions_total{service="nn",effect="would_deny",reason="mode"}')).toBe(
      1,
    )
  })

  test('is asked about by nobody where no component stands behind the service', async () => {
    const { door } = await openBefore(undefined, { permissions: permissionsOf(null) })
    expect((await fetch(`${door.url}${LIST}`)).status).toBe(200)
  })

  test('counts by who has decided', async () => {
    const permissions = permissionsOf(null, { roles: rolesWhere(() => []), unknownOp: 'native' })
    const { door } = await openBefore(undefined, { component: 'HDFS', permissions })
    await fetch(`${door.url}/webhdfs/v1/?op=LISTSTATUS&user.name=alice`)
    const text = await door.telemetry.metrics.text()
    expect(text).toMatch(/^keddah_permission_decisions_total\{component="HDFS",decision="(?:native|deny)",/m)
  })
})
