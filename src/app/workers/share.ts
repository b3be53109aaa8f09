import type { ReadyService } from '../../config/upstreams.ts'

/**
 * The services as one of so many workers has them: what bounds the load of an upstream or of this process is divided,
 * rounded up. What bounds one user or one address stays whole, since the connections of one may all be with one worker.
 */
export function shareOf(services: readonly ReadyService[], workers: number): readonly ReadyService[] {
  return services.map((service) => ({
    ...service,
    maxInFlight: Math.ceil(service.maxInFlight / workers),
    highAvailability: {
      ...service.highAvailability,
      failoverQueue: Math.ceil(service.highAvailability.failoverQueue / workers),
    },
    limits: {
      ...service.limits,
      connections: Math.ceil(service.limits.connections / workers),
      queue: { ...service.limits.queue, length: Math.ceil(service.limits.queue.length / workers) },
    },
  }))
}
