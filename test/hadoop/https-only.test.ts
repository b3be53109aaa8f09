import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestAuthority } from '../support/certificates.ts'
import { type Answer, ask, locationOf, webHdfs } from '../support/hadoop/ask.ts'
import { shellScript } from '../support/hadoop/client-work.ts'
import { POLICY } from '../support/hadoop/configuration.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { secureClientHome, trustStore } from '../support/hadoop/secure-client.ts'
import { type SecureHdfs, startSecureHdfs } from '../support/hadoop/secure-hdfs.ts'
import { isTlsAlone, startWireTap, type WireTap } from '../support/hadoop/wire-tap.ts'
import { whereHadoopRuns } from '../support/hadoop/with-hadoop.ts'

/** `dfs.http.policy` is `HTTPS_ONLY`, in the `hdfs-site.xml` that Keddah reads as well. */
whereHadoopRuns('daemons that speak HTTPS only', () => {
  const authority = new TestAuthority()
  const ca = authority.certificate
  let hdfs: SecureHdfs
  let keddah: Keddah
  let tap: WireTap
  let folder = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keddah-https-only-'))
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text, { mode: 0o600 })
      return join(folder, name)
    }
    const { certificate, keyPem } = authority.issue()
    const tls = { certFile: file('tls.crt', certificate), keyFile: file('tls.key', keyPem) }
    const upstreamTls = { caFile: file('ca.crt', ca) }
    const other = { caFile: file('other.crt', new TestAuthority('another authority').certificate) }
    hdfs = await startSecureHdfs('3.4.3', authority)
    tap = await startWireTap(hdfs.nameNode)
    const tapped = `https://127.0.0.1:${tap.port}`
    const service = (name: string, upstream: string, settings: Record<string, unknown>) => ({
      name,
      kind: 'namenode',
      upstream,
      settings,
    })
    keddah = await startKeddah({
      hadoop: hdfs,
      services: [
        service('secure', tapped, { tls, upstreamTls }),
        service('derived', '', { upstreams: undefined, upstreamTls }),
        service('passing', hdfs.nameNode, { redirects: 'pass', upstreamTls }),
        { ...service('datanode', hdfs.dataNode, { upstreamTls }), kind: 'datanode' },
        service('distrusting', tapped, { upstreamTls: other }),
        service('misnamed', tapped, { upstreamTls: { ...upstreamTls, serverName: 'nn1.example.com' } }),
        service('plain', hdfs.nameNode.replace('https:', 'http:'), {}),
      ],
      policy: POLICY,
    })
  })
  afterAll(async () => {
    await keddah?.stop()
    await tap?.stop()
    await hdfs?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const make = (service: string, name: string): Promise<Answer> =>
    ask(keddah.url(service), 'PUT', webHdfs(`/user/alice/${name}`, 'op=MKDIRS&user.name=alice'), { ca })
  const nameNodeLog = (): string => readFileSync(join(hdfs.logDir, 'namenode.log'), 'utf8')

  test('hdfs dfs does all its work over swebhdfs://, and Keddah asks the NameNode in TLS alone', async () => {
    const ssl = await trustStore(join(folder, 'trust.p12'), join(folder, 'ca.crt'))
    const home = secureClientHome(join(folder, 'client'), { classPath: hdfs.classPath, ssl, flags: [] })
    const deeds = await shellScript({ home, base: keddah.url('secure'), folder }, 'https')
    expect(deeds.filter(({ error }) => error !== null)).toEqual([])
    expect(tap.sent().length).toBeGreaterThan(0)
    expect(tap.sent().filter((bytes) => !isTlsAlone(bytes))).toEqual([])
  })

  test('a link to the HTTPS port of a DataNode becomes one to Keddah, which writes and reads there', async () => {
    const query = 'op=CREATE&overwrite=true&user.name=alice'
    const bare = await ask(hdfs.nameNode, 'PUT', webHdfs('/user/alice/linked', query), { ca })
    expect([bare.status, locationOf(bare).origin]).toEqual([307, hdfs.dataNode])
    const base = keddah.url('secure')
    const linked = await ask(base, 'PUT', webHdfs('/user/alice/linked', query), { ca })
    expect([linked.status, locationOf(linked).origin]).toEqual([307, base])
    const body = randomBytes(3_000_000)
    const { pathname, search } = locationOf(linked)
    expect(await ask(base, 'PUT', pathname + search, { ca, body })).toMatchObject({ status: 201 })
    const read = await ask(base, 'GET', webHdfs('/user/alice/linked', 'op=OPEN&user.name=alice'), { ca })
    expect([read.status, locationOf(read).origin]).toEqual([307, base])
    const back = await ask(base, 'GET', locationOf(read).pathname + locationOf(read).search, { ca })
    expect(back.body.equals(body)).toBe(true)
  })

  test('a DataNode with a listener of its own is asked in TLS too', async () => {
    const step = await ask(
      keddah.url('passing'),
      'PUT',
      webHdfs('/user/alice/own', 'op=CREATE&overwrite=true&user.name=alice'),
    )
    const { origin, pathname, search } = locationOf(step)
    expect(origin).toBe(hdfs.dataNode)
    const written = await ask(keddah.url('datanode'), 'PUT', pathname + search, { body: 'own' })
    expect(written).toMatchObject({ status: 201 })
  })

  test('upstreams that are left out are the HTTPS address of hdfs-site.xml', async () => {
    expect(await make('derived', 'derived')).toMatchObject({ status: 200, text: '{"boolean":true}' })
    expect(nameNodeLog()).toContain('src=/user/alice/derived')
  })

  test.each(['distrusting', 'misnamed'])(
    'a NameNode that cannot prove who it is to `%s` is sent nothing: 502 with the reason',
    async (service) => {
      const before = tap.sent().length
      const refused = await make(service, `not-for-${service}`)
      expect(refused).toMatchObject({ status: 502, headers: { 'x-keddah-reason': 'upstream_tls' } })
      const heard = tap.sent().slice(before)
      expect(heard.length).toBeGreaterThan(0)
      expect(heard.filter((bytes) => !isTlsAlone(bytes))).toEqual([])
      expect(await make('secure', `after-${service}`)).toMatchObject({ status: 200 })
      expect(nameNodeLog()).toContain(`src=/user/alice/after-${service}`)
      expect(nameNodeLog()).not.toContain(`not-for-${service}`)
    },
  )

  test('an `http://` upstream is a named error too: that port answers no plain HTTP', async () => {
    const refused = await make('plain', 'in-the-clear')
    expect(refused).toMatchObject({ status: 502, headers: { 'x-keddah-reason': 'upstream_protocol' } })
    expect(nameNodeLog()).not.toContain('in-the-clear')
  })
})
