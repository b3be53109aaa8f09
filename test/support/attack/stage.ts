import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type DoorOptions, openDoor, type TestDoor } from '../door.ts'
import {
  type Bytes,
  call,
  type Caller,
  type CallOptions,
  type Reply,
  send,
  type SendOptions,
} from './client.ts'
import { HONEST_PATH, type LenientUpstream, startLenientUpstream } from './lenient-upstream.ts'
import type { SeenRequest } from './messages.ts'

/** Keddah between an attacker and a server that falls for everything. Made once for a file. */
export interface Stage {
  readonly door: TestDoor
  readonly upstream: LenientUpstream
  send(bytes: Bytes, options?: SendOptions): Promise<Reply>
  call(options?: CallOptions): Promise<Caller>
  /**
   * What has reached the upstream since the test began. An honest request is sent first and its answer awaited, so
   * that whatever was on its way has arrived.
   */
  reached(): Promise<readonly SeenRequest[]>
}

/** The target of a request that alice may make. */
export const ALLOWED = '/webhdfs/v1/?op=LISTSTATUS&user.name=alice'
/** The same of mallory, who may not. */
export const DENIED = '/webhdfs/v1/?op=LISTSTATUS&user.name=mallory'
const HONEST = `${HONEST_PATH}?op=GETFILESTATUS&user.name=alice`

/** A request without a body. `lines` are further headers, as sent. */
export const get = (target: string, ...lines: readonly string[]): string =>
  head(`GET ${target} HTTP/1.1`, 'Host: nn', ...lines)

/** A request whose connection is to end with its answer. */
export const lastGet = (target: string, ...lines: readonly string[]): string =>
  get(target, ...lines, 'Connection: close')

/** A head: a request line and header lines, as they are. */
export const head = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`

/** A chunked body of these chunks. */
export const chunked = (...chunks: readonly string[]): string =>
  `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`

/** Opens a stage before the tests of a file, and forgets between them what was asked. */
export function useStage(options: Omit<DoorOptions, 'upstreams'> = {}): Stage {
  let upstream: LenientUpstream | null = null
  let door: TestDoor | null = null
  beforeAll(async () => {
    upstream = await startLenientUpstream()
    door = await openDoor({ upstreams: [upstream.url], ...options })
  })
  beforeEach(() => upstream?.reset())
  afterAll(async () => {
    await door?.stop()
    await upstream?.close()
  })
  const stage: Stage = {
    get door() {
      return opened(door)
    },
    get upstream() {
      return opened(upstream)
    },
    send: (bytes, options) => send(stage.door.url, bytes, options),
    call: (options) => call(stage.door.url, options),
    async reached() {
      const reply = await stage.send(lastGet(HONEST))
      if (reply.status !== 200 || reply.body !== 'ok' || reply.rest !== '')
        throw new Error(`an honest request was answered with ${JSON.stringify(reply)}`)
      return stage.upstream.requests().filter(({ target }) => !target.startsWith(HONEST_PATH))
    },
  }
  return stage
}

function opened<T>(value: T | null): T {
  if (value === null) throw new Error('the stage is set when the tests run')
  return value
}
