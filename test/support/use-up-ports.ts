import { createServer, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openDoor } from './door.ts'
import { until } from './until.ts'

/**
 * Run in a network with few ports: has an upstream keep its answers until there is no port left to reach it. Prints how
 * often what was answered: to those that were held, to those beyond, and afterwards.
 */
const held: ServerResponse[] = []
let keeps = true
const upstream = createServer((_, response) => {
  if (keeps) held.push(response)
  else response.end('ok')
})
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
const door = await openDoor({
  upstreams: [`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`],
  maxInFlight: 100,
})

/** One request from an address of its own, so that clients do not run out of ports before Keddah does. */
const ask = (client: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const url = `${door.url}/webhdfs/v1/?op=LISTSTATUS&user.name=alice`
    request(url, { agent: false, localAddress: `127.0.1.${client}` }, (response) => {
      const reason = response.headers['x-keddah-reason']
      response.resume()
      resolve(reason === undefined ? `${response.statusCode}` : `${response.statusCode} ${String(reason)}`)
    })
      .on('error', reject)
      .end()
  })

const counted = (answers: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1
  return counts
}

const refused: string[] = []
const all = Array.from({ length: 30 }, (_, at) =>
  ask(at + 1).then((answer) => {
    if (answer !== '200') refused.push(answer)
    return answer
  }),
)
await until(() => held.length + refused.length === all.length)
keeps = false
for (const response of held) response.end('ok')
const answers = await Promise.all(all)
const afterwards: string[] = []
for (let count = 0; count < 10; count += 1) afterwards.push(await ask(count + 1))
console.log(
  JSON.stringify({
    held: counted(answers.filter((answer) => answer === '200')),
    refused: counted(refused),
    afterwards: counted(afterwards),
  }),
)
await door.stop()
upstream.close()
process.exit(0)
