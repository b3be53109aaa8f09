import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { HadoopSource } from '../../../src/config/compile-hadoop.ts'
import { HostNames } from '../../../src/config/host-names.ts'
import { lintHadoop } from '../../../src/config/lint-hadoop.ts'
import { type LoadedHadoop, loadHadoop, offlineSource } from '../../../src/config/load-hadoop.ts'
import { CLIENT, NameService, policyOf, rejection, temporaryFolder, writeFiles, xml } from './support.ts'

type Files = Readonly<Record<string, string | Buffer>>

const POLICY = 'hadoop-policy.xml'
/** Of the core utilities that every Linux has. */
const MAKE_PIPE = 'mkfifo'
const GOOD: Files = { [POLICY]: policyOf('alice'), 'core-site.xml': xml({}) }

function confDir(files: Files): string {
  const folder = temporaryFolder()
  writeFiles(folder, files)
  return folder
}

function load(
  folder: string,
  more: Partial<HadoopSource> & { readonly hadoop?: HadoopSource['hadoop'] } = {},
  names = new NameService(),
): Promise<LoadedHadoop> {
  return loadHadoop({ ...offlineSource(folder), ...more }, new HostNames(names.lookup))
}

const aclOf = ({ policy }: LoadedHadoop): string | undefined => policy.services.get(CLIENT)?.acl.text
const codesOf = async (folder: string, more?: Partial<HadoopSource>): Promise<string[]> =>
  ((await rejection(load(folder, more)))?.problems ?? []).map(({ code }) => code)
const findingsOf = ({ policy }: LoadedHadoop): string[] => policy.findings.map(({ code }) => code)

describe('a policy file that is not one', () => {
  test.each<[string, string | Buffer, string, string]>([
    ['empty', '', 'ERR_POLICY_XML', 'empty_policy'],
    ['blank', ' \n\t\n', 'ERR_POLICY_XML', 'empty_policy'],
    ['without properties', '<configuration/>', 'ERR_POLICY_XML', 'empty_policy'],
    ['with another root', '<html><body/></html>', 'ERR_POLICY_XML', 'wrong_root'],
    ['cut in the middle', policyOf('alice').slice(0, 60), 'ERR_POLICY_XML', 'malformed'],
    [
      'with a DOCTYPE',
      `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${policyOf('&x;')}`,
      'ERR_POLICY_XML',
      'doctype',
    ],
    [
      'that includes another',
      '<configuration xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="core-site.xml"/></configuration>',
      'ERR_POLICY_XML',
      'include',
    ],
    [
      'in no known encoding',
      `<?xml version="1.0" encoding="klingon"?>${policyOf('a')}`,
      'ERR_POLICY_XML',
      'encoding',
    ],
    [
      'that is not UTF-8',
      Buffer.concat([Buffer.from(policyOf('a')), Buffer.from([0xff])]),
      'ERR_POLICY_XML',
      'encoding',
    ],
  ])('%s is refused', async (_, content, code, problem) => {
    const folder = confDir({ ...GOOD, [POLICY]: content })
    const error = await rejection(load(folder))
    expect(error).toMatchObject({ code, problems: [{ code: problem, file: join(folder, POLICY) }] })
    expect(error?.problems[0]?.hint).toBeTruthy()
  })

  test('that is missing is refused, naming its setting', async () => {
    const error = await rejection(load(confDir({ 'core-site.xml': xml({}) })))
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_READ',
      problems: [{ code: 'file_missing', key: 'hadoop.policyFile' }],
    })
  })

  test('a folder that is a file is told as that', async () => {
    const file = join(confDir(GOOD), POLICY)
    const error = await rejection(load(file))
    expect(error?.message).toMatch(/hadoop-policy\.xml` does not exist: a part of its path is a file/)
    expect(error?.problems[0]?.hint).toBe('name a folder and a file in it')
  })

  test('a folder in its place is refused', async () => {
    const folder = confDir({ 'core-site.xml': xml({}) })
    mkdirSync(join(folder, POLICY))
    expect(await codesOf(folder)).toEqual(['not_a_file'])
  })

  test('a pipe in its place is refused at once', async () => {
    const folder = confDir({ 'core-site.xml': xml({}) })
    execFileSync(MAKE_PIPE, [join(folder, POLICY)])
    expect(await codesOf(folder)).toEqual(['not_a_file'])
  })

  test('a link that leads nowhere, and one to itself', async () => {
    const folder = confDir({ 'core-site.xml': xml({}) })
    symlinkSync('gone.xml', join(folder, POLICY))
    expect(await codesOf(folder)).toEqual(['file_missing'])
    rmSync(join(folder, POLICY))
    symlinkSync(POLICY, join(folder, POLICY))
    expect(await codesOf(folder)).toEqual(['file_unreadable'])
  })

  test('larger than the limit is refused, however large', async () => {
    const folder = confDir(GOOD)
    const hadoop = { ...offlineSource(folder).hadoop, maxFileBytes: 100 }
    expect(await codesOf(folder, { hadoop })).toEqual(['file_too_large'])
  })

  test('one that this user may not read is refused', () => {
    // Another user's process asks, because root may read everything. The folder has to be within its reach.
    const folder = mkdtempSync(join(tmpdir(), 'keddah-unreadable-'))
    try {
      chmodSync(folder, 0o755)
      const file = join(folder, POLICY)
      writeFileSync(file, policyOf('alice'))
      chmodSync(file, 0)
      const inputs = resolve(import.meta.dirname, '../../../src/config/inputs.ts')
      const script = `const { Inputs } = await import(${JSON.stringify(inputs)})
try { new Inputs().read(${JSON.stringify(file)}, 1000); console.log('read') } catch ({ code, problems }) { console.log(code, problems[0].code) }`
      const isRoot = process.geteuid?.() === 0
      const answer = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}),
      })
      expect(answer.trim()).toBe('ERR_CONFIG_READ file_permission')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test.each<[string, Files]>([
    ['missing', { 'core-site.xml': xml({}) }],
    ['empty', { ...GOOD, [POLICY]: '' }],
    ['without properties', { ...GOOD, [POLICY]: '<configuration/>' }],
  ])('that is %s leaves everything open where D-1 is switched to the way of Hadoop', async (_, files) => {
    const loaded = await load(confDir(files), { parity: ['D-1'] })
    expect(aclOf(loaded)).toBe('*')
    expect(findingsOf(loaded)).toContain('empty_policy')
  })

  test('with another root is read where D-1 is switched', async () => {
    const root = policyOf('alice').replaceAll('configuration', 'conf')
    expect(aclOf(await load(confDir({ ...GOOD, [POLICY]: root }), { parity: ['D-1'] }))).toBe('alice')
  })
})

describe('what is read', () => {
  test.each<[string, Buffer]>([
    ['UTF-8', Buffer.from(policyOf('müller'))],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${policyOf('müller')}`)],
    [
      'UTF-16, little end first',
      Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-16"?>${policyOf('müller')}`, 'utf16le'),
    ],
    ['UTF-16, big end first', Buffer.from(`\ufeff${policyOf('müller')}`, 'utf16le').swap16()],
    ['Latin-1', Buffer.from(`<?xml version="1.0" encoding='ISO-8859-1'?>${policyOf('müller')}`, 'latin1')],
  ])('a policy in %s', async (_, content) => {
    expect(aclOf(await load(confDir({ ...GOOD, [POLICY]: content })))).toBe('müller')
  })

  test('the policy file comes last, but a final value stays', async () => {
    const folder = confDir({ ...GOOD, 'core-site.xml': xml({ [CLIENT]: 'hdfs' }) })
    expect(aclOf(await load(folder))).toBe('alice')
    writeFiles(folder, {
      'core-site.xml': xml({ [CLIENT]: 'hdfs' }).replace('</value>', '</value><final>true</final>'),
    })
    expect(aclOf(await load(folder))).toBe('hdfs')
  })

  test('core-site.xml may be missing, which is a warning', async () => {
    expect(findingsOf(await load(confDir({ [POLICY]: policyOf('alice') })))).toEqual(['file_missing'])
  })

  test('other site files are read, and a policy key in them is a warning', async () => {
    const key = 'security.datanode.protocol.acl'
    const loaded = await load(confDir({ ...GOOD, 'hdfs-site.xml': xml({ [key]: 'dn', 'dfs.a': '1' }) }))
    expect(loaded.policy.services.get(key)?.acl.text).toBe('dn')
    expect(loaded.policy.findings).toMatchObject([{ code: 'site_key', key, line: 2, severity: 'warning' }])
  })

  test('files of the same folder are included where that is switched on', async () => {
    const policy = `<configuration xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="more.xml"/></configuration>`
    const folder = confDir({ ...GOOD, [POLICY]: policy, 'more.xml': policyOf('alice') })
    const hadoop = { ...offlineSource(folder).hadoop, xinclude: true }
    expect(aclOf(await load(folder, { hadoop }))).toBe('alice')
  })

  test('findings are errors where strict is switched on', async () => {
    const folder = confDir({ ...GOOD, [POLICY]: policyOf('alice', { 'security.client.protocol.acls': 'x' }) })
    expect(findingsOf(await load(folder))).toEqual(['unknown_key'])
    const hadoop = { ...offlineSource(folder).hadoop, strict: true }
    expect(await codesOf(folder, { hadoop })).toEqual(['unknown_key'])
  })

  // A typo opens the door: the list stands there, and no service reads it.
  test('a misspelt key is an error where strict is switched on, in whatever file it stands', async () => {
    const strict = (folder: string) => ({ hadoop: { ...offlineSource(folder).hadoop, strict: true } })
    const typo = { 'securty.client.protocol.acl': 'alice' }
    for (const files of [
      { [POLICY]: xml(typo) },
      { 'core-site.xml': xml(typo), 'hdfs-site.xml': xml(typo) },
    ]) {
      const folder = confDir({ ...GOOD, ...files })
      expect(findingsOf(await load(folder))).toEqual(['unknown_key'])
      expect(await codesOf(folder, strict(folder))).toEqual(['unknown_key'])
    }
    const referred = confDir({ ...GOOD, [POLICY]: policyOf('${team}', { team: 'alice' }) })
    expect(aclOf(await load(referred, strict(referred)))).toBe('alice')
  })

  test('the problems of all files are reported together', async () => {
    const folder = confDir({ 'core-site.xml': '<a/>', 'hdfs-site.xml': '<configuration>', [POLICY]: '' })
    const error = await rejection(load(folder))
    expect(error?.problems.map(({ code }) => code)).toEqual(['wrong_root', 'malformed', 'empty_policy'])
    expect(error?.message).toContain('(and 2 more elsewhere)')
  })
})

describe('host names', () => {
  const HOSTS = 'security.client.protocol.hosts'

  test('are looked up once each, for host lists and proxy users alike', async () => {
    const names = new NameService()
    names.addresses.set('edge1', '192.0.2.11').set('hue1', '192.0.2.12')
    const policy = policyOf('alice', { [HOSTS]: 'edge1,10.0.0.0/8', [`${HOSTS}.blocked`]: 'edge1' })
    const core = xml({ 'hadoop.proxyuser.hue.hosts': 'hue1', 'hadoop.proxyuser.hue.users': '*' })
    const { policy: loaded } = await load(confDir({ [POLICY]: policy, 'core-site.xml': core }), {}, names)
    expect(names.asked.toSorted()).toEqual(['edge1', 'hue1'])
    expect(loaded.services.get(CLIENT)?.hosts.list.includes('192.0.2.11')).toBe(true)
    expect(loaded.services.get(CLIENT)?.blockedHosts.list.includes('192.0.2.12')).toBe(false)
  })

  test('that do not resolve are warnings with their place', async () => {
    const loaded = await load(
      confDir({ ...GOOD, [POLICY]: policyOf('alice', { [HOSTS]: '10.0.0.1, ghost' }) }),
    )
    expect(loaded.missing).toEqual(['ghost'])
    expect(loaded.policy.findings).toMatchObject([{ code: 'unresolved_host', key: HOSTS, line: 3 }])
  })
})

describe('lint of a folder', () => {
  const lint = async (files: Files): Promise<string[]> => {
    const found = await lintHadoop(offlineSource(confDir(files)), new HostNames(new NameService().lookup))
    return found.map(({ severity, code }) => `${severity} ${code}`)
  }
  const quiet = {
    'security.refresh.policy.protocol.acl': 'hdfs',
    'security.refresh.user.mappings.protocol.acl': 'hdfs',
    'security.admin.operations.protocol.hosts': '10.0.0.0/8',
  }
  const core = xml({ 'hadoop.security.authorization': 'true' })

  test('a good one has no findings', async () => {
    expect(await lint({ [POLICY]: policyOf('alice', quiet), 'core-site.xml': core })).toEqual([])
  })

  test('a broken file does not hide what is wrong with the others', async () => {
    const files = { [POLICY]: policyOf('* admins', quiet), 'core-site.xml': '<configuration>' }
    expect(await lint(files)).toEqual(['error malformed', 'error open_by_star'])
    const proxies = xml({ 'hadoop.proxyuser.hue.hosts': '*', 'hadoop.security.authorization': 'true' })
    expect(await lint({ [POLICY]: '<configuration', 'core-site.xml': proxies })).toEqual([
      'error proxy_only_hosts',
      'error malformed',
    ])
  })

  test('what keeps the policy from being loaded is a finding, and so are names that do not resolve', async () => {
    const hosts = { 'security.client.protocol.hosts': '10.0.0.0/33,ghost,10.1' }
    expect(
      await lint({ [POLICY]: policyOf('alice', { ...quiet, ...hosts }), 'core-site.xml': core }),
    ).toEqual(['error bad_range', 'error short_address', 'warning unresolved_host'])
  })

  test('a missing policy is an error', async () => {
    expect(await lint({ 'core-site.xml': core })).toEqual(['error file_missing'])
  })
})
