import type { Telemetry } from '../telemetry/telemetry.ts'
import type { PolicyListener } from './live-permissions.ts'

/** Tells an operator of downloads from Ranger Admin that do not go as they should, and counts them. */
export const policyNews = ({
  log,
  metrics,
}: Pick<Telemetry, 'log' | 'metrics'>): Pick<PolicyListener, 'onFailure' | 'onEmptied'> => ({
  onFailure({ component, serviceName }, { what, reason, message }) {
    metrics.ranger.failed(component, what, reason)
    log.warn(
      { component, rangerService: serviceName, what, reason },
      `a download from Ranger Admin has failed, what was there stays in force: ${message}`,
    )
  },
  onEmptied({ component, serviceName }) {
    metrics.ranger.emptied(component)
    log.warn(
      { component, rangerService: serviceName },
      'all policies of Ranger are gone: the service has none any more, or was deleted',
    )
  },
})
