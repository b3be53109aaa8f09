import { COMMON_PAGES } from './hdfs-routes.ts'
import type { DaemonRoutes } from './route.ts'

/**
 * The daemons of YARN and MapReduce: what they answer, and the policy key that decides. Every key is ours.
 *
 * Source: Hadoop trunk 4e6432a0 (RMWebServices, RMWebApp, ApiServer, NMWebServices, HsWebServices, AHSWebServices,
 * TimelineWebServices).
 */
const APPLICATION = 'security.applicationclient.protocol.acl'
const ADMINISTRATION = 'security.resourcemanager-administration.protocol.acl'
const CONTAINERS = 'security.containermanagement.protocol.acl'
const JOB_HISTORY = 'security.mrhs.client.protocol.acl'
const HISTORY = 'security.applicationhistory.protocol.acl'

const cluster = { service: APPLICATION, surface: 'rest', under: '/ws/v1/cluster' } as const
const clusterAdmin = {
  service: ADMINISTRATION,
  surface: 'rest',
  kind: 'admin',
  under: '/ws/v1/cluster',
} as const
const yarnServices = { service: APPLICATION, surface: 'rest', under: '/app/v1/services' } as const
const rmPage = { service: APPLICATION, surface: 'page', kind: 'ui' } as const
const applicationPage = { ...rmPage, paths: '/proxy/{appid}/{path}' } as const

/**
 * `GET /scheduler-conf/format` erases the stored configuration of the scheduler. Behind `/proxy` is the web server
 * of an application, which has forms of its own.
 */
export const RESOURCEMANAGER: DaemonRoutes = {
  groups: [
    ...COMMON_PAGES,
    {
      ...cluster,
      kind: 'read',
      method: 'GET',
      paths: `/ /info /userinfo /metrics /scheduler /scheduler-overview /scheduler/activities
        /scheduler/bulk-activities /scheduler/app-activities/{appid} /nodes /nodes/{nodeId}
        /nodes/{nodeId}/get-labels /apps /appstatistics /apps/{appid} /apps/{appid}/state /apps/{appid}/priority
        /apps/{appid}/queue /apps/{appid}/timeouts /apps/{appid}/timeouts/{type} /apps/{appid}/appattempts
        /apps/{appid}/appattempts/{appattemptid} /apps/{appid}/appattempts/{appattemptid}/containers
        /apps/{appid}/appattempts/{appattemptid}/containers/{containerid} /get-node-to-labels /label-mappings
        /get-node-labels /get-rm-node-labels /reservation/list /queues/{queue}/access`,
    },
    {
      ...cluster,
      kind: 'write',
      method: 'POST',
      paths: `/apps/new-application /reservation/new-reservation /reservation/update /reservation/delete
        /containers/{containerid}/signal/{command}`,
    },
    {
      ...cluster,
      kind: 'write',
      method: 'POST',
      paths: '/apps',
      queue: { root: 'application-submission-context', isRequired: false },
    },
    {
      ...cluster,
      kind: 'write',
      method: 'POST',
      paths: '/reservation/submit',
      queue: { root: 'reservation-submission-context', isRequired: true },
    },
    {
      ...cluster,
      kind: 'write',
      method: 'PUT',
      paths: '/apps/{appid}/state /apps/{appid}/priority /apps/{appid}/timeout',
    },
    {
      ...cluster,
      kind: 'write',
      method: 'PUT',
      paths: '/apps/{appid}/queue',
      queue: { root: 'appqueue', isRequired: true },
    },
    { ...cluster, kind: 'token', method: 'POST', paths: '/delegation-token /delegation-token/expiration' },
    { ...cluster, kind: 'token', method: 'DELETE', paths: '/delegation-token' },
    {
      ...clusterAdmin,
      method: 'POST',
      paths: `/scheduler/logs /nodes/{nodeId}/resource /nodes/{nodeId}/replace-labels /replace-node-to-labels
        /add-node-labels /remove-node-labels /scheduler-conf/validate`,
    },
    { ...clusterAdmin, method: 'PUT', paths: '/scheduler-conf' },
    {
      ...clusterAdmin,
      method: 'GET',
      paths: '/scheduler-conf /scheduler-conf/version /scheduler-conf/format',
    },
    {
      ...rmPage,
      method: 'GET',
      paths: `/ /favicon.ico /static/{path} /ui2/{path} /proxy/redirect/{appid} /cluster /cluster/nodes
        /cluster/apps /cluster/apps/{state} /cluster/app/{appid} /cluster/scheduler /cluster/queue/{queue}
        /cluster/nodelabels /cluster/appattempt/{id} /cluster/container/{id} /cluster/errors-and-warnings
        /cluster/logaggregationstatus/{appid} /cluster/failure/{appid} /cluster/{path}`,
    },
    { ...applicationPage, method: 'GET' },
    { ...applicationPage, method: 'PUT', takesForm: true },
    { ...applicationPage, method: 'POST', takesForm: true },
    { service: null, surface: 'page', kind: 'health', method: 'GET', paths: '/isActive' },
    {
      ...yarnServices,
      kind: 'read',
      method: 'GET',
      paths: '/version /{name} /{name}/component-instances',
    },
    {
      ...yarnServices,
      kind: 'write',
      method: 'POST',
      paths: '/',
      queue: { root: null, isRequired: false },
    },
    { ...yarnServices, kind: 'write', method: 'DELETE', paths: '/{name}' },
    {
      ...yarnServices,
      kind: 'write',
      method: 'PUT',
      paths: `/{name} /{name}/components /{name}/components/{component} /{name}/component-instances
        /{name}/components/{component}/component-instances/{instance}`,
    },
  ],
}

const node = { service: CONTAINERS, surface: 'rest', under: '/ws/v1/node' } as const

/**
 * `/terminal` and the WebSocket `/container/…` are a shell inside a running container: they are not on the list. Who
 * wants them gives them a `custom` service, with a key of its own.
 */
export const NODEMANAGER: DaemonRoutes = {
  groups: [
    ...COMMON_PAGES,
    {
      ...node,
      kind: 'read',
      method: 'GET',
      paths: `/ /info /apps /apps/{appid} /containers /containers/{containerid} /containers/{containerid}/logs
        /containers/{containerid}/logs/{filename} /containerlogs/{containerid}/{filename}
        /resources/{resourcename} /auxiliaryservices`,
    },
    { ...node, kind: 'admin', method: 'PUT', paths: '/auxiliaryservices' },
    { ...node, kind: 'write', method: 'PUT', paths: '/yarn/sysfs/{user}/{appId}' },
    {
      service: CONTAINERS,
      surface: 'page',
      kind: 'ui',
      method: 'GET',
      paths: '/ /favicon.ico /static/{path} /node /node/{path}',
    },
  ],
}

/** The job history server of MapReduce. */
export const JOBHISTORY: DaemonRoutes = {
  groups: [
    ...COMMON_PAGES,
    {
      service: JOB_HISTORY,
      surface: 'rest',
      kind: 'read',
      method: 'GET',
      under: '/ws/v1/history',
      paths: `/ /info /mapreduce/jobs /mapreduce/jobs/{jobid} /mapreduce/jobs/{jobid}/jobattempts
        /mapreduce/jobs/{jobid}/counters /mapreduce/jobs/{jobid}/conf /mapreduce/jobs/{jobid}/tasks
        /mapreduce/jobs/{jobid}/tasks/{taskid} /mapreduce/jobs/{jobid}/tasks/{taskid}/counters
        /mapreduce/jobs/{jobid}/tasks/{taskid}/attempts
        /mapreduce/jobs/{jobid}/tasks/{taskid}/attempts/{attemptid}
        /mapreduce/jobs/{jobid}/tasks/{taskid}/attempts/{attemptid}/counters /remote-log-dir
        /extended-log-query /aggregatedlogs /containers/{containerid}/logs
        /containerlogs/{containerid}/{filename}`,
    },
    {
      service: JOB_HISTORY,
      surface: 'page',
      kind: 'ui',
      method: 'GET',
      paths: '/ /favicon.ico /static/{path} /jobhistory /jobhistory/{path}',
    },
  ],
}

const history = { service: HISTORY, surface: 'rest', kind: 'read', method: 'GET' } as const
const timeline = { service: HISTORY, surface: 'rest', under: '/ws/v1/timeline' } as const

/** The timeline server with its application history, and the reader of the second edition. */
export const TIMELINESERVER: DaemonRoutes = {
  groups: [
    ...COMMON_PAGES,
    {
      ...history,
      under: '/ws/v1/applicationhistory',
      paths: `/ /about /apps /apps/{appid} /apps/{appid}/appattempts /apps/{appid}/appattempts/{appattemptid}
        /apps/{appid}/appattempts/{appattemptid}/containers
        /apps/{appid}/appattempts/{appattemptid}/containers/{containerid} /containers/{containerid}/logs
        /containers/{containerid}/logs/{filename} /containerlogs/{containerid}/{filename}`,
    },
    {
      ...timeline,
      kind: 'read',
      method: 'GET',
      paths: '/ /domain /domain/{domainId} /{entityType} /{entityType}/{entityId} /{entityType}/events',
    },
    { ...timeline, kind: 'write', method: 'POST', paths: '/' },
    { ...timeline, kind: 'write', method: 'PUT', paths: '/domain' },
    { ...history, under: '/ws/v2/timeline', paths: '/{path}' },
    {
      service: HISTORY,
      surface: 'page',
      kind: 'ui',
      method: 'GET',
      paths: '/ /favicon.ico /static/{path} /applicationhistory /applicationhistory/{path}',
    },
  ],
}
