import type { Component } from '../policy/components.ts'
import type { ServiceKind } from '../routes/kinds.ts'

const OF_KIND: Readonly<Record<ServiceKind, Component | null>> = {
  namenode: 'HDFS',
  datanode: 'HDFS',
  journalnode: 'HDFS',
  router: 'HDFS',
  httpfs: 'HDFS',
  kms: null,
  resourcemanager: 'Yarn',
  nodemanager: 'Yarn',
  timelineserver: 'Yarn',
  jobhistory: 'Mapreduce',
  custom: null,
}

/** The component that a daemon belongs to; null for a KMS and for a service with routes of its own. */
export const componentOfKind = (kind: ServiceKind): Component | null => OF_KIND[kind]
