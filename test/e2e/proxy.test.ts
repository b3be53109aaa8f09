import { afterEach, describe, expect, test } from 'vitest'
import { type DoorOptions, openDoor, type TestDoor } from '../support/door.ts'
import { headerOf, startUpstream, type Upstream } from '../support/upstream.ts'

const opened: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})

async function open(
  answer?: Parameters<typeof startUpstream>[0],
  options: Partial<DoorOptions> = {},
): Promise<{ door: TestDoor; upstream: Upstream }> {
  const upstream = await startUpstream(answer)
  const door = await openDoor({ upstreams: [upstream.url], ...options })
  opened.push(door, { stop: () => upstream.close() })
  return { door, upstream }
}

describe('an allowed request', () => {
  test('reaches the upstream in its canonical form, with the identity that was authenticated', async () => {
    const { door, upstream } = await open()
    const answer = await fetch(`${door.url}/webhdfs/v1/a/../b%41?OP=liststatus&user.name=alice`)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe('{"ok":true}')
    expect(upstream.received).toHaveLength(1)
    expect(upstream.received[0]?.target).toBe('/webhdfs/v1/bA?op=liststatus&user.name=alice')
    expect(headerOf(upstream.received[0], 'host')).toBe(new URL(door.url).host)
    expect(headerOf(upstream.received[0], 'x-forwarded-for')).toBe('127.0.0.1')
  })
})

describe('a request that the policy refuses', () => {
  test('does not reach the upstream', async () => {
    const { door, upstream } = await open()
    const answer = await fetch(`${door.url}/webhdfs/v1/?op=LISTSTATUS&user.name=mallory`)
    expect(answer.status).toBe(403)
    expect(await answer.text()).toBe(
      '{"RemoteException":{"exception":"AuthorizationException","javaClassName":"org.apache.hadoop.security.authorize.AuthorizationException","message":"User mallory (auth:SIMPLE) is not authorized for protocol interface org.apache.hadoop.hdfs.protocol.ClientProtocol: denied by configured ACL"}}',
    )
    expect(answer.headers.get('x-keddah-reason')).toBe('acl')
    expect(upstream.received).toEqual([])
  })
})
