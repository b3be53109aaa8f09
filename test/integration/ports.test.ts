import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const SCRIPT = resolve(import.meta.dirname, '../support/use-up-ports.ts')
const RANGE = '50000 50015'

// Attack: more requests than the machine has ports for connections to the upstream. In a network of its own, where there
// are sixteen.
test('without ports it answers 503 for this machine, not for the upstream, and goes on once there are some', async () => {
  const inside = `ip link set lo up && echo ${RANGE} > /proc/sys/net/ipv4/ip_local_port_range && exec "$@"`
  const args = ['-rn', 'sh', '-c', inside, 'sh', process.execPath, SCRIPT]
  const { stdout } = await promisify(execFile)('unshare', args)
  const { held, refused, afterwards } = JSON.parse(stdout) as Record<string, Record<string, number>>
  const [reached = 0, beyond = 0] = [held?.['200'], refused?.['503 upstream_exhausted']]
  expect([reached + beyond, afterwards]).toEqual([30, { 200: 10 }])
  expect(reached).toBeGreaterThan(0)
  expect(beyond).toBeGreaterThan(10)
})
