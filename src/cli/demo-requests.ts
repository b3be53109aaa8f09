/** One request of the demo, and what comes of it. `reason` is null for a request that passes. */
export interface DemoRequest {
  readonly title: string
  readonly method: string
  readonly url: string
  readonly status: number
  readonly reason: string | null
}

/** The requests with the policy as it is, and the one to repeat once alice is taken off the list. */
export interface DemoRequests {
  readonly first: readonly DemoRequest[]
  readonly afterEdit: DemoRequest
  readonly afterUndo: DemoRequest
}

/** The requests to try, for the base addresses of the two services. */
export function demoRequests(nameNode: string, resourceManager: string): DemoRequests {
  const list = (user: string): string => `${nameNode}/webhdfs/v1/?op=LISTSTATUS&user.name=${user}`
  const allowed = { status: 200, reason: null } as const
  const refused = { status: 403, reason: 'acl' } as const
  const aliceLists = { method: 'GET', url: list('alice') } as const
  return {
    first: [
      { title: 'allowed: alice is on the list', ...aliceLists, ...allowed },
      { title: 'refused: mallory is not', method: 'GET', url: list('mallory'), ...refused },
      { title: 'allowed: bob is in the group analysts', method: 'GET', url: list('bob'), ...allowed },
      {
        title: 'allowed: alice makes a folder',
        method: 'PUT',
        url: `${nameNode}/webhdfs/v1/tmp/keddah?op=MKDIRS&user.name=alice`,
        ...allowed,
      },
      {
        title: 'allowed: hue may act for bob, who is in the group analysts',
        method: 'GET',
        url: `${list('hue')}&doas=bob`,
        ...allowed,
      },
      {
        title: 'refused: hue may not act for alice',
        method: 'GET',
        url: `${list('hue')}&doas=alice`,
        status: 403,
        reason: 'impersonation',
      },
      {
        title: 'allowed: alice asks for a new application',
        method: 'POST',
        url: `${resourceManager}/ws/v1/cluster/apps/new-application?user.name=alice`,
        ...allowed,
      },
      {
        title: 'refused: mallory asks for one as well',
        method: 'POST',
        url: `${resourceManager}/ws/v1/cluster/apps/new-application?user.name=mallory`,
        ...refused,
      },
    ],
    afterEdit: { title: 'refused: alice is off the list now', ...aliceLists, ...refused },
    afterUndo: { title: 'allowed: alice is on the list again', ...aliceLists, ...allowed },
  }
}

/** The request as a command line to copy. */
export function curlLine({ method, url }: Pick<DemoRequest, 'method' | 'url'>): string {
  return `curl -i ${method === 'GET' ? '' : `-X ${method} `}'${url}'`
}
