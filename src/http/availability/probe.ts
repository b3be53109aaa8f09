import type { ServiceKind } from '../../routes/kinds.ts'
import type { Dialer } from '../upstream/dial.ts'
import { faultOf, UpstreamFault } from '../faults.ts'
import { type ProbeStep, probeTarget, readProbe, type ServerRole } from './server-role.ts'
import { UpstreamConnection } from '../upstream/upstream-connection.ts'

/** Longer than a pause of a healthy daemon, shorter than a caller's patience. */
const TIMEOUT_MS = 2_000
const MAX_BYTES = 65_536

type Answer = { readonly status: number; readonly body: Buffer } | 'silent' | 'down'

/** How a server is asked. `onError` is told what went wrong where it is `silent` or `down`. */
interface ProbeOptions {
  readonly kind: ServiceKind
  readonly signal: AbortSignal
  readonly onError: (error: unknown) => void
}

/**
 * Asks a server for its role. A probe says nothing about anybody's requests, and each has a connection of its own: a
 * kept one would not notice that nobody listens any more.
 *
 * Shape: it never fails; what goes wrong is a role. Aborting it makes the server `silent`.
 */
export async function probe(dialer: Dialer, options: ProbeOptions): Promise<ServerRole> {
  let step: ProbeStep = 'isActive'
  // One step leads to another one at most twice.
  for (;;) {
    if (options.signal.aborted) return 'silent'
    const answer = await ask(dialer, probeTarget(options.kind, step), options)
    if (typeof answer === 'string') return answer
    const read = readProbe(step, answer.status, answer.body)
    if (read !== 'named' && read !== 'document') return read
    step = read
  }
}

function ask(dialer: Dialer, path: string, { signal, onError }: ProbeOptions): Promise<Answer> {
  return new Promise((resolve) => {
    const connection = new UpstreamConnection(dialer.dial(), {
      origin: 0,
      host: dialer.host,
      idleMs: 0,
      onClosed: () => {},
    })
    const stop = (): void => connection.abort(new UpstreamFault('headers_timeout'))
    const timer = setTimeout(stop, TIMEOUT_MS)
    timer.unref()
    signal.addEventListener('abort', stop)
    const end = (answer: Answer): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve(answer)
    }
    let status = 0
    const pieces: Buffer[] = []
    let size = 0
    connection.send(
      { method: 'GET', path, headers: ['user-agent', 'keddah'], body: null },
      { headers: TIMEOUT_MS, body: TIMEOUT_MS },
      {
        onHead: (head) => {
          status = head.status
        },
        onData: (piece) => {
          size += piece.length
          if (size > MAX_BYTES) throw new UpstreamFault('protocol')
          pieces.push(piece)
        },
        onEnd: () => end({ status, body: Buffer.concat(pieces) }),
        onError: (error) => {
          if (!signal.aborted) onError(error)
          const { kind } = faultOf(error)
          end(kind === 'connect_refused' || kind === 'dns' ? 'down' : 'silent')
        },
      },
    )
  })
}
