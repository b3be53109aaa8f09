import type { OracleRequest } from './engine.ts'

/**
 * Random policies and requests in Ranger's own wire format, dense enough that most requests meet some policy. The same
 * seed gives the same ones. What our engine decides otherwise on purpose is left out: see `docs/divergences.md`.
 */
export class RandomPolicies {
  #state: number
  readonly #kind: Kind

  constructor(seed: number, kind: Kind) {
    this.#state = seed >>> 0 || 1
    this.#kind = kind
  }

  /** As Ranger Admin sends them. */
  envelope(serviceDef: object): object {
    const count = 1 + this.#below(8)
    return {
      serviceName: 'service',
      policyVersion: 1,
      policyUpdateTime: 0,
      serviceDef,
      auditMode: this.#pick(['audit-default', 'audit-default', 'audit-all', 'audit-none']),
      serviceConfig: this.#chance(0.1)
        ? { 'ranger.plugin.super.users': 'root', 'ranger.plugin.super.groups': 'wheel' }
        : {},
      policies: Array.from({ length: count }, (_, index) => this.#policy(index + 1)),
    }
  }

  roles(): object {
    const role = (name: string): object => ({
      name,
      users: this.#some(USERS, 0.2).map((user) => ({ name: user, isAdmin: false })),
      groups: this.#some([...GROUPS, 'public'], 0.1).map((group) => ({ name: group, isAdmin: true })),
      roles: this.#some(ROLES, 0.2).map((nested) => ({ name: nested, isAdmin: false })),
    })
    return { serviceName: 'service', roleVersion: 1, rangerRoles: ROLES.map(role) }
  }

  request(): OracleRequest {
    const owner = this.#chance(0.4) ? { owner: this.#pick(USERS) } : {}
    const isCombined = this.#kind.combinations.length > 0 && this.#chance(0.4)
    return {
      resource: this.#resource(),
      user: this.#pick([...USERS, 'root', 'stranger']),
      groups: this.#some([...GROUPS, 'wheel'], 0.3),
      accessTypes: isCombined ? this.#pick(this.#kind.combinations) : [this.#pick(this.#kind.accessTypes)],
      address: this.#pick(ADDRESSES),
      at: Date.UTC(
        2024,
        this.#below(4),
        1 + this.#below(28),
        this.#below(24),
        this.#below(60),
        this.#below(60),
      ),
      action: this.#pick(['open', 'delete', 'rename']),
      ...owner,
    }
  }

  #resource(): Record<string, string> {
    const found: Record<string, string> = {}
    const { levels } = this.#kind
    const depth = levels.length === 1 ? 1 : 1 + this.#below(levels.length)
    for (const { name, values } of levels.slice(0, depth)) found[name] = values(this.#source)
    return found
  }

  #policy(id: number): object {
    const isOverride = this.#chance(0.2)
    return {
      id,
      name: `policy ${this.#pick(['a', 'b', 'c'])} ${id}`,
      version: 1 + this.#below(5),
      service: 'service',
      policyType: 0,
      isEnabled: !this.#chance(0.05),
      isAuditEnabled: this.#chance(0.6),
      policyPriority: isOverride ? 1 : 0,
      resources: this.#resources(),
      ...(this.#chance(0.1) ? { additionalResources: [this.#resources()] } : {}),
      conditions: this.#conditions(0.08),
      policyItems: this.#items(0.8),
      allowExceptions: this.#items(0.3),
      denyPolicyItems: this.#items(0.4),
      denyExceptions: this.#items(0.3),
      isDenyAllElse: this.#chance(0.08),
      validitySchedules: this.#schedules(),
    }
  }

  #resources(): Record<string, object> {
    const { levels } = this.#kind
    const depth = levels.length === 1 ? 1 : 1 + this.#below(levels.length)
    const found: Record<string, object> = {}
    for (const { name, patterns } of levels.slice(0, depth))
      found[name] = {
        values: Array.from({ length: 1 + this.#below(3) }, () => patterns(this.#source)),
        isExcludes: this.#chance(0.1),
        isRecursive: this.#chance(0.6),
      }
    return found
  }

  #items(share: number): object[] {
    const items: object[] = []
    while (this.#chance(share) && items.length < 3) {
      items.push({
        accesses: this.#some(this.#kind.accessTypes, 0.5).map((type) => ({
          type,
          isAllowed: !this.#chance(0.1),
        })),
        users: this.#some([...USERS, '{USER}', '{OWNER}'], 0.15),
        groups: this.#some([...GROUPS, 'public'], 0.15),
        roles: this.#some(ROLES, 0.15),
        conditions: this.#conditions(0.15),
        delegateAdmin: this.#chance(0.1),
      })
    }
    return items
  }

  #conditions(share: number): object[] {
    if (!this.#kind.hasAddresses || !this.#chance(share)) return []
    return [{ type: 'ip-range', values: this.#some(ADDRESS_PATTERNS, 0.4) }]
  }

  #schedules(): object[] {
    if (!this.#chance(0.1)) return []
    const month = 1 + this.#below(3)
    return [
      {
        startTime: this.#chance(0.7) ? `2024/0${month}/0${1 + this.#below(9)} 0${this.#below(10)}:00:00` : '',
        endTime: this.#chance(0.7) ? `2024/0${month + 1}/1${this.#below(9)} 1${this.#below(9)}:30:00` : '',
        timeZone: 'GMT',
      },
    ]
  }

  readonly #source: Source = {
    below: (max) => this.#below(max),
    pick: (from) => this.#pick(from),
    chance: (share) => this.#chance(share),
  }

  #some<T>(from: readonly T[], share: number): T[] {
    return from.filter(() => this.#chance(share))
  }

  #pick<T>(from: readonly T[]): T {
    const found = from[this.#below(from.length)]
    if (found === undefined) throw new Error('nothing to choose from')
    return found
  }

  #chance(share: number): boolean {
    return this.#next() < share
  }

  #below(max: number): number {
    return Math.floor(this.#next() * max)
  }

  /** A number from 0 to 1 (mulberry32). */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Where the parts of a random value come from. */
interface Source {
  below(max: number): number
  pick<T>(from: readonly T[]): T
  chance(share: number): boolean
}

/** What is random about one kind of service; `levels` are its resources from the root on. */
interface Kind {
  readonly levels: readonly {
    readonly name: string
    readonly values: (source: Source) => string
    readonly patterns: (source: Source) => string
  }[]
  readonly accessTypes: readonly string[]
  readonly combinations: readonly (readonly string[])[]
  readonly hasAddresses: boolean
}

const USERS = ['amy', 'bob', 'cat', 'dan']
const GROUPS = ['staff', 'dev', 'ops']
const ROLES = ['reader', 'writer', 'admin']
const ADDRESSES = ['10.1.2.3', '10.1.9.9', '192.168.0.7', '2001:db8::1', '2001:db8:1::9']
const ADDRESS_PATTERNS = [
  '10.1.2.3',
  '10.1.2.*',
  '10.*.*',
  '10.1.*',
  '192.168.0.*',
  '2001:db8::1',
  '2001:db8:*:*',
  '*',
]
const WORDS = ['a', 'b', 'ab', 'data', 'amy', 'bob', 'x1', 'x2']
const PATTERN_WORDS = [
  ...WORDS,
  'a*',
  '*b',
  '?',
  'x?',
  'd*a',
  '*',
  '{USER}',
  '{OWNER}',
  '{NOBODY}',
  'u-{USER}',
]

const joined =
  (separator: string, words: readonly string[], lead: string, max: number) =>
  (source: Source): string =>
    lead + Array.from({ length: 1 + source.below(max) }, () => source.pick(words)).join(separator)

const words =
  (from: readonly string[]) =>
  (source: Source): string =>
    source.pick(from)

/** Paths of HDFS. */
export const HDFS: Kind = {
  levels: [
    {
      name: 'path',
      values: (source) => (source.chance(0.05) ? '/' : joined('/', WORDS, '/', 4)(source)),
      patterns: (source) => {
        if (source.chance(0.05)) return source.pick(['*', '/', '/*', '**'])
        const text = joined('/', PATTERN_WORDS, '/', 3)(source)
        return source.chance(0.15) ? `${text}/` : text
      },
    },
  ],
  accessTypes: ['read', 'write', 'execute'],
  combinations: [
    ['read', 'execute'],
    ['read', 'write'],
    ['write', 'execute'],
    ['read', 'write', 'execute'],
  ],
  hasAddresses: true,
}

/** Queues of YARN. */
export const YARN: Kind = {
  levels: [
    {
      name: 'queue',
      values: joined('.', WORDS, 'root.', 3),
      patterns: (source) => (source.chance(0.1) ? '*' : joined('.', PATTERN_WORDS, 'root.', 3)(source)),
    },
  ],
  accessTypes: ['submit-app', 'admin-queue'],
  combinations: [],
  hasAddresses: true,
}

/** Databases, tables and columns. */
export const HIVE: Kind = {
  levels: ['database', 'table', 'column'].map((name) => ({
    name,
    values: words(['a', 'B', 'ab', 'data', 'amy']),
    patterns: words(['a', 'b', 'A*', '*', 'da?a', '*b', '{USER}', 'data']),
  })),
  accessTypes: ['select', 'update', 'create', 'all'],
  combinations: [],
  hasAddresses: false,
}
