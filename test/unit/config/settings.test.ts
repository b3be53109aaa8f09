import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { flawOf } from '../../../src/config/secret-file.ts'
import { loadSettings, type Settings } from '../../../src/config/settings.ts'
import { configError } from '../../support/config-error.ts'
import { brief, SETTINGS, temporaryFolder, writeFiles } from './support.ts'

const SERVICE = `{ name: nn, kind: namenode, listen: '127.0.0.1:9870', upstreams: ['http://nn1:9870'] }`
const SERVICES = `services: [${SERVICE}]\n`

function load(yaml: string | Buffer, environment?: ReadonlyMap<string, string>): Settings {
  const folder = temporaryFolder()
  writeFiles(folder, { 'keddah.yaml': yaml })
  return loadSettings(join(folder, 'keddah.yaml'), environment)
}

const errorOf = (yaml: string | Buffer) => configError(() => load(yaml))
const problemsOf = (yaml: string | Buffer): string[] => brief(errorOf(yaml)?.problems ?? [])
const hintsOf = (yaml: string): (string | null)[] => (errorOf(yaml)?.problems ?? []).map(({ hint }) => hint)
const messagesOf = (yaml: string): string[] => (errorOf(yaml)?.problems ?? []).map(({ message }) => message)

describe('what is read', () => {
  test('only services have to be there', () => {
    const settings = load(SERVICES)
    expect(settings.services).toMatchObject([
      { name: 'nn', listen: { host: '127.0.0.1', port: 9870 }, upstreams: ['http://nn1:9870'] },
    ])
    expect(settings).toMatchObject({
      hadoop: { confDir: '/etc/hadoop/conf', maxFileBytes: 67_108_864, strict: false },
      stateDir: '/var/lib/keddah',
      authorization: 'enforce',
      parity: 'none',
      admin: { listen: { host: '127.0.0.1', port: 9480 }, tokens: [] },
      watch: { enabled: true, debounce: 100, poll: 2_000 },
    })
  })

  test('JSON is YAML', () => {
    const json = JSON.stringify({
      services: [{ name: 'nn', kind: 'namenode', listen: '[::1]:0', upstreams: ['http://nn1'] }],
    })
    expect(load(json).services[0]?.listen).toEqual({ host: '::1', port: 0 })
  })

  test('paths count from the folder of the file', () => {
    const folder = temporaryFolder()
    const yaml = `hadoop: { confDir: conf }\nstateDir: ./state\naudit: { file: log/audit.log }\n${SERVICES}`
    writeFiles(folder, { 'etc/keddah.yaml': yaml })
    const { hadoop, stateDir, audit, file } = loadSettings(join(folder, 'etc/keddah.yaml'))
    expect([hadoop.confDir, stateDir, audit.file, file]).toEqual(
      ['conf', 'state', 'log/audit.log', 'keddah.yaml'].map((name) => join(folder, 'etc', name)),
    )
  })

  test.each([
    ['the settings first', 'hadoop: { confDir: /a }\n', '/b', '/a'],
    ['then the environment', '', '/b', '/b'],
    ['an empty variable is none', '', '', '/etc/hadoop/conf'],
  ])('the folder of Hadoop: %s', (_, yaml, variable, wanted) => {
    const environment = new Map([['HADOOP_CONF_DIR', variable]])
    expect(load(yaml + SERVICES, environment).hadoop.confDir).toBe(wanted)
  })

  test.each([
    ['100ms', 100],
    ['0s', 0],
    ['5m', 300_000],
    ['24h', 86_400_000],
  ])('a time of %s', (text, ms) => {
    expect(load(`watch: { debounce: ${text} }\n${SERVICES}`).watch.debounce).toBe(ms)
  })

  test.each([
    ['4096', 4_096],
    ['512KiB', 524_288],
    ['1B', 1],
    ["'512MiB'", 536_870_912],
  ])('a size of %s', (text, bytes) => {
    expect(load(`hadoop: { maxFileBytes: ${text} }\n${SERVICES}`).hadoop.maxFileBytes).toBe(bytes)
  })

  test('an alias stands for what it refers to', () => {
    const yaml = `services:
  - { name: a, kind: namenode, listen: '127.0.0.1:1', upstreams: &u ['http://nn1'] }
  - { name: b, kind: namenode, listen: '127.0.0.1:2', upstreams: *u }
`
    expect(load(yaml).services[1]?.upstreams).toEqual(['http://nn1'])
  })

  test('a place is that of the setting, or of the nearest thing around it', () => {
    const settings = load(`admin:\n  listen: 127.0.0.1:0\n${SERVICES}`)
    expect(settings.placeOf('admin.listen')).toMatchObject({ line: 2, column: 3, key: 'admin.listen' })
    expect(settings.placeOf('admin.tokens')).toMatchObject({ line: 2, column: 3 })
    expect(settings.placeOf('services[0].kind')).toMatchObject({ line: 3, column: 24 })
  })
})

describe('what is refused, with the place of everything that is wrong', () => {
  test.each<[string, string, string[]]>([
    ['an unknown key', `adnim: {}\n${SERVICES}`, ['unknown_key adnim 1:1']],
    ['an unknown key below', `hadoop:\n  confdir: x\n${SERVICES}`, ['unknown_key hadoop.confdir 2:3']],
    [
      'an unknown key in a list',
      `services:\n  - { name: a, kind: kms, listen: ':0', upstream: x, upstreams: ['http://k'] }\n`,
      ['bad_value services[0].listen 2:35', 'unknown_key services[0].upstream 2:41'],
    ],
    ['a key twice', `stateDir: /a\nstateDir: /b\n${SERVICES}`, ['duplicate_key - 2:1']],
    ['no services', 'stateDir: /a\n', ['missing_key services 1:1']],
    ['a text for a list', 'services: nn\n', ['bad_value services 1:11']],
    ['an empty list', 'services: []\n', ['bad_value services 1:11']],
    ['a list for a map', `hadoop: []\n${SERVICES}`, ['bad_value hadoop 1:9']],
    ['a document that is a text', 'services', ['bad_value - 1:1']],
    [
      'a WebSocket without GET',
      'services: [{ name: a, kind: custom, listen: "h:1", upstreams: ["http://h:2"], routes: [{ path: /a, methods: [PUT], service: exempt, upgrade: true }] }]',
      ['bad_value services[0].routes[0].upgrade 1:142'],
    ],
    [
      'a resource without its access',
      'services: [{ name: a, kind: custom, listen: "h:1", upstreams: ["http://h:2"], routes: [{ path: /a, methods: [PUT], service: exempt, resource: { topic: x } }] }]',
      ['bad_value services[0].routes[0].resource 1:143'],
    ],
    [
      'a resource of which the path has nothing',
      'services: [{ name: a, kind: custom, listen: "h:1", upstreams: ["http://h:2"], routes: [{ path: /a, methods: [PUT], service: exempt, access: publish, resource: { topic: "{x}" } }] }]',
      ['bad_value services[0].routes[0].resource 1:160'],
    ],
    [
      'an origin with a path',
      'services: [{ name: a, kind: namenode, listen: "h:1", upgrades: { origins: ["http://h/a", "*"] } }]',
      ['bad_value services[0].upgrades.origins[0] 1:76', 'bad_value services[0].upgrades.origins[1] 1:90'],
    ],
    ['an unknown word', `authorization: maybe\n${SERVICES}`, ['bad_value authorization 1:16']],
    ['a parity that cannot be switched', `parity: [D-7]\n${SERVICES}`, ['bad_value parity 1:9']],
    ['a time without a unit', `watch: { debounce: 100 }\n${SERVICES}`, ['bad_value watch.debounce 1:20']],
    ['a time that no timer takes', `watch: { poll: 900h }\n${SERVICES}`, ['bad_value watch.poll 1:16']],
    ['a time of nothing', `watch: { poll: 0s }\n${SERVICES}`, ['bad_value watch.poll 1:16']],
    [
      'a size beyond the limit',
      `hadoop: { maxFileBytes: 2GiB }\n${SERVICES}`,
      ['bad_value hadoop.maxFileBytes 1:25'],
    ],
    ['a number that is a text', `cache: { max: '5' }\n${SERVICES}`, ['bad_value cache.max 1:15']],
    ['a flag that is a text', `watch: { enabled: yes }\n${SERVICES}`, ['bad_value watch.enabled 1:19']],
    ['a tag', `stateDir: !secret x\n${SERVICES}`, ['tag_resolve_failed - 1:11']],
    ['a tab', 'services:\n\t- a\n', ['tab_as_indent - 2:1']],
    ['an alias of nothing', `stateDir: *nowhere\n${SERVICES}`, ['alias - null:null']],
    ['nothing', '', ['empty_file - 1:1']],
    ['only a comment', '# later\n', ['empty_file - 1:1']],
    ['two documents', `${SERVICES}---\n${SERVICES}`, ['multiple_docs - 2:1']],
  ])('%s', (_, yaml, wanted) => {
    expect(problemsOf(yaml)).toEqual(wanted)
  })

  test('everything at once, in the order of the file', () => {
    const yaml = `stateDirr: /a
admin: { listen: nowhere }
services:
  - { name: 'a b', kind: nn, listen: '127.0.0.1:99999', upstreams: ['ftp://nn1'] }
`
    expect(problemsOf(yaml)).toEqual([
      'unknown_key stateDirr 1:1',
      'bad_value admin.listen 2:18',
      'bad_value services[0].name 4:13',
      'bad_value services[0].kind 4:26',
      'bad_value services[0].listen 4:38',
      'bad_value services[0].upstreams[0] 4:69',
    ])
    expect(errorOf(yaml)?.message).toMatch(/keddah\.yaml:1:1: unknown key `stateDirr`, and 5 more$/)
  })

  test('one slip of the pen is one problem', () => {
    const yaml = `services:\n  - { name: a, path: /x/{y}, b: c, d: e }\n`
    expect(errorOf(yaml)?.problems).toHaveLength(1)
  })

  test('an unknown key comes with the one that was meant', () => {
    expect(hintsOf(`hadoop: { maxfilebytes: 1 }\n${SERVICES}`)).toEqual(['did you mean `maxFileBytes`?'])
    expect(hintsOf(`audit: { fiel: x }\n${SERVICES}`)).toEqual(['did you mean `file`?'])
    expect(hintsOf(`cache: { hours: 3 }\n${SERVICES}`)).toEqual(['known here: `max`'])
  })

  test('an unknown word comes with the one that was meant', () => {
    expect(hintsOf(SERVICES.replace('namenode', 'nmaenode'))).toEqual(['did you mean `namenode`?'])
    expect(hintsOf(`authorization: as_hadoop\n${SERVICES}`)).toEqual(['did you mean `asHadoop`?'])
    expect(hintsOf(`authorization: never\n${SERVICES}`)).toEqual([null])
  })

  test('aliases that grow beyond all bounds are refused', () => {
    const grow = Array.from({ length: 12 }, (_, at) =>
      at === 0
        ? 'x0: &x0 [a,a,a,a,a,a,a,a]'
        : `x${at}: &x${at} [${Array.from({ length: 8 }, () => `*x${at - 1}`).join(',')}]`,
    ).join('\n')
    expect(problemsOf(`${grow}\n${SERVICES}`)).toContain('alias - null:null')
  })

  test.each([
    ['bytes that are not UTF-8', Buffer.from([0x73, 0xff, 0x0a]), 'not_utf8'],
    ['a NUL in a path', 'stateDir: "a\\0b"\nservices: 1\n', 'bad_value'],
  ])('%s', (_, content, code) => {
    expect(errorOf(content)?.problems[0]?.code).toBe(code)
  })

  test.each<[string, (folder: string) => void, string]>([
    ['missing', () => {}, 'file_missing'],
    ['a folder', (folder) => mkdirSync(join(folder, 'keddah.yaml')), 'not_a_file'],
    ['too large', (folder) => writeFiles(folder, { 'keddah.yaml': '#'.repeat(1_048_577) }), 'file_too_large'],
  ])('a file that is %s', (_, make, code) => {
    const folder = temporaryFolder()
    make(folder)
    const error = configError(() => loadSettings(join(folder, 'keddah.yaml')))
    expect(error).toMatchObject({ code: 'ERR_CONFIG_READ', problems: [{ code }] })
  })
})

describe('what no schema can say', () => {
  const service = (more: string): string =>
    `services:\n  - { name: nn, kind: namenode, listen: '0.0.0.0:9870', upstreams: ['http://nn1'] }\n  - { ${more} }\n`

  test.each<[string, string, string[]]>([
    [
      'a name twice',
      service(`name: nn, kind: namenode, listen: '0.0.0.0:1', upstreams: ['http://nn2']`),
      ['repeated services[1].name 3:13'],
    ],
    [
      'a port twice, on one address and on all',
      service(`name: b, kind: namenode, listen: '127.0.0.1:9870', upstreams: ['http://nn2']`),
      ['repeated services[1].listen 3:40'],
    ],
    [
      'the port of the admin listener',
      service(`name: b, kind: namenode, listen: '0.0.0.0:9480', upstreams: ['http://nn2']`),
      ['repeated services[1].listen 3:40'],
    ],
    [
      'the name of the admin listener',
      service(`name: admin, kind: namenode, listen: '0.0.0.0:1', upstreams: ['http://nn2']`),
      ['bad_value services[1].name 3:7'],
    ],
    [
      'an upstream that is the listener',
      service(`name: b, kind: namenode, listen: '0.0.0.0:9871', upstreams: ['http://localhost:9871']`),
      ['loop services[1].upstreams[0] 3:68'],
    ],
    [
      'a custom service without routes and upstreams',
      service(`name: b, kind: custom, listen: '0.0.0.0:1'`),
      ['bad_value services[1].routes 3:5', 'bad_value services[1].upstreams 3:5'],
    ],
    [
      'routes of a daemon that has its own',
      service(
        `name: b, kind: kms, listen: '0.0.0.0:1', upstreams: ['http://k'], routes: [{ path: /a, methods: [GET], service: exempt }]`,
      ),
      ['bad_value services[1].routes 3:73'],
    ],
    [
      'an upstream twice, in two spellings',
      service(`name: b, kind: namenode, listen: '0.0.0.0:1', upstreams: ['http://nn2:80', 'http://NN2/']`),
      ['repeated services[1].upstreams[1] 3:82'],
    ],
    [
      'an active one among servers that know none',
      service(
        `name: b, kind: httpfs, listen: '0.0.0.0:1', upstreams: ['http://h1', 'http://h2'], highAvailability: {}`,
      ),
      ['bad_value services[1].highAvailability 3:90'],
    ],
    [
      'an active one of a single server',
      service(
        `name: b, kind: namenode, listen: '0.0.0.0:1', upstreams: ['http://nn2'], highAvailability: {}`,
      ),
      ['bad_value services[1].highAvailability 3:80'],
    ],
  ])('%s', (_, yaml, wanted) => {
    expect(problemsOf(yaml)).toEqual(wanted)
  })

  test.each([
    ['limits: { headerBytes: 1 }', 'at least 1024 bytes and at most `256KiB`'],
    ['limits: { targetBytes: 255 }', 'at least 256 bytes and at most `64KiB`'],
    ['limits: { minBodyRate: 1GiB }', 'at most `1MiB`'],
    ['timeouts: { connect: 597h }', 'at most `596h`'],
  ])(
    '%s would refuse everybody, or could not be kept: it is refused with what may stand there',
    (text, words) => {
      const yaml = service(`name: b, kind: namenode, listen: '0.0.0.0:1', upstreams: ['http://nn2'], ${text}`)
      expect(configError(() => load(yaml))?.problems[0]?.message).toContain(words)
    },
  )

  test('port 0 may be taken by all, and different addresses may share a port', () => {
    expect(
      load(service(`name: b, kind: namenode, listen: '[::1]:9870', upstreams: ['http://nn2']`)).services,
    ).toHaveLength(2)
  })

  test.each([
    'http://127.:80',
    'http://127.1:9870',
    'http://0x7f000001',
    'http://010.0.0.1:9870',
    'http://nn1:9870/webhdfs',
    'http://user:pw@nn1',
    'http://nn1:0',
    'http://nn1?x',
    'ftp://nn1',
    'nn1:9870',
    'https://nn1:9871/webhdfs',
    '"http://nn1 "',
  ])('an upstream of %s is refused', (upstream) => {
    const yaml = `services: [{ name: nn, kind: namenode, listen: '127.0.0.1:0', upstreams: [${upstream}] }]\n`
    expect(messagesOf(yaml)[0]).toMatch(/https?:\/\//)
  })
})

describe('the secret of locators', () => {
  function withLocator(content: string, mode = 0o600, previous = '') {
    const folder = temporaryFolder()
    const more = previous === '' ? '' : `, previousSecretFile: before`
    const yaml = `locator: { secretFile: locator.secret, lifetime: 5m${more} }\n${SETTINGS}`
    writeFiles(folder, { 'keddah.yaml': yaml })
    for (const [name, text] of [
      ['locator.secret', content],
      ['before', previous],
    ] as const) {
      writeFileSync(join(folder, name), text)
      chmodSync(join(folder, name), mode)
    }
    return { folder, load: () => loadSettings(join(folder, 'keddah.yaml')) }
  }

  test('and the one before are read, the newer one first', () => {
    const { locator } = withLocator(`${'a'.repeat(32)}\n`, 0o600, `${'b'.repeat(64)}\n`).load()
    expect(locator.lifetime).toBe(300_000)
    const first = locator.secrets.map((secret) => Buffer.from(secret.reveal()).toString('latin1')[0])
    expect(first).toEqual(['a', 'b'])
    expect(JSON.stringify(locator)).not.toContain('aaaa')
    expect(load(SETTINGS).locator).toEqual({ secrets: [], lifetime: 3_600_000 })
  })

  test('of under 32 bytes is refused, with how to make one', () => {
    const { folder, load: read } = withLocator(`${'a'.repeat(31)}\r\n`)
    const [problem] = configError(read)?.problems ?? []
    expect(problem).toMatchObject({ key: 'locator.secretFile', code: 'secret_short', line: 1 })
    expect(problem?.message).toContain(`\`${folder}/locator.secret\` has 31 bytes, and 32 are needed`)
    expect(problem?.hint).toBe(`openssl rand -hex 32 > ${folder}/locator.secret`)
  })

  test('that others may read is refused, the one before too', () => {
    const problems = configError(withLocator('a'.repeat(32), 0o644, 'b'.repeat(32)).load)?.problems ?? []
    expect(problems.map(({ key, code }) => [key, code])).toEqual([
      ['locator.secretFile', 'secret_mode'],
      ['locator.previousSecretFile', 'secret_mode'],
    ])
  })

  test('is one problem where its file is missing', () => {
    const { folder, load: read } = withLocator('a'.repeat(32))
    rmSync(join(folder, 'locator.secret'))
    expect(configError(read)?.problems.map(({ code }) => code)).toEqual(['file_missing'])
  })

  test.each([
    ['dataNodes: [dn1]', 'httpfs', 'dataNodes'],
    ['nameNodes: ["nn1:8020"]', 'resourcemanager', 'nameNodes'],
    ['redirects: refuse', 'kms', 'redirects'],
  ])('%s of a service of kind %s is refused: it would mean nothing', (text, kind, key) => {
    const service = `{ name: x, kind: ${kind}, listen: "127.0.0.1:0", upstreams: ["http://x:1"], ${text} }`
    const problems = configError(() => load(`services: [${service}]\n`))?.problems
    expect(problems).toMatchObject([{ key: `services[0].${key}`, code: 'bad_value' }])
  })
})

describe('secrets', () => {
  const yaml = `identity:
  authenticators:
    - kind: trustedHeader
      header: X-User
      peers: [127.0.0.1]
      secretHeader: X-Secret
      secretFile: proxy.secret
${SETTINGS}`

  function withSecret(content: string, mode: number, owner?: number, group = owner) {
    const folder = temporaryFolder()
    writeFiles(folder, { 'keddah.yaml': yaml })
    const secret = join(folder, 'proxy.secret')
    writeFileSync(secret, content)
    if (owner !== undefined && group !== undefined) chownSync(secret, owner, group)
    chmodSync(secret, mode)
    return { secret, load: () => loadSettings(join(folder, 'keddah.yaml')) }
  }

  test('one that only its owner may read is read, and shows itself nowhere', () => {
    const settings = withSecret('hunter2\n', 0o600).load()
    const [authenticator] = settings.identity.authenticators
    if (authenticator?.kind !== 'trustedHeader' || authenticator.secret === null) throw new Error('no secret')
    expect(Buffer.from(authenticator.secret.reveal()).toString()).toBe('hunter2\n')
    for (const shown of [JSON.stringify(settings), inspect(settings, { depth: 9, showHidden: true })])
      expect(shown).not.toContain('hunter2')
    expect(String(authenticator.secret)).toBe('[secret]')
  })

  test.each([0o604, 0o640, 0o644, 0o650, 0o660, 0o602, 0o777])('mode %o is refused', (mode) => {
    const { load: read, secret } = withSecret('hunter2\n', mode)
    const problems = configError(read)?.problems ?? []
    expect(brief(problems)).toEqual(['secret_mode identity.authenticators[0].secretFile 7:19'])
    expect(problems[0]?.hint).toBe(`chmod 0600 ${secret}`)
    expect(problems[0]?.message).not.toContain('hunter2')
  })

  // Kubernetes (`fsGroup`) and Debian (`ssl-cert`) hand root's files to a group; what is our own can be mode 0600.
  test.each<[what: string, mode: number, owner: number, flaw: 'others' | 'owner' | null]>([
    ["root's, read by a group of the process", 0o640, 0, null],
    ["root's, read by a group of the process", 0o440, 0, null],
    ["root's, written by a group", 0o660, 0, 'others'],
    ["root's, read by everybody", 0o644, 0, 'others'],
    ['our own, read by the same group', 0o640, 9_480, 'others'],
    ['our own', 0o600, 9_480, null],
    ["somebody else's", 0o600, 1_000, 'owner'],
  ])('one that is %s (mode %o)', (_, mode, uid, flaw) => {
    expect(flawOf({ mode, uid, gid: 50 }, { uid: 9_480, groups: [9_480, 50] })).toBe(flaw)
  })

  test('one that a group may read is refused where the process is not in it, and where it runs as root', () => {
    const file = { mode: 0o640, uid: 0, gid: 50 }
    expect(flawOf(file, { uid: 9_480, groups: [9_480] })).toBe('others')
    expect(flawOf(file, { uid: 0, groups: [0, 50] })).toBe('others')
  })

  test('one of another user is refused', ({ skip }) => {
    skip(process.geteuid?.() !== 0, 'only root can make a file that belongs to somebody else')
    expect(configError(withSecret('hunter2\n', 0o600, 65_534).load)?.problems[0]?.code).toBe('secret_owner')
  })

  test('an empty one is refused', () => {
    expect(configError(withSecret(' \n', 0o600).load)?.problems[0]?.code).toBe('secret_empty')
  })

  test('a missing one is refused at the place that names it', () => {
    const folder = temporaryFolder()
    writeFiles(folder, { 'keddah.yaml': yaml })
    const error = configError(() => loadSettings(join(folder, 'keddah.yaml')))
    expect(brief(error?.problems ?? [])).toEqual(['file_missing identity.authenticators[0].secretFile 7:19'])
  })

  test('one of another user is refused', ({ skip }) => {
    skip(process.geteuid?.() !== 0, 'only root can make a file that belongs to somebody else')
    expect(configError(withSecret('hunter2\n', 0o600, 65_534).load)?.problems[0]?.code).toBe('secret_owner')
  })

  test.each([
    [
      'a secret',
      `identity:\n  authenticators:\n    - { kind: trustedHeader, header: X-User, peers: [127.0.0.1], secretHeader: X-S, secret: hunter2, secretFile: s }\n`,
      'name a file with `secretFile`',
    ],
    [
      'a token',
      `admin: { tokens: [{ name: a, user: b, token: hunter2, sha256: '${'0'.repeat(64)}' }] }\n`,
      'give `sha256`, the SHA-256 of the token',
    ],
    ['a password', 'adminPassword: hunter2\n', 'keep it in a file of its own'],
  ])('%s that stands in the settings is refused, and not repeated', (_, text, hint) => {
    const error = errorOf(text + SERVICES)
    expect(error?.problems[0]).toMatchObject({ code: 'inline_secret', hint })
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2')
  })
})
