import type { Telemetry } from '../../telemetry/telemetry.ts'
import { type ActiveObserver, ActiveServer } from './active-server.ts'
import { Dialer } from '../upstream/dial.ts'
import { faultOf } from '../faults.ts'
import { probe } from './probe.ts'
import { RetryBudget } from './retry-budget.ts'
import { hasRoles } from './server-role.ts'
import { EqualServers, type Servers, ServersWithRoles } from './servers.ts'
import type { ProtectedService } from '../service.ts'
import { WaitingRoom } from './waiting-room.ts'

type Watched = Pick<
  ProtectedService,
  'name' | 'kind' | 'upstreams' | 'upstreamTls' | 'timeouts' | 'maxInFlight' | 'highAvailability'
>
type Seen = Pick<Telemetry, 'metrics' | 'log'>

/** The servers of a service. Where one of them is active, it is looked for from now on until they are closed. */
export function serversOf(service: Watched, telemetry: Seen): Servers {
  const { name, kind, upstreams, highAvailability, maxInFlight } = service
  const budget = new RetryBudget(highAvailability.retryBudget, maxInFlight)
  if (!hasRoles(service)) return new EqualServers(upstreams.length, budget)
  const { metrics } = telemetry
  const probing = new AbortController()
  /** What goes wrong with probes, so that it is told once, however long it lasts. */
  const troubles = new Map<string, string>()
  const active = new ActiveServer(
    upstreams.map((upstream) => {
      const dialer = new Dialer(upstream, service)
      const onError = (err: unknown): void => {
        const { kind: reason } = faultOf(err)
        if (troubles.get(upstream) === reason) return
        troubles.set(upstream, reason)
        telemetry.log.warn(
          { service: name, upstream, reason, err },
          'a server cannot be asked whether it is active',
        )
      }
      return () => probe(dialer, { kind, signal: probing.signal, onError })
    }),
    { intervalMs: highAvailability.probe, observer: observerOf(service, telemetry, troubles) },
  )
  const unwatch = metrics.watchActive(name, () =>
    upstreams.map((upstream, index) => [upstream, index === active.current]),
  )
  return new ServersWithRoles(active, {
    budget,
    room: new WaitingRoom(
      highAvailability.failoverQueue,
      highAvailability.failoverWait,
      metrics.queued(name),
    ),
    close: () => {
      probing.abort()
      unwatch()
    },
  })
}

function observerOf(
  { name: service, upstreams }: Watched,
  { metrics, log }: Seen,
  troubles: Map<string, string>,
): ActiveObserver {
  const at = (index: number | null): string | null => (index === null ? null : (upstreams[index] ?? null))
  return {
    found(index, before, cause) {
      const [to, from] = [at(index), at(before)]
      if (from === null) log.info({ service, upstream: to }, 'an active server was found')
      else if (from === to) log.info({ service, upstream: to }, 'the active server is back')
      else {
        metrics.failedOver(service, cause)
        log.warn({ service, from, to, cause }, 'failed over to another server')
      }
    },
    lost(index, cause) {
      log.warn({ service, from: at(index), cause }, 'the active server was lost, and no other is known yet')
    },
    probed(index, role) {
      const upstream = upstreams[index] ?? ''
      metrics.probed(service, upstream, role)
      if (role !== 'silent' && role !== 'down') troubles.delete(upstream)
    },
  }
}
