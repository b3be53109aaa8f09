import { Agent, type ClientRequest, request, type RequestOptions } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What came of the requests so far: how often each status, and what should never happen. */
export interface Tally {
  readonly statuses: Map<number, number>
  readonly wrong: string[]
}

/** Statuses that requests may get while the upstream is restarted and users lose their rights. */
const EXPECTED = new Set([200, 403, 502, 503, 504])
const BODY = 'the whole answer'
const WORKERS = 24
const MAX_UPLOAD = 300_000

/** What the upstream says to everything, so that an answer that is cut short is seen. */
export const ANSWER: string = BODY

/**
 * Sends requests of all kinds from many workers until `isOver` says so: reads, small and large uploads of both framings,
 * refused ones, clients that hang up at any moment and clients that read nothing.
 */
export async function load(url: string, tally: Tally, isOver: () => boolean): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS })
  const worker = async (): Promise<void> => {
    while (!isOver()) await one(url, agent, tally)
  }
  await Promise.all(Array.from({ length: WORKERS }, worker))
  agent.destroy()
}

async function one(url: string, agent: Agent, { statuses, wrong }: Tally): Promise<void> {
  const dice = Math.random()
  const user = dice < 0.1 ? 'mallory' : 'alice'
  const isUpload = dice > 0.6
  const target = isUpload ? `/f?op=MKDIRS&user.name=${user}` : `/f?op=OPEN&user.name=${user}`
  const options = { agent, method: isUpload ? 'PUT' : 'GET' }
  const abortAfter = Math.random() < 0.15 ? Math.random() * 20 : null
  const answer = await send(`${url}/webhdfs/v1${target}`, options, isUpload, abortAfter)
  if (answer === null) {
    await sleep(1)
    return
  }
  statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
  if (!EXPECTED.has(answer.status)) wrong.push(`status ${answer.status}`)
  if (answer.status === 200 && answer.body !== BODY) wrong.push(`a body of ${answer.body.length} bytes`)
  if (answer.status === 200 && user === 'mallory') wrong.push('somebody was let in')
}

/** Null: there was no whole answer, because of this client or of what is behind. */
function send(
  url: string,
  options: RequestOptions,
  isUpload: boolean,
  abortAfter: number | null,
): Promise<{ status: number; body: string } | null> {
  return new Promise((resolve) => {
    const sent: ClientRequest = request(url, options, (response) => {
      let body = ''
      response.setEncoding('latin1').on('data', (text: string) => (body += text))
      response.on('close', () =>
        resolve(response.complete ? { status: response.statusCode ?? 0, body } : null),
      )
    })
    sent.on('error', () => resolve(null))
    if (abortAfter !== null) setTimeout(() => sent.destroy(), abortAfter)
    if (!isUpload) return void sent.end()
    const size = Math.floor(Math.random() ** 3 * MAX_UPLOAD)
    if (Math.random() < 0.5) sent.setHeader('Content-Length', size)
    sent.setHeader('Content-Type', 'application/octet-stream')
    sent.end(Buffer.alloc(size))
  })
}
