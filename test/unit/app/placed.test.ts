import { expect, test } from 'vitest'
import { placed } from '../../../src/app/placed.ts'
import { cannotListen } from '../../../src/http/listener.ts'

// Whether a low port is refused hangs on who runs the tests, so the system's answer is made by hand.
test.each([
  ['EADDRINUSE', 'end the program that holds it'],
  ['EADDRNOTAVAIL', 'an address that this machine has'],
  ['ENOTFOUND', 'a name that resolves'],
  ['EACCES', 'CAP_NET_BIND_SERVICE'],
  ['EINVAL', 'not allowed: choose a port from 1024 on'],
])('%s comes with its place and a hint of its own', async (code, hint) => {
  const place = { file: '/k.yaml', line: 3, column: 5, key: 'services[0].listen' }
  const cause = Object.assign(new Error(`listen ${code}`), { code })
  const service = { name: 'nn', listen: { host: '127.0.0.1', port: 80 } }
  const opened = placed(place, () => Promise.reject(cannotListen(service, cause)))
  await expect(opened).rejects.toMatchObject({
    code: 'ERR_CONFIG_LISTEN',
    problems: [{ ...place, hint: expect.stringContaining(hint) }],
  })
})
