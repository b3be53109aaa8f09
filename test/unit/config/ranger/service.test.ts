import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RangerService } from '../../../../src/config/ranger/service.ts'
import { loadSettings } from '../../../../src/config/settings.ts'
import { configError } from '../../../support/config-error.ts'
import { temporaryFolder, writeFiles } from '../support.ts'

/** Where the policies come from, as settings with this block for HDFS say. */
function read(ranger: string, folder: string = temporaryFolder()): readonly RangerService[] {
  const text = `stateDir: state
mode: security
components: { HDFS: { ranger: { serviceName: hadoopdev, ${ranger} } } }
services: [{ name: nn, kind: namenode, listen: 127.0.0.1:0, upstreams: [http://127.0.0.1:1] }]
`
  writeFiles(folder, { 'keddah.yaml': text })
  return loadSettings(join(folder, 'keddah.yaml')).rangerServices
}

test('Ranger Admin is asked as the settings say, with the names of the house where they say nothing', () => {
  const folder = temporaryFolder()
  const [service] = read('source: { kind: admin, urls: [https://ranger:6182/] }', folder)
  expect(service).toMatchObject({
    component: 'HDFS',
    fallback: 'native',
    place: { file: join(folder, 'keddah.yaml'), line: 3 },
    source: {
      pollMs: 30_000,
      cacheDir: join(folder, 'state/ranger'),
      address: {
        urls: ['https://ranger:6182'],
        appId: 'hdfs',
        user: null,
        wantsDeltas: false,
        isSecure: false,
      },
    },
  })
})

test('a password is read from its file, changes the print, and shows nowhere', () => {
  const folder = temporaryFolder()
  const source = 'source: { kind: admin, urls: [https://ranger:6182], user: keddah, passwordFile: pw }'
  const printOf = (password: string): string => {
    writeFiles(folder, { pw: password })
    chmodSync(join(folder, 'pw'), 0o600)
    const [service] = read(source, folder)
    expect(JSON.stringify(service)).not.toContain(password)
    return service?.print ?? ''
  }
  expect(printOf('one-password')).not.toBe(printOf('other-password'))
})

test.each([
  ['source: { kind: admin, urls: [http://ranger:6080], user: a, passwordFile: pw }', 'sends a password'],
  ['source: { kind: admin, urls: [https://ranger], user: a }', '`user` and `passwordFile` together'],
  ['source: { kind: admin, urls: [https://ranger], user: a, password: b }', 'secrets do not stand'],
  ['source: { kind: admin, urls: [https://ranger], user: a, passwordFile: pw }', 'may be used by others'],
  ['source: { kind: admin, urls: ["https://a:b@ranger"] }', 'without user'],
  ['source: { kind: admin, urls: [] }', 'has to name Ranger Admin'],
  ['source: { kind: ldap }', '`file` or `admin`'],
])('%s is refused', (block, message) => {
  const folder = temporaryFolder()
  writeFiles(folder, { pw: 'x' })
  chmodSync(join(folder, 'pw'), 0o644)
  const error = configError(() => read(block, folder))
  expect(error?.problems.map((problem) => problem.message).join('\n')).toContain(message)
})
