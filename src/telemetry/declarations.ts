import type { Merge } from './merge.ts'
import { RANGER_METRICS } from './ranger-declarations.ts'

/**
 * What a metric is called, what it means and which labels it has.
 *
 * Shape: `merge` says how the values of several workers become one; left out: they are added up.
 */
export interface MetricDeclaration {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
  readonly merge?: Merge
}

/** Of a state it has to be said what several of them are together. */
export type GaugeDeclaration = MetricDeclaration & { readonly merge: Merge }

/**
 * Every metric but those of `RANGER_METRICS`, declared once. Labels have few values: names and upstreams of configured services, and words of ours;
 * never a user, a path or an address of a caller. `docs/metrics.md` mirrors this table, and a test keeps the two equal.
 */
export const METRICS = {
  decisions: {
    name: 'keddah_decisions_total',
    type: 'counter',
    help: 'Decisions; effect is allow, deny, or would_deny where the service only observes.',
    labels: ['service', 'effect', 'reason'],
  },
  requestSeconds: {
    name: 'keddah_request_seconds',
    type: 'histogram',
    help: 'Time from the head of a request to the end of its answer, the upstream included.',
    labels: ['service'],
    buckets: [
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ],
  },
  decisionSeconds: {
    name: 'keddah_decision_seconds',
    type: 'histogram',
    help: 'Time of the decision alone, cache look-up included, group look-up excluded.',
    labels: [],
    buckets: [
      0.000001, 0.0000025, 0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.01, 0.1,
    ],
  },
  cacheHits: {
    name: 'keddah_cache_hits_total',
    type: 'counter',
    help: 'Decisions answered by the decision cache, over all policies so far.',
    labels: [],
  },
  cacheMisses: {
    name: 'keddah_cache_misses_total',
    type: 'counter',
    help: 'Decisions that the decision cache did not hold, over all policies so far.',
    labels: [],
  },
  cacheSize: {
    name: 'keddah_cache_size',
    type: 'gauge',
    help: 'Decisions in the cache of the policy in force.',
    labels: [],
    merge: 'sum',
  },
  permissionDecisions: {
    name: 'keddah_permission_decisions_total',
    type: 'counter',
    help: 'Requests whose permission was verified; decision is allow, deny, or native where the component decides; enforcer is ranger-acl, role or native.',
    labels: ['component', 'decision', 'enforcer'],
  },
  policyEvalSeconds: {
    name: 'keddah_policy_eval_seconds',
    type: 'histogram',
    help: 'Time of the decision where a resource was asked about, cache look-ups included, group look-up excluded.',
    labels: [],
    buckets: [
      0.000001, 0.0000025, 0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.01, 0.1,
    ],
  },
  permissionCacheHits: {
    name: 'keddah_permission_cache_hits_total',
    type: 'counter',
    help: 'Verdicts on resources answered by their cache, over all permissions so far.',
    labels: [],
  },
  permissionCacheMisses: {
    name: 'keddah_permission_cache_misses_total',
    type: 'counter',
    help: 'Verdicts on resources that their cache did not hold, over all permissions so far.',
    labels: [],
  },
  componentVerification: {
    name: 'keddah_component_verification',
    type: 'gauge',
    help: '1 where the permissions of a component are verified without Ranger too, 0 where not; nothing while verification is off.',
    labels: ['component'],
    merge: 'main',
  },
  rangerEnabled: {
    name: 'keddah_ranger_enabled',
    type: 'gauge',
    help: '1 where Ranger is enabled for a component, 0 where not; nothing while permission verification is off.',
    labels: ['component'],
    merge: 'main',
  },
  permissionDecider: {
    name: 'keddah_permission_verification',
    type: 'gauge',
    help: '1 for what decides about a component: ranger, role, mode (nobody gets in: there are no roles), none (nobody asks); 0 for the others.',
    labels: ['component', 'decider'],
    merge: 'main',
  },
  permissionSwitches: {
    name: 'keddah_permission_switches_total',
    type: 'counter',
    help: 'Requests to switch the verification of a component, by result: changed, unchanged, stale, refused, failed.',
    labels: ['component', 'result'],
  },
  policyInfo: {
    name: 'keddah_policy_info',
    type: 'gauge',
    help: 'Always 1; its label is the revision of the policy in force.',
    labels: ['revision'],
    merge: 'main',
  },
  policyAge: {
    name: 'keddah_policy_age_seconds',
    type: 'gauge',
    help: 'Time since the policy in force was loaded.',
    labels: [],
    merge: 'main',
  },
  policyLoaded: {
    name: 'keddah_policy_loaded_timestamp_seconds',
    type: 'gauge',
    help: 'When the policy in force was loaded, in Unix time.',
    labels: [],
    merge: 'main',
  },
  policyFindings: {
    name: 'keddah_policy_findings',
    type: 'gauge',
    help: 'Warnings about the files of the policy in force: unknown, duplicate and empty keys and the like.',
    labels: [],
    merge: 'main',
  },
  refreshes: {
    name: 'keddah_refreshes_total',
    type: 'counter',
    help: 'Loads of settings and policy, by what asked for them and how they ended.',
    labels: ['trigger', 'result'],
  },
  reloadFailures: {
    name: 'keddah_policy_reload_failures_total',
    type: 'counter',
    help: 'Refreshes that failed and left the old policy in force, by error code.',
    labels: ['reason'],
  },
  upstreamRequests: {
    name: 'keddah_upstream_requests_total',
    type: 'counter',
    help: 'Requests sent to an upstream, by outcome: the class of the status, or error, or aborted.',
    labels: ['service', 'outcome'],
  },
  upstreamErrors: {
    name: 'keddah_upstream_errors_total',
    type: 'counter',
    help: 'Requests that an upstream did not answer properly, by kind.',
    labels: ['service', 'kind'],
  },
  connections: {
    name: 'keddah_connections',
    type: 'gauge',
    help: 'Connections of clients that are open.',
    labels: ['service'],
    merge: 'sum',
  },
  connectionsRefused: {
    name: 'keddah_connections_refused_total',
    type: 'counter',
    help: 'Connections that were closed before they could bring a request, by reason.',
    labels: ['service', 'reason'],
  },
  clientAborts: {
    name: 'keddah_client_aborts_total',
    type: 'counter',
    help: 'Requests whose client was gone before the answer was complete.',
    labels: ['service'],
  },
  revoked: {
    name: 'keddah_revoked_total',
    type: 'counter',
    help: 'Requests in flight that a refresh took the right from: tunnel, download, upload, or a question not answered yet.',
    labels: ['service', 'kind'],
  },
  upstreamActive: {
    name: 'keddah_upstream_active',
    type: 'gauge',
    help: '1 for the server that is asked, of several NameNodes, routers or ResourceManagers; 0 for the others.',
    labels: ['service', 'upstream'],
    merge: 'max',
  },
  failovers: {
    name: 'keddah_failovers_total',
    type: 'counter',
    help: 'Changes from one active server to another, by what became of the one before: standby, down, promoted.',
    labels: ['service', 'cause'],
  },
  retries: {
    name: 'keddah_upstream_retries_total',
    type: 'counter',
    help: 'Requests sent once more, by what came of it before: refused, standby, retriable, lost, or stale (a kept connection was lost).',
    labels: ['service', 'cause'],
  },
  probes: {
    name: 'keddah_probes_total',
    type: 'counter',
    help: 'Questions to servers whether they are active, by answer: active, standby, unknown, silent, down.',
    labels: ['service', 'upstream', 'result'],
  },
  tunnels: {
    name: 'keddah_tunnels_open',
    type: 'gauge',
    help: 'WebSockets that are open; each is also a request being worked on.',
    labels: ['service'],
    merge: 'sum',
  },
  tunnelsClosed: {
    name: 'keddah_tunnels_total',
    type: 'counter',
    help: 'WebSockets that have ended: closed, client_gone, upstream_gone, idle, revoked by a refresh, or drained at the end.',
    labels: ['service', 'result'],
  },
  inFlight: {
    name: 'keddah_in_flight_requests',
    type: 'gauge',
    help: 'Requests being worked on.',
    labels: ['service'],
    merge: 'sum',
  },
  queued: {
    name: 'keddah_queued_requests',
    type: 'gauge',
    help: 'Requests that wait for a place at an upstream, or for a server to become active.',
    labels: ['service'],
    merge: 'sum',
  },
  rejected: {
    name: 'keddah_proxy_rejected_total',
    type: 'counter',
    help: 'Requests refused before any decision: not canonical, not understood, over a limit.',
    labels: ['service', 'reason'],
  },
  certificateExpiry: {
    name: 'keddah_certificate_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'When the first of the certificates that a service shows expires, in Unix time; admin is the admin listener.',
    labels: ['service'],
    merge: 'main',
  },
  auditDropped: {
    name: 'keddah_audit_dropped_total',
    type: 'counter',
    help: 'Audit lines lost because the buffer was full; allows go before denies.',
    labels: ['effect'],
  },
  auditErrors: {
    name: 'keddah_audit_errors_total',
    type: 'counter',
    help: 'Failed attempts to write or open the audit file; each is tried again.',
    labels: [],
  },
  logDropped: {
    name: 'keddah_log_dropped_total',
    type: 'counter',
    help: 'Log lines lost because their reader was too slow.',
    labels: [],
  },
  defects: {
    name: 'keddah_defects_total',
    type: 'counter',
    help: 'Errors of Keddah itself that nobody caught; each is in the log.',
    labels: [],
  },
  groupLookups: {
    name: 'keddah_groups_lookups_total',
    type: 'counter',
    help: 'Questions to the group cache: hit, or asked of the provider and found, none or failed.',
    labels: ['result'],
  },
  groupCacheSize: {
    name: 'keddah_groups_cache_size',
    type: 'gauge',
    help: 'Users whose groups are in the cache.',
    labels: [],
    merge: 'sum',
  },
  pseudoEnabled: {
    name: 'keddah_auth_pseudo_enabled',
    type: 'gauge',
    help: '1 while the user name in the query is believed (pseudo authentication).',
    labels: [],
    merge: 'main',
  },
  serviceEnforcing: {
    name: 'keddah_service_enforcing',
    type: 'gauge',
    help: '1 where refusals are enforced, 0 where the service only observes.',
    labels: ['service'],
    merge: 'main',
  },
  authorizationOn: {
    name: 'keddah_authorization_on',
    type: 'gauge',
    help: '1 while requests are decided, 0 where hadoop.security.authorization has switched it off.',
    labels: [],
    merge: 'main',
  },
  eventLoopLag: {
    name: 'keddah_event_loop_lag_seconds',
    type: 'gauge',
    help: 'Delay of the event loop since the last scrape; of the slowest worker where there are several.',
    labels: ['statistic'],
    merge: 'max',
  },
  workers: {
    name: 'keddah_workers',
    type: 'gauge',
    help: 'Workers that answer requests; 0 where the main thread does it itself.',
    labels: [],
    merge: 'main',
  },
  workerRestarts: {
    name: 'keddah_worker_restarts_total',
    type: 'counter',
    help: 'Workers that ended or stood still and were replaced.',
    labels: [],
    merge: 'main',
  },
  buildInfo: {
    name: 'keddah_build_info',
    type: 'gauge',
    help: 'Always 1; its labels are the versions of Keddah and of Node.',
    labels: ['version', 'node'],
    merge: 'main',
  },
  processCpu: {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'User and system CPU time of the process.',
    labels: [],
    merge: 'main',
  },
  processMemory: {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of the process.',
    labels: [],
    merge: 'main',
  },
  processHeap: {
    name: 'process_heap_bytes',
    type: 'gauge',
    help: 'JavaScript heap in use.',
    labels: [],
    merge: 'sum',
  },
  processStart: {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'Start of the process, in Unix time.',
    labels: [],
    merge: 'main',
  },
} as const

/** All of them, with those that stand in a file of their own. */
export const ALL_METRICS: readonly MetricDeclaration[] = [
  ...Object.values(METRICS),
  ...Object.values(RANGER_METRICS),
]
