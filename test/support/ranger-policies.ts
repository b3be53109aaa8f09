/** What an item of a policy says; it is about everything that HDFS knows unless `accesses` says less. */
export interface WrittenItem {
  readonly users?: readonly string[]
  readonly groups?: readonly string[]
  readonly accesses?: readonly string[]
  readonly conditions?: readonly { readonly type: string; readonly values: readonly string[] }[]
}

interface WrittenPolicy {
  readonly allow?: readonly WrittenItem[]
  readonly deny?: readonly WrittenItem[]
  readonly more?: Readonly<Record<string, unknown>>
}

let last = 0

/** A policy of HDFS about a path and all below it, as Ranger Admin sends it. */
export function hdfsPolicy(path: string, { allow = [], deny = [], more = {} }: WrittenPolicy): object {
  last += 1
  return {
    id: last,
    name: `policy ${last}`,
    serviceType: 'hdfs',
    resources: { path: { values: [path], isRecursive: true } },
    policyItems: allow.map(itemOf),
    denyPolicyItems: deny.map(itemOf),
    ...more,
  }
}

function itemOf({ accesses = ['read', 'write', 'execute'], ...rest }: WrittenItem): object {
  return { ...rest, accesses: accesses.map((type) => ({ type, isAllowed: true })) }
}

/** A download of the service `hadoopdev`, of a version that was not there before. */
export function hdfsDownload(...policies: readonly object[]): string {
  last += 1
  return JSON.stringify({ serviceName: 'hadoopdev', policyVersion: last, policies }, null, 2)
}
