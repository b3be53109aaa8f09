import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerRole } from './server-role.ts'

/** However many ask, no server is asked more often. */
const SPACING_MS = 25

/** Asks one server for its role, one probe at a time, however many want to know. */
export class Prober {
  readonly #probe: () => Promise<ServerRole>
  #running: Promise<ServerRole> | null = null
  #next: Promise<ServerRole> | null = null
  #startedAt = -SPACING_MS

  /** `probe` never fails. */
  constructor(probe: () => Promise<ServerRole>) {
    this.#probe = probe
  }

  /** The answer to a probe that began after this call: one that was under way may tell what is not so any more. */
  ask(): Promise<ServerRole> {
    if (this.#running === null) return this.#run()
    this.#next ??= this.#running.then(() => {
      this.#next = null
      return this.#run()
    })
    return this.#next
  }

  #run(): Promise<ServerRole> {
    this.#running = this.#start()
    return this.#running
  }

  async #start(): Promise<ServerRole> {
    const wait = this.#startedAt + SPACING_MS - performance.now()
    if (wait > 0) await sleep(wait, undefined, { ref: false })
    this.#startedAt = performance.now()
    const role = await this.#probe()
    this.#running = null
    return role
  }
}
