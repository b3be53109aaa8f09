import { expect, onTestFinished, test } from 'vitest'
import { startBackend } from '../soak/backend.ts'
import { download, upload } from '../soak/large.ts'
import { residentOf } from '../soak/process-state.ts'
import { startKeddah } from '../support/keddah.ts'

const MIB = 1_048_576
const LENGTH = 128 * MIB

/** The soak test does the same with a gibibyte. */
test('bodies of 128 MiB pass in either direction without being kept in memory', async () => {
  const backend = await startBackend()
  const keddah = await startKeddah({
    policy: { 'security.client.protocol.acl': 'alice' },
    settings: {
      services: [
        {
          name: 'nn',
          kind: 'namenode',
          listen: '127.0.0.1:0',
          upstreams: [`http://127.0.0.1:${backend.port}`],
        },
      ],
    },
  })
  onTestFinished(async () => {
    await keddah.stop()
    backend.close()
  })
  const url = keddah.urls.get('nn') ?? ''
  for (const move of [upload, download]) {
    await move(url, 16 * MIB)
    const before = residentOf(keddah.pid)
    let most = before
    const watch = setInterval(() => (most = Math.max(most, residentOf(keddah.pid))), 20)
    expect(await move(url, LENGTH)).toBe(LENGTH)
    clearInterval(watch)
    expect(most - before).toBeLessThan(96 * MIB)
  }
})
