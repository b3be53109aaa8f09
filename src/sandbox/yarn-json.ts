import type { Application, Applications } from './applications.ts'
import { escapeMarkup } from './exchange.ts'

const VERSION = '3.4.3'
const NODE_MEMORY_MB = 1_024
const NODE_ID = '127.0.0.1:45454'

/** Source: org.apache.hadoop.yarn.server.resourcemanager.webapp.dao.AppInfo. */
export function applicationInfo(application: Application, { startedAt }: Applications): object {
  const { id, user, name, queue, state, started, finished } = application
  const over = state !== 'ACCEPTED'
  return {
    id,
    user,
    name,
    queue,
    state,
    finalStatus: over ? state : 'UNDEFINED',
    progress: over ? 100 : 0,
    trackingUI: over ? 'History' : 'UNASSIGNED',
    diagnostics: application.diagnostics,
    clusterId: startedAt,
    applicationType: application.type,
    applicationTags: application.tags,
    priority: application.priority,
    startedTime: started,
    launchTime: 0,
    finishedTime: finished,
    elapsedTime: (finished || Date.now()) - started,
    allocatedMB: over ? -1 : 0,
    allocatedVCores: over ? -1 : 0,
    runningContainers: over ? -1 : 0,
    memorySeconds: 0,
    vcoreSeconds: 0,
    unmanagedApplication: false,
    amNodeLabelExpression: '',
  }
}

/** Source: org.apache.hadoop.yarn.server.resourcemanager.webapp.dao.ClusterInfo. */
export function clusterInfo({ startedAt }: Applications): object {
  return {
    clusterInfo: {
      id: startedAt,
      startedOn: startedAt,
      state: 'STARTED',
      haState: 'ACTIVE',
      rmStateStoreName: 'org.apache.hadoop.yarn.server.resourcemanager.recovery.NullRMStateStore',
      resourceManagerVersion: VERSION,
      hadoopVersion: VERSION,
      haZooKeeperConnectionState:
        'Could not find leader elector. Verify both HA and automatic failover are enabled.',
    },
  }
}

/** Source: org.apache.hadoop.yarn.server.resourcemanager.webapp.dao.ClusterMetricsInfo. */
export function clusterMetrics(applications: Applications): object {
  const all = applications.list()
  const count = (state: string): number => all.filter((application) => application.state === state).length
  return {
    clusterMetrics: {
      appsSubmitted: all.length,
      appsCompleted: 0,
      appsPending: count('ACCEPTED'),
      appsRunning: 0,
      appsFailed: count('FAILED'),
      appsKilled: count('KILLED'),
      reservedMB: 0,
      availableMB: NODE_MEMORY_MB,
      allocatedMB: 0,
      reservedVirtualCores: 0,
      availableVirtualCores: 1,
      allocatedVirtualCores: 0,
      containersAllocated: 0,
      containersReserved: 0,
      containersPending: 0,
      totalMB: NODE_MEMORY_MB,
      totalVirtualCores: 1,
      totalNodes: 1,
      lostNodes: 0,
      unhealthyNodes: 0,
      decommissioningNodes: 0,
      decommissionedNodes: 0,
      rebootedNodes: 0,
      activeNodes: 1,
      shutdownNodes: 0,
    },
  }
}

/** Source: org.apache.hadoop.yarn.server.resourcemanager.webapp.dao.NodesInfo. */
export function nodes(): object {
  const node = {
    rack: '/default-rack',
    state: 'RUNNING',
    id: NODE_ID,
    nodeHostName: '127.0.0.1',
    nodeHTTPAddress: '127.0.0.1:8042',
    lastHealthUpdate: Date.now(),
    version: VERSION,
    healthReport: '',
    numContainers: 0,
    usedMemoryMB: 0,
    availMemoryMB: NODE_MEMORY_MB,
    usedVirtualCores: 0,
    availableVirtualCores: 1,
  }
  return { nodes: { node: [node] } }
}

/** Source: org.apache.hadoop.yarn.server.resourcemanager.webapp.dao.CapacitySchedulerInfo. */
export function scheduler(applications: Applications): object {
  const pending = applications.list().filter(({ state }) => state === 'ACCEPTED').length
  const queue = {
    type: 'capacitySchedulerLeafQueueInfo',
    capacity: 100,
    usedCapacity: 0,
    maxCapacity: 100,
    queueName: 'default',
    queuePath: 'root.default',
    state: 'RUNNING',
    numApplications: pending,
    numPendingApplications: pending,
  }
  return {
    scheduler: {
      schedulerInfo: {
        type: 'capacityScheduler',
        capacity: 100,
        usedCapacity: 0,
        maxCapacity: 100,
        queueName: 'root',
        queues: { queue: [queue] },
      },
    },
  }
}

/** Source: org.apache.hadoop.yarn.server.resourcemanager.webapp.dao.NewApplication. */
export function newApplication(id: string): object {
  return { 'application-id': id, 'maximum-resource-capability': { memory: NODE_MEMORY_MB, vCores: 1 } }
}

/** The same as XML: names become elements, and lists repeat theirs. Shape: `value` has one name. */
export function toXml(value: object): string {
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>${elements(value)}`
}

function elements(value: unknown): string {
  if (typeof value !== 'object' || value === null) return escapeMarkup(String(value))
  return Object.entries(value)
    .flatMap(([name, inner]: [string, unknown]) =>
      (Array.isArray(inner) ? inner : [inner]).map((one) => `<${name}>${elements(one)}</${name}>`),
    )
    .join('')
}
