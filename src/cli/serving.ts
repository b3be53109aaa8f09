import type { App } from '../app.ts'

/** How long requests may go on once the process is told to end; the unit file waits a little longer. */
const GRACE_MS = 30_000

/**
 * Follows the signals of the process until it is told to end: SIGHUP loads everything anew, SIGTERM and SIGINT drain,
 * a second one cuts what is left. Defects that nobody caught are logged; the requests they belong to were refused.
 */
export async function serveUntilStopped(app: App, graceMs: number = GRACE_MS): Promise<void> {
  const { log } = app.telemetry
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  const { promise: cut, resolve: cutNow } = Promise.withResolvers<void>()
  let asked = 0
  const onStop = (signal: NodeJS.Signals): void => {
    asked += 1
    log.info({ signal }, asked === 1 ? 'stopping: no new requests' : 'stopping now')
    if (asked === 1) stop()
    else cutNow()
  }
  const onHangup = (): void => {
    app.reload().catch((err: unknown) => log.error({ err }, 'the reload failed'))
  }
  const onDefect = (err: unknown): void => log.error({ err }, 'a defect: nobody caught this')
  process.on('SIGTERM', onStop)
  process.on('SIGINT', onStop)
  process.on('SIGHUP', onHangup)
  process.on('uncaughtException', onDefect)
  process.on('unhandledRejection', onDefect)
  await stopped
  await Promise.race([app.close({ graceMs }), cut])
}
