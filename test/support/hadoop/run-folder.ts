import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A fresh folder for the daemons that this process starts, one for each `label`, with `logs`, `tmp` and `data`.
 *
 * Folders of earlier runs are kept until the next one, for their logs. A folder of a run that is still going, told by
 * its pid, is left alone.
 */
export function makeRunFolder(home: string, label = ''): string {
  for (const name of readdirSync(home)) {
    const pid = /^run-(\d+)(?:-|$)/.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      rmSync(join(home, name), { recursive: true, force: true })
  }
  const run = join(home, `run-${process.pid}${label === '' ? '' : `-${label}`}`)
  rmSync(run, { recursive: true, force: true })
  for (const name of ['logs', 'tmp', 'data']) mkdirSync(join(run, name), { recursive: true })
  return run
}
