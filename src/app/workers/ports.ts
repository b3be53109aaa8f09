import { type AddressInfo, createServer, type Server } from 'node:net'
import { Collected } from '../../config/collect.ts'
import type { ReadyService } from '../../config/upstreams.ts'
import type { Place } from '../../errors.ts'
import { cannotListen } from '../../http/listener.ts'
import { placed } from '../placed.ts'

/** An address as it stands in the settings, and the port that it came to: the same, but for 0. */
interface Held {
  readonly host: string
  readonly written: number
  readonly port: number
}

/**
 * The ports that all workers listen on.
 *
 * The kernel lets any process of the same user join those who share a port, and would give it a part of the
 * connections without a word. So each address is first bound by us alone, which fails where anybody has it, and only
 * then handed to the workers; for port 0 this is also what chooses.
 */
export class Ports {
  #held: ReadonlyMap<string, Held> = new Map()
  #staged: ReadonlyMap<string, Held> | null = null

  /**
   * Proves that what these services need is free, and says which port each of them has.
   *
   * Errors: `ERR_CONFIG_LISTEN` with every address that is not free.
   */
  async stage(
    services: readonly ReadyService[],
    placeOf: (service: string) => Place,
  ): Promise<readonly ReadyService[]> {
    const collected = new Collected()
    const staged = new Map<string, Held>()
    const bound: Server[] = []
    try {
      for (const service of services) {
        const { name, listen } = service
        const known = this.#knownFor(service)
        if (known !== null) staged.set(name, known)
        else
          await collected.tryLater(async () => {
            const server = await placed(placeOf(name), () => bind(service))
            bound.push(server)
            const { port } = server.address() as AddressInfo
            staged.set(name, { host: listen.host, written: listen.port, port })
          })
      }
      collected.throwIfAny()
    } finally {
      // Held until all have one, so that no two get the same.
      await Promise.all(bound.map((server) => new Promise((resolve) => server.close(resolve))))
    }
    this.#staged = staged
    return services.map((service) => {
      const port = staged.get(service.name)?.port ?? service.listen.port
      return { ...service, listen: { host: service.listen.host, port } }
    })
  }

  /** Keeps what was staged last. */
  commit(): void {
    this.#held = this.#staged ?? this.#held
    this.#staged = null
  }

  /** A port of ours needs no proof, also where another service takes it over; null: it has to be bound. */
  #knownFor({ name, listen: { host, port } }: ReadyService): Held | null {
    const own = this.#held.get(name)
    if (own?.host === host && own.written === port) return own
    const isOurs = port !== 0 && [...this.#held.values()].some((held) => held.port === port)
    return isOurs ? { host, written: port, port } : null
  }
}

function bind(service: ReadyService): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (cause) => reject(cannotListen(service, cause)))
    server.listen(service.listen, () => resolve(server))
  })
}
