import type { Snapshot } from '../decision/snapshot.ts'
import type { MachineList } from '../hadoop/machine-list.ts'
import type { GroupService } from '../identity/group-service.ts'
import type { Component } from '../policy/components.ts'
import type { Identifier } from '../identity/identifier.ts'
import type { HostList } from './arrival/host-list.ts'
import type { ServiceKind } from '../routes/kinds.ts'
import type { RouteTable } from '../routes/table.ts'
import type { ClientTls, ServerTls } from '../tls/material.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { DataNodeList } from './redirects/data-node-list.ts'
import type { ServiceLimits } from './limits.ts'
import type { PageLinks } from './pages/page-links.ts'
import type { Locators } from './redirects/locator.ts'
import type { Reviewer } from './review.ts'

/**
 * How long a service waits, all in milliseconds.
 *
 * Shape: `headers` until the head of a request is there; `body` the longest silence while a body flows, in either
 * direction; `connect` to an upstream; `upstreamHeaders` until it begins to answer; `idle` how long a kept-alive
 * connection of a client may wait for its next request, 0: none is kept; `tunnel` the longest silence of a WebSocket.
 */
export interface ServiceTimeouts {
  readonly headers: number
  readonly body: number
  readonly connect: number
  readonly upstreamHeaders: number
  readonly idle: number
  readonly tunnel: number
}

/**
 * How the active one of several servers is found.
 *
 * Shape: `probe` is the time between two probes, `failoverWait` how long a request waits for one to become active, both
 * in milliseconds; `failoverQueue` how many wait so at most; `retryBudget` bounds requests that are sent once more, as a
 * share of all.
 */
export interface HighAvailability {
  readonly probe: number
  readonly failoverWait: number
  readonly failoverQueue: number
  readonly retryBudget: number
}

/**
 * One daemon and the listener in front of it.
 *
 * Shape: `name` is the one of metrics, audit and log; `component` null: no permissions are verified there; port 0 takes a free one; `upstreams` are origins such as
 * `http://nn1:9870`, at least one. Of NameNodes, routers and ResourceManagers the active one is asked; of others the
 * first, the next only where a connection to it is refused.
 * `tls` null: plain HTTP; `upstreamTls` null: `https://` upstreams are verified by what Node knows; `proxyProtocol` null:
 * it is not spoken, else the peers that have to speak it; `hosts` null: any.
 * `maxInFlight` bounds the requests that are at one upstream at one time. `reviewers` are asked about each answer
 * before the client sees any of it, in this order. `redirects` says what becomes of a link that leads elsewhere;
 * `dataNodes` are what a second step may lead to, `nameNodes` what a DataNode may be told to connect to: an empty set
 * is one that nobody knows. `pageLinks` are those on pages that lead to Keddah, null:
 * pages pass as they are. `origins` are those whose pages may open WebSockets, null: those of the host that is asked.
 * `revokeOnRefresh`: what a refresh takes the right from is cut, however long it has run.
 */
export interface ProtectedService {
  readonly name: string
  readonly kind: ServiceKind
  readonly component: Component | null
  readonly listen: { readonly host: string; readonly port: number }
  readonly upstreams: readonly string[]
  readonly enforcement: 'enforce' | 'observe'
  readonly routes: RouteTable
  readonly timeouts: ServiceTimeouts
  readonly maxInFlight: number
  readonly limits: ServiceLimits
  readonly tls: ServerTls | null
  readonly upstreamTls: ClientTls | null
  readonly proxyProtocol: MachineList | null
  readonly hosts: HostList | null
  readonly highAvailability: HighAvailability
  readonly reviewers: readonly Reviewer[]
  readonly redirects: 'rewrite' | 'pass' | 'refuse'
  readonly dataNodes: DataNodeList
  readonly nameNodes: ReadonlySet<string>
  readonly pageLinks: PageLinks | null
  readonly revokeOnRefresh: boolean
  readonly origins: ReadonlySet<string> | null
}

/**
 * What a listener asks the other rooms for. The functions are called for each request, and again after each wait of it,
 * so that a refresh is seen by the very next one and by those that are waiting.
 *
 * Shape: `trustedProxies` null trusts no forwarded address; `hadoopProxies` other than null is the parity switch of
 * D-9; `delegationParameter` says what becomes of a `delegation` that nobody can check; `nodeOptions` are the
 * options Node was started with (`process.execArgv` and the words of `NODE_OPTIONS`).
 */
export interface HttpDependencies {
  snapshot(): Snapshot
  identifier(): Identifier
  groups(): GroupService
  trustedProxies(): MachineList | null
  hadoopProxies(): ReadonlySet<string> | null
  delegationParameter(): 'refuse' | 'strip'
  locators(): Locators
  readonly telemetry: Telemetry
  /** Other threads listen on the same addresses, and the kernel spreads connections over all of them. */
  readonly sharesPorts: boolean
  /** From which their keys for TLS sessions are made, so that any of them resumes one; null: there are no others. */
  readonly ticketSecret: Uint8Array | null
  readonly nodeOptions: readonly string[]
}

/**
 * How something ends: for `delayMs` milliseconds (left out: not at all) it still takes connections, and each answer asks
 * the client to use another one; then it takes no more, and what is in flight may finish for `graceMs`; then it is cut.
 */
export interface DrainTimes {
  readonly delayMs?: number
  readonly graceMs: number
}

/** A listener. `url` is its base address without a trailing slash. */
export interface HttpListener {
  readonly name: string
  readonly url: string
  /** Answers requests from now on, those first that have come since the address was bound. */
  serve(): void
  /**
   * Serves by other settings from the next request on, without losing a connection. What is in flight goes on as it
   * began. Name, kind and address stay what they are.
   */
  update(service: ProtectedService): void
  /** Decides anew about all that is in flight, and cuts what has lost its right. */
  judgeAgain(): Promise<void>
  /** What does not work as it should although requests are taken; empty where all is well. */
  warnings(): readonly string[]
  close(times: DrainTimes): Promise<void>
}
