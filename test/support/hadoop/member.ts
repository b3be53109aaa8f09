import { type Daemon, type JavaHome, startDaemon } from './java.ts'

/** What a daemon is started with, each time. */
export interface MemberStart {
  /** Also the name of its log. */
  readonly name: string
  readonly mainClass: string
  readonly args: readonly string[]
  readonly ports: readonly number[]
}

/** A daemon that dies, hangs and comes back in the course of a test. */
export class Member {
  /** Base URL of its web server; no trailing slash. */
  readonly url: string
  readonly #home: JavaHome
  readonly #start: MemberStart
  #daemon: Daemon

  /** Starts it; it need not be ready. */
  constructor(home: JavaHome, url: string, start: MemberStart) {
    this.url = url
    this.#home = home
    this.#start = start
    this.#daemon = this.#launch()
  }

  get pid(): number {
    return this.#daemon.pid
  }

  /** Waits until it listens on all its ports and `ask`, if given, says true. */
  ready(ask?: () => Promise<boolean>): Promise<void> {
    return this.#daemon.ready(this.#start.ports, ask)
  }

  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void> {
    return this.#daemon.kill()
  }

  /** SIGSTOP: it hangs, its connections stay open and new ones are taken by the kernel. */
  pause(): void {
    this.#daemon.pause()
  }

  resume(): void {
    this.#daemon.resume()
  }

  stop(): Promise<void> {
    this.#daemon.resume()
    return this.#daemon.stop()
  }

  /** Kills it if it still runs, starts it again on the same ports and waits until it listens. */
  async restart(): Promise<void> {
    await this.#daemon.kill()
    this.#daemon = this.#launch()
    await this.ready()
  }

  #launch(): Daemon {
    const { name, mainClass, args } = this.#start
    return startDaemon(this.#home, name, mainClass, args)
  }
}
