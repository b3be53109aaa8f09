/** What a metric is called, what it means and which labels it has. */
export interface MetricDeclaration {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
}

/**
 * Every metric, declared once. Labels have few values: names of configured services, and words of ours; never a
 * user, a path or an address. `docs/metrics.md` mirrors this table, and a test keeps the two equal.
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
  },
  policyInfo: {
    name: 'keddah_policy_info',
    type: 'gauge',
    help: 'Always 1; its label is the revision of the policy in force.',
    labels: ['revision'],
  },
  policyAge: {
    name: 'keddah_policy_age_seconds',
    type: 'gauge',
    help: 'Time since the policy in force was loaded.',
    labels: [],
  },
  policyLoaded: {
    name: 'keddah_policy_loaded_timestamp_seconds',
    type: 'gauge',
    help: 'When the policy in force was loaded, in Unix time.',
    labels: [],
  },
  policyFindings: {
    name: 'keddah_policy_findings',
    type: 'gauge',
    help: 'Warnings about the files of the policy in force: unknown, duplicate and empty keys and the like.',
    labels: [],
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
  inFlight: {
    name: 'keddah_in_flight_requests',
    type: 'gauge',
    help: 'Requests being worked on.',
    labels: ['service'],
  },
  rejected: {
    name: 'keddah_proxy_rejected_total',
    type: 'counter',
    help: 'Requests refused before any decision: not canonical, not understood, over a limit.',
    labels: ['service', 'reason'],
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
  },
  pseudoEnabled: {
    name: 'keddah_auth_pseudo_enabled',
    type: 'gauge',
    help: '1 while the user name in the query is believed (pseudo authentication).',
    labels: [],
  },
  serviceEnforcing: {
    name: 'keddah_service_enforcing',
    type: 'gauge',
    help: '1 where refusals are enforced, 0 where the service only observes.',
    labels: ['service'],
  },
  authorizationOn: {
    name: 'keddah_authorization_on',
    type: 'gauge',
    help: '1 while requests are decided, 0 where hadoop.security.authorization has switched it off.',
    labels: [],
  },
  eventLoopLag: {
    name: 'keddah_event_loop_lag_seconds',
    type: 'gauge',
    help: 'Delay of the event loop since the last scrape.',
    labels: ['statistic'],
  },
  buildInfo: {
    name: 'keddah_build_info',
    type: 'gauge',
    help: 'Always 1; its labels are the versions of Keddah and of Node.',
    labels: ['version', 'node'],
  },
  processCpu: {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'User and system CPU time of the process.',
    labels: [],
  },
  processMemory: {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of the process.',
    labels: [],
  },
  processHeap: {
    name: 'process_heap_bytes',
    type: 'gauge',
    help: 'JavaScript heap in use.',
    labels: [],
  },
  processStart: {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'Start of the process, in Unix time.',
    labels: [],
  },
} as const
