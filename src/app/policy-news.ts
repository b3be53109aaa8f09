import type { Logger } from '../telemetry/log.ts'
import type { PolicyListener } from './live-permissions.ts'

/** Tells an operator of downloads from Ranger Admin that do not go as they should. */
export const policyNews = (log: Logger): Pick<PolicyListener, 'onFailure' | 'onEmptied'> => ({
  onFailure: ({ component, serviceName }, { what, reason, message }) =>
    log.warn(
      { component, rangerService: serviceName, what, reason },
      `a download from Ranger Admin has failed, what was there stays in force: ${message}`,
    ),
  onEmptied: ({ component, serviceName }) =>
    log.warn(
      { component, rangerService: serviceName },
      'all policies of Ranger are gone: the service has none any more, or was deleted',
    ),
})
