import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../../src/errors.ts'
import { Configuration, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import { SHIPPED_KEYS } from '../../../src/hadoop/services.ts'
import { parityOf } from '../../../src/policy/divergences.ts'
import { findingsOfError, type LintFinding, lintPolicy } from '../../../src/policy/lint.ts'
import { configError } from '../../support/config-error.ts'

const POLICY = '/conf/hadoop-policy.xml'
const CORE = '/conf/core-site.xml'
const OPERATIONS = 'security.admin.operations.protocol'
const ON = { 'hadoop.security.authorization': 'true' }
/** The keys whose findings are about operators, kept quiet. */
const QUIET = {
  'security.refresh.policy.protocol.acl': 'hdfs',
  'security.refresh.user.mappings.protocol.acl': 'hdfs',
  [`${OPERATIONS}.hosts`]: '10.0.0.0/8',
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const xml = (properties: Readonly<Record<string, string>>): string =>
  `<configuration>\n${Object.entries(properties)
    .map(([key, value]) => `<property><name>${key}</name><value>${escaped(value)}</value></property>`)
    .join('\n')}\n</configuration>\n`

/** Lints a policy given as text, beside a core-site.xml. */
function lintText(
  policy: string,
  core: Readonly<Record<string, string>> = ON,
  options: { customKeys?: readonly string[]; parity?: 'none' | 'all' } = {},
): LintFinding[] {
  const resources = [parseConfigurationXml(xml(core), CORE), parseConfigurationXml(policy, POLICY)]
  const parity = parityOf(options.parity ?? 'none')
  const { customKeys = [] } = options
  const policyFileKeys = new Set(resources[1]?.entries.map(({ key }) => key))
  return lintPolicy({
    configuration: Configuration.of(resources),
    resources,
    customKeys,
    parity,
    policyFileKeys,
  })
}

const lintKeys = (
  policy: Readonly<Record<string, string>>,
  core: Readonly<Record<string, string>> = {},
  options: { customKeys?: readonly string[]; parity?: 'none' | 'all' } = {},
): LintFinding[] => lintText(xml({ ...QUIET, ...policy }), { ...ON, ...core }, options)

const short = ({ code, severity, understood }: LintFinding): string =>
  `${severity} ${code}: ${understood ?? '-'}`

const KEY = 'security.client.protocol.acl'

describe('access control lists', () => {
  test.each<[string, string, string[]]>([
    ['a plain list', 'alice,bob staff,eng', []],
    ['everybody', '*', []],
    ['everybody, with blanks around', ' * ', []],
    ['everybody, on a line of its own', '\n      *\n    ', []],
    ['groups only', ' staff', []],
    ['nobody', ' ', []],
    ['a trailing comma', 'alice,', []],
    ['blanks beside commas behind the first blank', 'alice staff, eng', []],
    ['a blank behind a comma', 'alice, bob grp', ['error blank_beside_comma: user alice; group `bob grp`']],
    ['a blank behind a comma, two names', 'alice, bob', ['error blank_beside_comma: user alice; group bob']],
    ['a blank before a comma', 'alice ,bob', ['error blank_beside_comma: user alice; group bob']],
    ['a third part', 'a b c', ['warning blank_in_group: user a; group `b c`']],
    ['a third part, groups only', ' b c', ['warning blank_in_group: group `b c`']],
    ['a star before groups', '* admins', ['error open_by_star: everybody']],
    ['a star behind users', 'alice *', ['error open_by_star: everybody']],
    ['two stars', '**', ['error literal_star: user `**`']],
    [
      'a star as a pattern',
      'data* *eng',
      ['error literal_star: user `data*`; group `*eng`', 'error literal_star: user `data*`; group `*eng`'],
    ],
    ['a folder', '/root', ['error principal: user /root']],
    ['a star among users', '*,alice', ['error literal_star: users `*`, alice']],
    ['a star among groups', 'alice *,staff', ['error literal_star: user alice; groups `*`, staff']],
    [
      'a value on a line of its own',
      '\n      alice,bob grp\n    ',
      ['error indented_value: groups alice, `bob grp`'],
    ],
    ['names on lines', 'alice,\n  bob', ['error indented_value: user alice; group bob']],
    ['names on lines without blanks', 'alice\nbob', ['warning line_break: users alice, bob']],
    ['a trailing line break', 'alice staff\n', ['warning line_break: user alice; group staff']],
    ['a tab before groups', 'alice\tstaff', ['error tab_in_name: user `alice\\tstaff`']],
    ['a tab around a list', '\talice\t', []],
    ['a principal', 'alice@EXAMPLE.COM', ['error principal: user alice@EXAMPLE.COM']],
    ['a principal of a service', 'nn/host@R', ['error principal: user nn/host@R']],
    ['who is impersonated', '~oozie', ['warning impersonation_entry: whoever is impersonated by oozie']],
    ['who is impersonated by a star', '~*', ['error literal_star: whoever is impersonated by `*`']],
    ['a tilde among groups', 'a ~b', ['warning tilde_group: user a; group `~b`']],
    ['a netgroup', 'a @ops', ['warning netgroup: user a; group @ops']],
    ['a netgroup among users', '@ops', ['error netgroup_user: user @ops']],
    ['a no-break blank', 'alice\u00a0staff', ['error invisible_character: user `alice\\u00a0staff`']],
    ['an ideographic blank', 'alice\u3000staff', ['error invisible_character: user `alice\\u3000staff`']],
    ['a zero-width blank', 'alice\u200b', ['error invisible_character: user `alice\\u200b`']],
    ['a byte order mark inside', '\ufeffalice', ['error invisible_character: user `\\ufeffalice`']],
    ['a Cyrillic letter', '\u0430lice', ['error lookalike: user `\u0430lice`']],
    ['a wide comma', 'alice\uff0cbob', ['error lookalike: user `alice\uff0cbob`']],
    ['a name that is not ASCII, and looks it', 'm\u00fcller', []],
    ['a semicolon', 'alice;bob', ['error other_separator: user `alice;bob`']],
    ['quotes', '"alice"', ['error other_separator: user `"alice"`']],
    ['an entry twice', 'alice,bob,alice', ['warning duplicate_entry: users alice, bob']],
    ['a reference to nothing', '${nobody.knows}', ['warning unexpanded: user `${nobody.knows}`']],
    ['the example of the official guide', 'datanodes', ['warning group_as_user: user datanodes']],
    ['the same, meant as a group', ' datanodes', []],
  ])('%s: %j', (_, text, wanted) => {
    expect(lintKeys({ [KEY]: text }).map(short)).toEqual(wanted)
  })

  test('the hint is what to write instead', () => {
    const hints = (text: string): (string | null)[] => lintKeys({ [KEY]: text }).map(({ hint }) => hint)
    expect(hints('alice, bob grp')).toEqual(['write `alice,bob grp`, if those are users'])
    expect(hints('* admins')).toEqual(['write ` admins`, or `*` alone'])
    expect(hints('alice *')).toEqual(['write `alice`, or `*` alone'])
    expect(hints('datanodes')).toEqual(['write ` datanodes`, if it is a group'])
    expect(hints('\n   alice,bob grp\n')).toEqual(['write it on one line: `alice,bob grp`'])
    expect(hints('a b c')).toEqual(['write `a b,c`, if those are several groups'])
    expect(hints('alice\tstaff')).toEqual(['write `alice staff`'])
  })

  test('a name that is a group elsewhere is most likely no user', () => {
    const found = lintKeys({ [KEY]: 'eng', 'security.datanode.protocol.acl': 'bob eng' })
    expect(found.map(({ key, code }) => [key, code])).toEqual([[KEY, 'group_as_user']])
    const overrides = { 'hadoop.user.group.static.mapping.overrides': 'bob=eng;eng=' }
    expect(lintKeys({ [KEY]: 'eng' }, overrides)).toEqual([])
  })

  test('principals may be users where MIT rules are in force', () => {
    expect(lintKeys({ [KEY]: 'alice@R' }, { 'hadoop.security.auth_to_local.mechanism': 'MIT' })).toEqual([])
  })

  test('blocked lists and default lists are read alike', () => {
    const found = lintKeys({
      [`${KEY}.blocked`]: 'mallory *',
      'security.service.authorization.default.acl.blocked': 'mallory, eve',
    })
    expect(found.map(({ code, message }) => [code, message])).toEqual([
      ['open_by_star', '`mallory *` blocks everybody, because of its `*`'],
      ['blank_beside_comma', 'the blank beside a comma in `mallory, eve` ends the users'],
    ])
  })

  test('every list is reported, with file, line and column, in the order of the file', () => {
    const found = lintKeys({ [KEY]: '* admins', 'security.datanode.protocol.acl': 'a@R,b;c' })
    expect(found.map(({ file, line, column, code }) => [file, line, column, code])).toEqual([
      [POLICY, 5, 59, 'open_by_star'],
      [POLICY, 6, 61, 'other_separator'],
      [POLICY, 6, 61, 'principal'],
    ])
  })
})

describe('host lists', () => {
  const HOSTS = 'security.client.protocol.hosts'

  test.each<[string, string, string[]]>([
    ['addresses, ranges and names', '10.0.0.1, 10.1.0.0/16, 2001:db8::1, edge1.example', []],
    ['every address', '*', []],
    ['every address, said twice', '*,*', []],
    ['nowhere', ' ', []],
    [
      'a prefix that is too long',
      '10.0.0.0/33',
      ['error bad_range: nothing: Hadoop does not load the policy'],
    ],
    ['a short range', '10.7/16', ['error bad_range: nothing: Hadoop does not load the policy']],
    [
      'an IPv6 range',
      '2001:db8::/32',
      ['error ipv6_range: nothing: Hadoop does not load the policy; Keddah understands it (D-2)'],
    ],
    ['a short address', '10.1', ['error short_address: address 10.0.0.1']],
    ['leading zeros', '010.0.0.1', ['error short_address: address 10.0.0.1']],
    ['no address', '10.0.0.256', ['error bad_address: host name 10.0.0.256']],
    ['a pattern', '192.0.2.*', ['error like_address: host name `192.0.2.*`']],
    ['from and to', '10.0.0.1-10.0.0.9', ['error like_address: host name 10.0.0.1-10.0.0.9']],
    ['a port', 'edge1:8020', ['error like_address: host name edge1:8020']],
    ['a star beside others', '*,10.0.0.1', ['error literal_star: address 10.0.0.1; host name `*`']],
    ['blanks', '10.0.0.1 10.0.0.2', ['error blank_in_host: host name `10.0.0.1 10.0.0.2`']],
    ['host bits', '10.1.2.3/8', ['warning host_bits: range `10.0.0.0/8 (10.0.0.0 to 10.255.255.255)`']],
    ['everything', '0.0.0.0/0', ['warning whole_range: range `0.0.0.0/0 (0.0.0.0 to 255.255.255.255)`']],
    ['an entry twice', 'edge1,edge1', ['warning duplicate_entry: host name edge1']],
    ['a no-break blank', '10.0.0.1\u00a0', ['error invisible_character: host name `10.0.0.1\\u00a0`']],
    ['zeros in a range are decimal', '010.0.0.0/08', []],
  ])('%s: %j', (_, text, wanted) => {
    expect(lintKeys({ [HOSTS]: text }).map(short)).toEqual(wanted)
  })

  test('all entries are reported, not the first alone', () => {
    const found = lintKeys({ [HOSTS]: '10.0.0.0/33,10.1,a b,*' })
    expect(found.map(({ code }) => code)).toEqual([
      'bad_range',
      'short_address',
      'blank_in_host',
      'literal_star',
    ])
  })

  test('blanks between ranges are the reason that they do not load', () => {
    expect(lintKeys({ [HOSTS]: '10.0.0.0/8 10.1.0.0/16' }).map(({ hint }) => hint)).toEqual([
      'blanks do not separate; write `10.0.0.0/8,10.1.0.0/16`',
    ])
  })
})

describe('keys', () => {
  test.each<[string, Readonly<Record<string, string>>, [string, string, string | null][]]>([
    [
      'a plural',
      { 'security.client.protocol.acls': 'alice' },
      [['error', 'unknown_key', `did you mean \`${KEY}\`?`]],
    ],
    [
      'hosts behind the access control list',
      { 'security.client.protocol.acl.hosts': '10.0.0.1' },
      [['error', 'unknown_key', 'did you mean `security.client.protocol.hosts`?']],
    ],
    [
      'blocked without acl',
      { 'security.client.protocol.blocked': 'mallory' },
      [['error', 'unknown_key', `did you mean \`${KEY}.blocked\`?`]],
    ],
    [
      'an old key that closes nothing',
      { 'security.inter.tracker.protocol.acl': '*' },
      [['warning', 'unknown_key', expect.any(String) as string]],
    ],
  ])('%s', (_, policy, wanted) => {
    const found = lintKeys(policy)
    expect(found.map(({ severity, code, hint }) => [severity, code, hint])).toEqual(wanted)
    expect(found[0]?.understood).toBe('nothing: the key is never read')
  })

  // The attack needs no attacker: one letter, and the list that was to close a service is read by nobody.
  const misspelt = [
    'securty.client.protocol.acl',
    'Security.Client.Protocol.ACL',
    'client.protocol.acl',
    'hadoop.security.client.protocol.acl',
    'security-client-protocol-acl',
    'security.client.protcol.acl',
  ]
  test.each(misspelt)('`%s` is meant for the ACL of the clients, in whatever file', (key) => {
    const wanted = [['error', 'unknown_key', key, `did you mean \`${KEY}\`?`]]
    for (const found of [lintKeys({ [key]: 'alice' }), lintKeys({}, { [key]: 'alice' })])
      expect(found.map((one) => [one.severity, one.code, one.key, one.hint])).toEqual(wanted)
  })

  test('a misspelt default, host list or blocked list is meant for the right one', () => {
    const found = lintKeys({
      'service.authorization.default.acl': 'alice',
      'hadoop.security.job.client.protocol.hosts': '10.0.0.1',
      'Security.client.protocol.acl.blocked': 'mallory',
    })
    expect(found.map(({ severity, hint }) => [severity, hint])).toEqual([
      ['error', 'did you mean `security.service.authorization.default.acl`?'],
      ['error', 'did you mean `security.job.client.protocol.hosts`?'],
      ['error', 'did you mean `security.client.protocol.acl.blocked`?'],
    ])
  })

  test('a key like no other is a warning in the policy file, unless `${…}` refers to it', () => {
    const policy = { [KEY]: '${team.members}', 'team.members': 'alice', 'security.team': '${team.lead}' }
    expect(lintKeys({ ...policy, 'team.lead': 'bob', 'other.members': 'eve' })).toMatchObject([
      { key: 'security.team', severity: 'error', code: 'unknown_key' },
      { key: 'other.members', severity: 'warning', code: 'unknown_key' },
    ])
  })

  test('keys of other parts of Hadoop are left alone', () => {
    const core = {
      'fs.defaultFS': 'hdfs://nn',
      'hadoop.kms.acl.CREATE': 'alice',
      'mapreduce.cluster.acls.enabled': 'true',
      'dfs.cluster.administrators': 'hdfs',
      'dfs.hosts': '/etc/hosts.allow',
      'hadoop.security.key.provider.path': 'kms://x',
      'yarn.admin.acl': 'yarn',
    }
    expect(lintKeys({}, core)).toEqual([])
    const inPolicy = {
      'hadoop.security.authentication': 'simple',
      'dfs.namenode.kerberos.principal': 'nn/_HOST@R',
      'hadoop.user.group.static.mapping.overrides': 'alice=staff',
    }
    expect(lintKeys(inPolicy)).toEqual([])
  })

  test('the keys of custom services are known', () => {
    const policy = { 'security.grafana.protocol.acl': 'alice' }
    expect(lintKeys(policy, {}, { customKeys: ['security.grafana.protocol.acl'] })).toEqual([])
  })

  test('an empty value is an error where it opens, a warning where it does not', () => {
    const lint = (fallback: string) =>
      lintText(
        `<configuration>
<property><name>${KEY}</name><value/></property>
<property><name>${KEY}.blocked</name><value></value></property>
<property><name>security.service.authorization.default.acl</name><value>${fallback}</value></property>
</configuration>`,
      )
        .filter(({ code }) => code === 'empty_value')
        .map(short)
    expect(lint('*')).toEqual([
      'error empty_value: the key is not set, and `security.service.authorization.default.acl` counts: everybody',
      'warning empty_value: the key is not set: nobody is blocked',
    ])
    expect(lint('hdfs')[0]).toBe(
      'warning empty_value: the key is not set, and `security.service.authorization.default.acl` counts: user hdfs',
    )
  })

  test('a repeated key is an error where the later value opens what the earlier one closes', () => {
    const lint = (first: string, second: string, final = '') =>
      lintText(
        `<configuration>
<property><name>${KEY}</name><value>${first}</value>${final}</property>
<property><name>${KEY}</name><value>${second}</value></property>
</configuration>`,
      )
        .filter(({ code }) => /duplicate_key|final_override/.test(code))
        .map(short)
    expect(lint('alice', '*')).toEqual(['error duplicate_key: everybody'])
    expect(lint('*', 'alice')).toEqual(['warning duplicate_key: user alice'])
    expect(lint('*', 'alice', '<final>true</final>')).toEqual(['error final_override: everybody'])
    expect(lint('alice', 'bob', '<final>true</final>')).toEqual(['warning final_override: user alice'])
  })

  test('a value that cannot be expanded is a finding, and the others are reported all the same', () => {
    const found = lintKeys({
      a: '${b}x',
      b: '${a}x',
      [KEY]: '${a}',
      'security.datanode.protocol.acl': '* x',
    })
    expect(found.map(({ code }) => code)).toEqual(['expansion', 'open_by_star'])
  })
})

describe('words that mislead nobody', () => {
  const first = (
    policy: Record<string, string>,
    core: Record<string, string> = {},
  ): LintFinding | undefined => lintKeys(policy, core)[0]

  test('a blank beside the slash of a range is taken out, one between ranges becomes a comma', () => {
    const hosts = 'security.client.protocol.hosts'
    expect(first({ [hosts]: '10.0.0.0 /8' })?.hint).toContain('write `10.0.0.0/8`')
    expect(first({ [hosts]: '10.0.0.0/8 192.0.2.0/24' })?.hint).toContain('write `10.0.0.0/8,192.0.2.0/24`')
  })

  test('no hint is empty', () => {
    expect(first({ [KEY]: '/root' })?.hint).not.toContain('``')
  })

  test('an empty host list of a proxy user is not said to be open', () => {
    const core = `<configuration><property><name>hadoop.proxyuser.hue.hosts</name><value/></property></configuration>`
    const found = lintText(core).filter(({ code }) => code === 'empty_value')
    expect(found).toMatchObject([
      { message: expect.stringContaining('no host'), understood: 'the key is not set' },
    ])
    expect(found[0]?.message).not.toContain('*')
  })

  test('who is shut out of refreshing is told of the file watch too', () => {
    expect(first({ 'security.refresh.policy.protocol.acl': ' ' })?.message).toContain('file watch')
  })

  test.each([
    ['10.0.0.0/8', '*', 1],
    ['10.0.0.0/8,edge1', 'edge1,10.0.0.0/8', 1],
    ['10.0.0.0/8,edge1', 'edge1', 0],
    ['*', '10.0.0.1', 0],
    ['*', '*', 1],
  ])('of hosts %s with %s blocked nothing may be left', (allowed, blocked, count) => {
    const hosts = 'security.client.protocol.hosts'
    const found = lintKeys({ [hosts]: allowed, [`${hosts}.blocked`]: blocked })
    expect(found.filter(({ code }) => code === 'allow_and_blocked')).toHaveLength(count)
  })

  // Hadoop reads `True` as false, so that whoever writes a later file replaces the value.
  test.each([
    ['True', 1],
    [' true', 1],
    ['true', 0],
    ['false', 0],
  ])('a final that is `%s`', (final, count) => {
    const found = lintText(
      `<configuration><property><name>${KEY}</name><value>alice</value><final>${final}</final></property></configuration>`,
    )
    expect(found.filter(({ code }) => code === 'final_value')).toHaveLength(count)
  })

  test('blanks in the static groups belong to the names', () => {
    const key = 'hadoop.user.group.static.mapping.overrides'
    expect(lintKeys({}, { [key]: 'alice=staff; bob=eng, ops' }).map(short)).toEqual([
      'error static_blank: user ` bob`, groups: eng, ` ops`',
      'error static_blank: user ` bob`, groups: eng, ` ops`',
    ])
    expect(lintKeys({}, { [key]: 'alice=staff;bob=eng' })).toEqual([])
  })
})

describe('large files', () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    ['blanks', { [KEY]: `a,${' '.repeat(1_000_000)}b` }],
    ['lines of blanks', { [KEY]: `a\n${'\n '.repeat(500_000)}b` }],
    ['groups with blanks', { [KEY]: `a ${Array.from({ length: 20_000 }, (_, at) => `b c${at}`).join(',')}` }],
    [
      'unknown keys',
      Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`security.k${at}.protocol.acl`, 'a'])),
    ],
    [
      'keys of others',
      Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`dfs.k${at}.datanode.acl`, 'a'])),
    ],
  ])('%s are read in the time it takes to look at them', (_, policy) => {
    expect(lintKeys({ ...policy, 'security.last.acl': 'a' }).length).toBeGreaterThan(0)
  })
})

describe('several keys together', () => {
  const DEFAULT = 'security.service.authorization.default.acl'
  const stock = Object.fromEntries([...SHIPPED_KEYS].map((key) => [key, '*']))

  test("Hadoop's own file has no errors", () => {
    const found = lintText(xml(stock))
    expect(found.map(({ severity, code }) => `${severity} ${code}`).sort()).toEqual([
      'warning open_operations',
      'warning open_refresh',
      'warning open_refresh',
    ])
  })

  test('a default that no service uses is dead', () => {
    const found = lintText(xml({ ...stock, [DEFAULT]: 'hdfs' })).filter(({ code }) => code === 'dead_default')
    expect(found.map(short)).toEqual(['error dead_default: everybody, for each of those services'])
    const all = Object.fromEntries(Object.keys(stock).map((key) => [key, 'hdfs']))
    const closed = lintText(xml({ ...all, [DEFAULT]: 'yarn' })).filter(({ code }) => code === 'dead_default')
    expect(closed.map(short)).toEqual(['warning dead_default: nothing'])
  })

  test('the default key also decides who may refresh', () => {
    expect(lintText(xml({ [DEFAULT]: 'alice' })).map(({ code, message }) => [code, message])).toEqual([
      [
        'refresh_lockout',
        `\`${DEFAULT}\` also decides who may refresh: \`security.refresh.policy.protocol.acl\` is not set`,
      ],
      [
        'refresh_lockout',
        `\`${DEFAULT}\` also decides who may refresh: \`security.refresh.user.mappings.protocol.acl\` is not set`,
      ],
    ])
  })

  test('a policy that nobody may refresh is noticed', () => {
    const policy = { 'security.refresh.policy.protocol.acl': ' ' }
    expect(lintKeys(policy).map(short)).toEqual(['warning refresh_lockout: nobody'])
  })

  test('a refresh that is not limited is noticed without a line', () => {
    const found = lintText(xml({ [KEY]: 'alice' }))
    expect(found.map(({ file, line, code }) => [file, line, code])).toEqual([
      [POLICY, null, 'open_refresh'],
      [POLICY, null, 'open_refresh'],
      [POLICY, null, 'open_operations'],
    ])
  })

  test.each<[string, Readonly<Record<string, string>>, boolean]>([
    ['nothing is set', {}, true],
    ['the default is everybody', { [DEFAULT]: '*' }, true],
    ['the key is everybody', { [DEFAULT]: 'hdfs', [`${OPERATIONS}.acl`]: '*' }, true],
    ['only some are blocked', { [`${OPERATIONS}.acl.blocked`]: 'mallory' }, true],
    ['the default is somebody', { [DEFAULT]: 'hdfs' }, false],
    ['the key is somebody', { [`${OPERATIONS}.acl`]: 'hdfs' }, false],
    ['the key is nobody', { [`${OPERATIONS}.acl`]: ' ' }, false],
    ['the hosts are limited', { [`${OPERATIONS}.hosts`]: '10.0.0.1' }, false],
  ])('the pages of the operators are open: %s', (_, policy, isOpen) => {
    const found = lintText(xml(policy)).filter(({ code }) => code === 'open_operations')
    expect(found.map(({ severity, key }) => [severity, key])).toEqual(
      isOpen ? [['warning', `${OPERATIONS}.acl`]] : [],
    )
  })

  test('the key of the old guide for job submission', () => {
    const guide = { 'security.job.client.protocol.acl': 'alice,bob mapreduce' }
    expect(lintKeys(guide).map(({ severity, code }) => [severity, code])).toEqual([
      ['warning', 'job_client_key'],
    ])
    expect(lintKeys({ ...guide, 'security.applicationclient.protocol.acl': '*' }).map(short)).toEqual([
      'error job_client_key: users alice, bob; group mapreduce',
    ])
    expect(lintKeys(guide, {}, { parity: 'all' }).map(({ severity }) => severity)).toEqual(['error'])
    expect(lintKeys({ ...guide, 'security.applicationclient.protocol.acl': 'alice' })).toEqual([])
  })

  test('a key that only Keddah gives a meaning', () => {
    const policy = { 'security.admin.operations.protocol.acl': 'hdfs' }
    expect(lintKeys(policy).map(short)).toEqual(['warning unread_key: nothing'])
  })

  test.each<[string, string, boolean]>([
    ['alice', 'alice,mallory', true],
    ['alice staff', 'alice staff', true],
    ['*', '*', true],
    ['alice,bob', 'alice', false],
    ['alice staff', 'alice', false],
    ['*', 'mallory', false],
    [' ', 'alice', false],
  ])('allowed %j and blocked %j leave nobody: %s', (allowed, blocked, nobody) => {
    const found = lintKeys({ [KEY]: allowed, [`${KEY}.blocked`]: blocked })
    expect(found.some(({ code }) => code === 'allow_and_blocked')).toBe(nobody)
  })

  test.each([
    [undefined, 'is not set'],
    ['false', 'is `false`'],
    ['yes', 'is `yes`'],
  ])('the switch of Hadoop: %j', (value, words) => {
    const core = value === undefined ? {} : { 'hadoop.security.authorization': value }
    const [found] = lintText(xml(QUIET), core)
    expect(found).toMatchObject({ file: CORE, code: 'switch_off', severity: 'warning' })
    expect(found?.message).toContain(words)
  })
})

describe('proxy users', () => {
  const HUE = 'hadoop.proxyuser.hue'

  test.each<[string, Readonly<Record<string, string>>, string[]]>([
    ['a complete rule', { [`${HUE}.groups`]: 'staff', [`${HUE}.hosts`]: '10.0.0.1' }, []],
    ['no hosts', { [`${HUE}.groups`]: '*' }, ['error proxy_no_hosts: everybody, from no address']],
    ['only hosts', { [`${HUE}.hosts`]: '*' }, ['error proxy_only_hosts: nobody']],
    [
      'everybody from everywhere',
      { [`${HUE}.users`]: '*', [`${HUE}.hosts`]: '*' },
      ['warning proxy_open: everybody, from every address'],
    ],
    [
      'a bad range',
      { [`${HUE}.users`]: 'alice', [`${HUE}.hosts`]: '10.0.0.0/40' },
      ['error bad_range: nothing: Hadoop does not load the policy'],
    ],
    [
      'blanks between users',
      { [`${HUE}.users`]: 'alice bob', [`${HUE}.hosts`]: '*' },
      ['error blank_in_user: user `alice bob`'],
    ],
    [
      'a star among groups',
      { [`${HUE}.groups`]: '*,staff', [`${HUE}.hosts`]: '10.0.0.1' },
      ['error literal_star: groups `*`, staff'],
    ],
    [
      'a key nothing reads',
      { [`${HUE}.host`]: '10.0.0.1' },
      ['error unknown_key: nothing: the key is never read'],
    ],
    [
      'a star for the proxy user',
      { 'hadoop.proxyuser.*.users': 'alice', 'hadoop.proxyuser.*.hosts': '10.0.0.1' },
      ['error literal_star: nobody: no user is named `*`'],
    ],
  ])('%s', (_, core, wanted) => {
    expect(lintKeys({}, core).map(short)).toEqual(wanted)
  })

  test('a key nothing reads is named with its place and the nearest one', () => {
    const [found] = lintKeys({}, { [`${HUE}.host`]: '10.0.0.1' })
    expect(found).toMatchObject({ file: CORE, line: 3, hint: `did you mean \`${HUE}.hosts\`?` })
  })
})

describe('what the load says', () => {
  test('a file that cannot be loaded becomes findings', () => {
    const error = configError(() => parseConfigurationXml('<configuration>\n<property>', POLICY))
    const findings = error === null ? [] : findingsOfError(error)
    expect(findings).toMatchObject([{ file: POLICY, line: 2, code: 'malformed', severity: 'error' }])
    expect(findings[0]?.understood).toContain('Hadoop does not load the policy')
  })

  test('a missing policy opens everything', () => {
    const error = new ConfigError('ERR_CONFIG_READ', 'gone', {
      problems: [
        {
          file: POLICY,
          line: null,
          column: null,
          key: 'hadoop.policyFile',
          severity: 'error',
          code: 'file_missing',
          message: 'does not exist',
          hint: null,
        },
      ],
    })
    expect(findingsOfError(error)[0]?.understood).toMatch(/^everybody, for every service/)
  })

  test('its warnings are put among the findings, once each', () => {
    const configuration = Configuration.of([])
    const finding = { file: CORE, line: 2, column: 1, key: 'k', code: 'site_key', message: 'm', hint: null }
    const findings = [
      { ...finding, severity: 'warning' as const },
      { ...finding, severity: 'warning' as const },
    ]
    const found = lintPolicy({ configuration, resources: [], findings })
    expect(found.filter(({ code }) => code === 'site_key')).toHaveLength(1)
  })
})
