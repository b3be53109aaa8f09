import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestAuthority } from '../support/certificates.ts'
import { runProgram } from '../support/hadoop/client.ts'
import { shellScript } from '../support/hadoop/client-work.ts'
import { POLICY, type Properties } from '../support/hadoop/configuration.ts'
import type { JavaHome } from '../support/hadoop/java.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { startRecordingProxy } from '../support/hadoop/recording-proxy.ts'
import { secureClientHome, trustStore } from '../support/hadoop/secure-client.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

withHadoop('clients that speak TLS to Keddah', (hadoop) => {
  let keddah: Keddah
  let folder = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keddah-secure-'))
    const authority = new TestAuthority()
    const { certificate, keyPem } = authority.issue()
    const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
    writeFileSync(certFile, certificate)
    writeFileSync(keyFile, keyPem, { mode: 0o600 })
    writeFileSync(join(folder, 'ca.crt'), authority.certificate)
    keddah = await startKeddah({
      hadoop,
      services: [
        {
          name: 'namenode',
          kind: 'namenode',
          upstream: hadoop.nameNode,
          settings: { tls: { certFile, keyFile } },
        },
      ],
      policy: POLICY,
    })
  })
  afterAll(async () => {
    await keddah?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** A client whose configuration folder is `name`; `ssl` is its `ssl-client.xml`. */
  const clientHome = (name: string, ssl: Properties, flags: readonly string[]): JavaHome =>
    secureClientHome(join(folder, name), { classPath: hadoop.classPath, ssl, flags })

  test('hdfs dfs does all its work over swebhdfs://, and connects to nobody but Keddah', async () => {
    const proxy = await startRecordingProxy()
    try {
      const home = clientHome(
        'trusting',
        await trustStore(join(folder, 'trust.p12'), join(folder, 'ca.crt')),
        proxy.flags,
      )
      const deeds = await shellScript({ home, base: keddah.url('namenode'), folder }, 'secure')
      expect(deeds.filter(({ error }) => error !== null)).toEqual([])
      // Java writes `localhost` for the loopback address.
      expect([...proxy.asked]).toEqual([`CONNECT localhost:${new URL(keddah.url('namenode')).port}`])
    } finally {
      await proxy.stop()
    }
  })

  test('hdfs dfs sends nothing where it does not know the authority', async () => {
    const home = clientHome('distrusting', {}, [])
    const [deed] = await shellScript({ home, base: keddah.url('namenode'), folder }, 'distrusted')
    expect(deed?.error).toMatch(/PKIX path building failed/)
  })

  test('curl writes and reads a file over https://, both steps', async () => {
    const file = join(folder, 'curl.bin')
    writeFileSync(file, 'over TLS')
    const url = (op: string): string =>
      `${keddah.url('namenode')}/webhdfs/v1/user/alice/curl-secure?op=${op}&user.name=alice`
    const curl = (...args: string[]): ReturnType<typeof runProgram> =>
      runProgram('curl', ['-sSfL', '--cacert', join(folder, 'ca.crt'), '--proto-redir', '=https', ...args])
    expect(await curl('-X', 'PUT', '-T', file, url('CREATE&overwrite=true'))).toMatchObject({ status: 0 })
    const read = await curl('-o', join(folder, 'curl.back'), url('OPEN'))
    expect(read).toMatchObject({ status: 0, stderr: '' })
    expect(readFileSync(join(folder, 'curl.back'), 'utf8')).toBe('over TLS')
  })
})
