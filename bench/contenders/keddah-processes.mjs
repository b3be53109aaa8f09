/**
 * Keddah in two processes of `node:cluster`, the design that threads were measured against:
 * `node keddah-processes.mjs rr|reusePort keddah.yaml`. Each process is a whole one, with a state folder of its own.
 */
import cluster from 'node:cluster'
import { readFileSync, writeFileSync } from 'node:fs'
import { Server } from 'node:net'
import { startApp } from '../../src/app.ts'

const PROCESSES = 2
const [, , mode, file] = process.argv

if (cluster.isPrimary) {
  cluster.schedulingPolicy = cluster.SCHED_RR
  for (let count = 0; count < PROCESSES; count += 1) cluster.fork()
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL')
    process.exit(0)
  })
} else {
  const id = cluster.worker?.id
  if (mode === 'reusePort') {
    const listen = Server.prototype['listen']
    Server.prototype.listen = function (options, ...rest) {
      return listen.call(
        this,
        typeof options === 'object' ? { ...options, reusePort: true } : options,
        ...rest,
      )
    }
  }
  const settings = JSON.parse(readFileSync(file, 'utf8'))
  const own = `${file}.${id}`
  writeFileSync(
    own,
    JSON.stringify({
      ...settings,
      stateDir: `${settings.stateDir}${id}`,
      audit: { ...settings.audit, file: `${settings.audit.file}${id}` },
    }),
  )
  await startApp({
    settingsFile: own,
    environment: new Map(),
    nodeOptions: [],
    version: 'bench',
    loopbackUser: null,
    logDestination: { write() {} },
  })
}
