import type { App } from '../app.ts'
import { followHangups, holdHangups } from './hangups.ts'

/** What the process is told. `asked` resolves at the first SIGTERM or SIGINT, `insisted` at the second. */
export interface StopSignals {
  readonly asked: Promise<NodeJS.Signals>
  readonly insisted: Promise<NodeJS.Signals>
}

/** Takes the signals from now on, so that what was started is also ended. A SIGHUP waits for the end of the start. */
export function listenForStop(): StopSignals {
  const first = Promise.withResolvers<NodeJS.Signals>()
  const second = Promise.withResolvers<NodeJS.Signals>()
  let count = 0
  const onStop = (signal: NodeJS.Signals): void => {
    count += 1
    if (count === 1) first.resolve(signal)
    else second.resolve(signal)
  }
  process.on('SIGTERM', onStop)
  process.on('SIGINT', onStop)
  holdHangups()
  return { asked: first.promise, insisted: second.promise }
}

/**
 * Follows the signals of the process until it is told to end: SIGHUP loads everything anew, the first SIGTERM or
 * SIGINT drains, the second cuts what is left. Defects that nobody caught are logged and counted; what they belonged to
 * was not forwarded.
 */
export async function serveUntilStopped(
  app: App,
  { asked, insisted }: StopSignals,
  times: () => ReturnType<App['drainTimes']> = () => app.drainTimes(),
): Promise<void> {
  const { log, metrics } = app.telemetry
  const onDefect = (err: unknown): void => {
    metrics.defect()
    log.error({ err }, 'a defect: nobody caught this')
  }
  process.on('uncaughtException', onDefect)
  process.on('unhandledRejection', onDefect)
  followHangups(() => {
    app.reload().catch((err: unknown) => log.error({ err }, 'the reload failed'))
  })
  log.info({ signal: await asked }, 'stopping: no new requests')
  const cut = insisted.then((signal) => {
    log.warn({ signal }, 'stopping now: requests are cut')
    return Promise.all([app.telemetry.audit.close(), app.telemetry.rangerAudit.close()])
  })
  await Promise.race([app.close(times()), cut])
}
