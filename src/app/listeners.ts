import { Collected } from '../config/collect.ts'
import { ConfigError, type Place } from '../errors.ts'
import { startListener } from '../http/listener.ts'
import type { DrainTimes, HttpDependencies, HttpListener, ProtectedService } from '../http/service.ts'
import { placed } from './placed.ts'

/** One listener that runs, and the service it was last told. */
interface Running {
  service: ProtectedService
  readonly listener: HttpListener
}

/** What is ready to be put in force: the services, and the listeners that they need besides those that stay. */
interface Staged {
  readonly services: readonly ProtectedService[]
  readonly bound: ReadonlyMap<string, HttpListener>
}

/** Where the address of a service stands in the settings. */
type PlaceOf = (service: string) => Place

/**
 * Keeps one listener a service, and follows the settings in two steps, so that nothing is ever half in force: `stage`
 * binds what is new, and `commit` puts it in force.
 *
 * A service that stays on its address is told its new routes and upstreams at once, without a connection being lost;
 * one that goes or moves stops accepting, and what is in flight may finish.
 */
export class Listeners {
  readonly #dependencies: HttpDependencies
  readonly #removed: DrainTimes
  readonly #running = new Map<string, Running>()
  readonly #failures = new Map<string, string>()
  readonly #closing = new Set<Promise<void>>()
  #staging: Promise<unknown> = Promise.resolve()
  #staged: Staged | null = null
  #isClosed = false

  /** `graceMs` is how long a listener that goes may finish what is in flight. */
  constructor(dependencies: HttpDependencies, graceMs: number) {
    this.#dependencies = dependencies
    this.#removed = { graceMs }
  }

  /**
   * Binds every address that these services need and that is not bound yet; nothing is answered there before `commit`.
   * An address of our own that is given up by the same change counts as free. One call at a time.
   *
   * Errors: `ERR_CONFIG_LISTEN` with every address that cannot be listened on; then all is as it was before.
   */
  async stage(services: readonly ProtectedService[], placeOf: PlaceOf): Promise<void> {
    if (this.#isClosed) return
    const staging = this.#bindAll(services, placeOf)
    // Whoever closes waits for its end, however that is; why it failed is told to who asked for it, below.
    this.#staging = staging.catch(() => {})
    this.#staged = { services, bound: await staging }
  }

  /** Puts in force what was staged; does nothing where nothing was. */
  commit(): void {
    if (this.#staged === null) return
    const { services, bound } = this.#staged
    this.#staged = null
    const wanted = new Set(services.map(({ name }) => name))
    for (const name of this.#running.keys()) if (!wanted.has(name)) this.#stop(name, this.#removed)
    for (const service of services) {
      const listener = bound.get(service.name)
      if (listener === undefined) this.#update(service)
      else this.#serve(service, listener)
    }
    this.#failures.clear()
  }

  /** Gives up what was staged. */
  async drop(): Promise<void> {
    const staged = this.#staged
    this.#staged = null
    if (staged !== null) await closeAll(staged.bound.values())
  }

  /** Decides anew about all that is in flight. */
  async judgeAgain(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ listener }) => listener.judgeAgain()))
  }

  /** Base addresses by service, in the order in which they were opened. */
  urls(): ReadonlyMap<string, string> {
    return new Map([...this.#running].map(([name, { listener }]) => [name, listener.url]))
  }

  /** One sentence for each service that should be listened for and is not. */
  failures(): readonly string[] {
    return [...this.#failures.values()]
  }

  /** One sentence for each thing that does not work as it should although requests are taken. */
  warnings(): readonly string[] {
    return [...this.#running.values()].flatMap(({ listener }) => listener.warnings())
  }

  /** Ends all of them; see `DrainTimes`. */
  async close(times: DrainTimes): Promise<void> {
    this.#isClosed = true
    await this.#staging
    await this.drop()
    for (const name of this.#running.keys()) this.#stop(name, times)
    await Promise.all(this.#closing)
  }

  async #bindAll(
    services: readonly ProtectedService[],
    placeOf: PlaceOf,
  ): Promise<ReadonlyMap<string, HttpListener>> {
    const bound = new Map<string, HttpListener>()
    const givenUp = this.#givenUpBy(services)
    const blocked: ProtectedService[] = []
    try {
      const collected = new Collected()
      for (const service of services) {
        if (this.#stays(service)) continue
        await collected.tryLater(async () => {
          const listener = await this.#bindUnlessBlocked(service, givenUp, placeOf)
          if (listener === null) blocked.push(service)
          else bound.set(service.name, listener)
        })
      }
      collected.throwIfAny()
      if (blocked.length > 0) await this.#bindInPlaceOf(givenUp, blocked, bound, placeOf)
      return bound
    } catch (error) {
      await closeAll(bound.values())
      throw error
    }
  }

  /** Null where its port is one that we hold ourselves and are about to give up. */
  async #bindUnlessBlocked(
    service: ProtectedService,
    givenUp: ReadonlyMap<string, Running>,
    placeOf: PlaceOf,
  ): Promise<HttpListener | null> {
    try {
      return await this.#bind(service, placeOf)
    } catch (error) {
      const isOurs = [...givenUp.values()].some(({ listener }) => portOf(listener) === service.listen.port)
      // Where ports are shared, our own listeners are in nobody's way.
      if (isOurs && isTaken(error) && !this.#dependencies.sharesPorts) return null
      throw error
    }
  }

  /**
   * Stops those that are in the way, and binds the others at once: all that could be wrong elsewhere has been found by
   * now. Where it fails all the same, those that were stopped are opened again.
   */
  async #bindInPlaceOf(
    givenUp: ReadonlyMap<string, Running>,
    blocked: readonly ProtectedService[],
    bound: Map<string, HttpListener>,
    placeOf: PlaceOf,
  ): Promise<void> {
    const ports = new Set(blocked.map(({ listen }) => listen.port))
    const stopped = [...givenUp].filter(([, { listener }]) => ports.has(portOf(listener)))
    for (const [name] of stopped) this.#stop(name, this.#removed)
    try {
      const collected = new Collected()
      for (const service of blocked)
        await collected.tryLater(async () => bound.set(service.name, await this.#bind(service, placeOf)))
      collected.throwIfAny()
    } catch (error) {
      await closeAll(bound.values())
      bound.clear()
      for (const [, running] of stopped) await this.#openAgain(running, placeOf)
      throw error
    }
  }

  async #openAgain({ service, listener }: Running, placeOf: PlaceOf): Promise<void> {
    const { host } = service.listen
    try {
      // Port 0 had become a port that clients know by now.
      const again = await this.#bind({ ...service, listen: { host, port: portOf(listener) } }, placeOf)
      this.#serve(service, again)
    } catch (err) {
      if (!(err instanceof ConfigError)) throw err
      this.#failures.set(service.name, err.message)
      this.#dependencies.telemetry.log.error({ service: service.name, err }, 'cannot listen')
    }
  }

  #bind(service: ProtectedService, placeOf: PlaceOf): Promise<HttpListener> {
    return placed(placeOf(service.name), () => startListener(service, this.#dependencies))
  }

  #stays(service: ProtectedService): boolean {
    const running = this.#running.get(service.name)
    return running !== undefined && isSameDoor(running.service, service)
  }

  /** Those that run and would not go on under these services. */
  #givenUpBy(services: readonly ProtectedService[]): ReadonlyMap<string, Running> {
    const staying = new Set(services.filter((service) => this.#stays(service)).map(({ name }) => name))
    return new Map([...this.#running].filter(([name]) => !staying.has(name)))
  }

  #update(service: ProtectedService): void {
    const running = this.#running.get(service.name)
    if (running === undefined) return
    running.listener.update(service)
    running.service = service
  }

  #serve(service: ProtectedService, listener: HttpListener): void {
    this.#stop(service.name, this.#removed)
    this.#running.set(service.name, { service, listener })
    listener.serve()
    const { name, upstreams } = service
    this.#dependencies.telemetry.log.info({ service: name, url: listener.url, upstreams }, 'listening')
  }

  /** Stops accepting at once, so that another listener may take the address. */
  #stop(name: string, times: DrainTimes): void {
    const running = this.#running.get(name)
    if (running === undefined) return
    this.#running.delete(name)
    const { listener } = running
    const { log } = this.#dependencies.telemetry
    const closed = listener
      .close(times)
      .then(() => log.info({ service: name, url: listener.url }, 'closed'))
      .finally(() => this.#closing.delete(closed))
    this.#closing.add(closed)
  }
}

const closeAll = (listeners: Iterable<HttpListener>): Promise<unknown> =>
  Promise.all([...listeners].map((listener) => listener.close({ graceMs: 0 })))

/**
 * What a listener cannot change: its address, the kind of daemon that it stands for, and what a connection begins with.
 * Certificates can change.
 */
const isSameDoor = (one: ProtectedService, other: ProtectedService): boolean =>
  one.kind === other.kind &&
  one.listen.host === other.listen.host &&
  one.listen.port === other.listen.port &&
  one.tls?.clientAuth === other.tls?.clientAuth &&
  (one.proxyProtocol === null) === (other.proxyProtocol === null)

const portOf = ({ url }: HttpListener): number => Number(new URL(url).port)

/** Whether an address cannot be listened on because somebody does already. */
function isTaken(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if ('code' in at && at.code === 'EADDRINUSE') return true
  return false
}
