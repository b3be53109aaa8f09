import { Collected } from '../config/collect.ts'
import { ConfigError, type Place } from '../errors.ts'
import { startListener } from '../http/listener.ts'
import type { HttpDependencies, HttpListener, ProtectedService } from '../http/service.ts'
import { placed } from './placed.ts'

/** One listener that runs, and the service it was last told. */
interface Running {
  service: ProtectedService
  readonly listener: HttpListener
}

/**
 * Keeps one listener a service, and follows the settings.
 *
 * A service that stays on its address is told its new routes and upstreams at once, without a connection being lost;
 * one that goes or moves stops accepting, and what is in flight may finish.
 */
export class Listeners {
  readonly #dependencies: HttpDependencies
  readonly #placeOf: (service: string) => Place
  readonly #graceMs: number
  readonly #running = new Map<string, Running>()
  readonly #failures = new Map<string, string>()
  readonly #closing = new Set<Promise<void>>()
  #changes: Promise<void> = Promise.resolve()
  #isClosed = false

  /**
   * `placeOf` says where the address of a service stands in the settings; `graceMs` is how long a listener that goes
   * may finish what is in flight.
   */
  constructor(dependencies: HttpDependencies, placeOf: (service: string) => Place, graceMs: number) {
    this.#dependencies = dependencies
    this.#placeOf = placeOf
    this.#graceMs = graceMs
  }

  /**
   * Opens all, or none.
   *
   * Errors: `ERR_CONFIG_LISTEN` with every address that cannot be listened on.
   */
  async openAll(services: readonly ProtectedService[]): Promise<void> {
    const collected = new Collected()
    for (const service of services) await collected.tryLater(() => this.#open(service))
    if (collected.errors.length > 0) await this.close(0)
    collected.throwIfAny()
  }

  /**
   * Follows new settings: whoever stays is updated before this returns, the rest is done in the background, one change
   * after the other. What cannot be opened is a failure, and is tried again at the next call.
   */
  follow(services: readonly ProtectedService[]): void {
    for (const service of services) this.#update(service)
    const { log } = this.#dependencies.telemetry
    this.#changes = this.#changes
      .then(() => this.#change(services))
      .catch((err: unknown) => log.error({ err }, 'the listeners could not follow the settings'))
  }

  /** Resolves when all that was asked for so far has been tried. */
  settled(): Promise<void> {
    return this.#changes
  }

  /** Base addresses by service, in the order in which they were opened. */
  urls(): ReadonlyMap<string, string> {
    return new Map([...this.#running].map(([name, { listener }]) => [name, listener.url]))
  }

  /** One sentence for each service that should be listened for and is not. */
  failures(): readonly string[] {
    return [...this.#failures.values()]
  }

  /** Stops accepting, lets what is in flight finish for `graceMs` milliseconds, then cuts it. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true
    await this.#changes
    for (const name of this.#running.keys()) this.#stop(name, graceMs)
    await Promise.all(this.#closing)
  }

  async #change(services: readonly ProtectedService[]): Promise<void> {
    if (this.#isClosed) return
    const wanted = new Map(services.map((service) => [service.name, service]))
    const ports = new Set(services.map(({ listen }) => listen.port).filter((port) => port !== 0))
    for (const [name, { service }] of this.#running) {
      const next = wanted.get(name)
      // Only where its own port is needed anew does a listener go before the next one is there.
      const isInTheWay = next !== undefined && !isSameDoor(service, next) && ports.has(service.listen.port)
      if (next === undefined || isInTheWay) this.#stop(name, this.#graceMs)
    }
    for (const name of this.#failures.keys()) if (!wanted.has(name)) this.#failures.delete(name)
    for (const service of services) {
      if (this.#update(service)) this.#failures.delete(service.name)
      else await this.#reopen(service)
    }
  }

  /** Whether the service is listened for as it should be. */
  #update(service: ProtectedService): boolean {
    const running = this.#running.get(service.name)
    if (running === undefined || !isSameDoor(running.service, service)) return false
    if (running.service !== service) running.listener.update(service)
    running.service = service
    return true
  }

  async #open(service: ProtectedService): Promise<void> {
    const { name, upstreams } = service
    const { log } = this.#dependencies.telemetry
    const listener = await placed(this.#placeOf(name), () => startListener(service, this.#dependencies))
    this.#running.set(name, { service, listener })
    log.info({ service: name, url: listener.url, upstreams }, 'listening')
  }

  /** Opens it, and only then closes the one before; or keeps that one, and why the new one could not be opened. */
  async #reopen(service: ProtectedService): Promise<void> {
    const before = this.#running.get(service.name)
    try {
      await this.#open(service)
      if (before !== undefined) this.#retire(service.name, before, this.#graceMs)
      this.#failures.delete(service.name)
    } catch (err) {
      if (!(err instanceof ConfigError)) throw err
      if (before !== undefined) {
        before.service = { ...service, listen: before.service.listen }
        before.listener.update(before.service)
      }
      this.#failures.set(service.name, err.message)
      this.#dependencies.telemetry.log.error({ service: service.name, err }, 'cannot listen')
    }
  }

  /** Stops accepting at once, so that another listener may take the address. */
  #stop(name: string, graceMs: number): void {
    const running = this.#running.get(name)
    if (running === undefined) return
    this.#running.delete(name)
    this.#retire(name, running, graceMs)
  }

  #retire(name: string, running: Running, graceMs: number): void {
    const { log } = this.#dependencies.telemetry
    const closed = running.listener
      .close({ graceMs })
      .then(() => log.info({ service: name, url: running.listener.url }, 'closed'))
      .finally(() => this.#closing.delete(closed))
    this.#closing.add(closed)
  }
}

/** What a listener cannot change: its address, and the kind of daemon that it stands for. */
const isSameDoor = (one: ProtectedService, other: ProtectedService): boolean =>
  one.kind === other.kind && one.listen.host === other.listen.host && one.listen.port === other.listen.port
