import { expect, test } from 'vitest'
import { openBeforeRaw } from '../support/opened.ts'

const LIST = '/webhdfs/v1/?op=LISTSTATUS'

test('what is refused opens no connection to the upstream, and sends it no byte', async () => {
  const { door, upstream } = await openBeforeRaw(() => {})
  const statuses: number[] = []
  const ask = async (target: string, init: RequestInit = {}): Promise<void> => {
    const answer = await fetch(door.url + target, init)
    await answer.arrayBuffer()
    statuses.push(answer.status)
  }
  await ask(`${LIST}&user.name=mallory`)
  await ask(`/webhdfs/v1/f?op=CREATE&user.name=mallory`, { method: 'PUT', body: 'x'.repeat(100_000) })
  await ask(`${LIST}&user.name=alice&doas=bo`)
  await ask('/nowhere?user.name=alice')
  await ask(LIST)
  await ask('/webhdfs/v1/?op=NONE&user.name=alice')
  await ask(`${LIST}&user.name=alice&user.name=root`)
  await ask(`${LIST}&user.name=alice`, { method: 'PATCH' })
  expect(statuses).toEqual([403, 403, 403, 403, 401, 400, 400, 405])
  expect(upstream.connections).toEqual([])
})
