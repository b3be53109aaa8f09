import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { createSnapshot, type Snapshot } from '../../../src/decision/snapshot.ts'
import { exchangeRaw, POLICY, type TestDoor } from '../../support/door.ts'
import { openBefore } from '../../support/opened.ts'
import { policyOf } from '../../support/policy.ts'

const snapshotOf = (policy: Readonly<Record<string, string>>): Snapshot =>
  createSnapshot(policyOf(policy), { cacheMax: 100 })

/** A listener that is bound and not served, how often it has asked for the policy, and what came to the upstream. */
const bind = async (): Promise<{
  door: TestDoor
  counts: () => { asked: number; received: number }
  refresh: (policy: Readonly<Record<string, string>>) => void
}> => {
  let inForce = snapshotOf(POLICY)
  let asked = 0
  const snapshot = (): Snapshot => {
    asked += 1
    return inForce
  }
  const { door, upstream } = await openBefore(undefined, { isHeld: true, dependencies: { snapshot } })
  return {
    door,
    counts: () => ({ asked, received: upstream.received.length }),
    refresh: (policy) => void (inForce = snapshotOf(policy)),
  }
}

const GET = 'GET /webhdfs/v1/?op=LISTSTATUS&user.name=alice HTTP/1.1\r\nHost: nn\r\nConnection: close\r\n\r\n'
const CONNECT = 'CONNECT nn:1 HTTP/1.1\r\nHost: nn\r\n\r\n'

/** Sends the request that has to wait, and comes back when the listener has read on: it has refused a later one. */
const sendAndPass = async (url: string): Promise<{ answer: Promise<string> }> => {
  const { port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString('latin1')))
  socket.on('error', () => {})
  const answer = new Promise<string>((resolve) => socket.on('close', () => resolve(text)))
  await once(socket, 'connect')
  await new Promise((resolve) => socket.write(GET, resolve))
  expect(await exchangeRaw(url, CONNECT)).toMatch(/^HTTP\/1\.1 [45]/)
  return { answer }
}

// A refresh binds new addresses before its policy is in force: nobody may be let in there by the old one.
test('a request to a bound listener waits, and is decided by the policy in force once it is served', async () => {
  const { door, counts, refresh } = await bind()
  const { answer } = await sendAndPass(door.url)
  expect(counts().received).toBe(0)
  refresh({ ...POLICY, 'security.client.protocol.acl': 'somebody' })
  door.serve()
  expect(await answer).toMatch(/^HTTP\/1\.1 403 /)
  expect(counts().received).toBe(0)
})

test('one that waits is let in as usual where the policy allows it', async () => {
  const { door, counts } = await bind()
  const { answer } = await sendAndPass(door.url)
  door.serve()
  expect(await answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(counts().received).toBe(1)
})

test('one that waits where the listener is closed without having been served is cut, undecided', async () => {
  const { door, counts } = await bind()
  const { answer } = await sendAndPass(door.url)
  const { asked } = counts()
  await door.close({ graceMs: 0 })
  expect(await answer).toBe('')
  expect(counts()).toEqual({ asked, received: 0 })
})
