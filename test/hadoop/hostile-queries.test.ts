import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, webHdfs } from '../support/hadoop/ask.ts'
import { POLICY } from '../support/hadoop/configuration.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

/**
 * Ways to be taken for alice by whoever decides and for mallory by whoever answers, or the other way round: a filter
 * that reads a query in another way than the NameNode lets them through. alice is on the list; mallory and hdfs are not.
 *
 * Shape: `user` is whom the NameNode itself takes the caller for, null where it refuses; `keddah` is status and reason.
 */
const HOSTILE: readonly { query: string; user: string | null; keddah: string }[] = [
  { query: 'user.name=alice&user.name=mallory', user: 'alice', keddah: '400 ambiguous_parameter' },
  { query: 'user.name=mallory&user.name=alice', user: 'mallory', keddah: '400 ambiguous_parameter' },
  { query: 'user%2Ename=mallory&user.name=alice', user: 'mallory', keddah: '400 ambiguous_parameter' },
  { query: 'User.Name=mallory&user.name=alice', user: 'alice', keddah: '400 ambiguous_parameter' },
  { query: 'user.name=alice;user.name=mallory', user: null, keddah: '400 ambiguous_parameter' },
  { query: 'user.name=alice%00', user: null, keddah: '400 ambiguous_parameter' },
  { query: 'user.name=%61lice', user: 'alice', keddah: '200' },
  { query: 'doas=hdfs&user.name=alice', user: null, keddah: '403 impersonation' },
]

interface Answered {
  readonly query: string
  readonly bare: number
  readonly user: string | null
  readonly keddah: string
}

/** With `%00` in a name, the NameNode sets a cookie with that byte in it. */
const LENIENT = { lenient: true }

withHadoop('hostile queries', (hadoop) => {
  let keddah: Keddah
  beforeAll(async () => {
    keddah = await startKeddah({
      hadoop,
      services: [{ name: 'namenode', kind: 'namenode', upstream: hadoop.nameNode }],
      policy: POLICY,
    })
  })
  afterAll(async () => keddah?.stop())

  test('are answered for the one whom the NameNode means, or refused', async () => {
    const rows: Answered[] = []
    for (const { query } of HOSTILE) {
      const list = `op=LISTSTATUS&${query}`
      const bare = await ask(hadoop.nameNode, 'GET', webHdfs('/open', list), LENIENT)
      const home = await ask(hadoop.nameNode, 'GET', webHdfs('/', `op=GETHOMEDIRECTORY&${query}`), LENIENT)
      const front = await ask(keddah.url('namenode'), 'GET', webHdfs('/open', list))
      const reason = front.headers['x-keddah-reason']
      rows.push({
        query,
        bare: bare.status,
        user: /"Path":"\/user\/([^"]*)"/.exec(home.text)?.[1] ?? null,
        keddah: typeof reason === 'string' ? `${front.status} ${reason}` : String(front.status),
      })
    }
    process.stderr.write(`${table(rows)}\n`)
    expect(rows.map(({ query, user, keddah: answer }) => ({ query, user, keddah: answer }))).toEqual(HOSTILE)
  })
})

/** For the eye. */
function table(rows: readonly Answered[]): string {
  const lines = rows.map(({ query, bare, user, keddah }) =>
    [query.padEnd(38), String(bare).padEnd(10), (user ?? 'refused').padEnd(10), keddah].join(' '),
  )
  const head = ['query'.padEnd(38), 'NameNode'.padEnd(10), 'as'.padEnd(10), 'Keddah'].join(' ')
  return [head, ...lines].join('\n')
}
