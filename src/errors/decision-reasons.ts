/** Why the policy allows (no status) or refuses. */
export const DECISION_REASONS = {
  allowed: { status: null, meaning: 'every question was answered with yes', remedy: 'nothing' },
  exempt: {
    status: null,
    meaning: 'the route needs no permission, such as a health probe',
    remedy: 'nothing',
  },
  authorization_off: {
    status: null,
    meaning: '`authorization` is `asHadoop`, and `hadoop.security.authorization` is not true',
    remedy: 'leave `authorization` at `enforce`, unless everybody may do everything',
  },
  service_unknown: {
    status: 403,
    meaning: 'the path is not on the list of the daemon, or no policy key stands behind it',
    remedy:
      'compare the path and the `kind` of the service; a path of your own needs a service of kind `custom`',
  },
  unauthenticated: {
    status: 401,
    meaning: 'nobody is known to be calling',
    remedy: 'send credentials for one of the challenges in `WWW-Authenticate`',
  },
  impersonation: {
    status: 403,
    meaning: 'the real user may not act for the effective user, or not from this address',
    remedy: 'set `hadoop.proxyuser.<real user>.{users,groups}` and `.hosts`, and refresh the proxy users',
  },
  principal: {
    status: 403,
    meaning: 'with Kerberos: the protocol takes one client principal, and this is another',
    remedy: 'call as that principal',
  },
  acl: {
    status: 403,
    meaning: 'the user is not on the access control list of the service',
    remedy: '`keddah check` names the rule; add the user or a group, and refresh',
  },
  acl_blocked: {
    status: 403,
    meaning: 'the user is on the list of those who are blocked',
    remedy: 'take the user off the `.blocked` list, and refresh',
  },
  hosts: {
    status: 403,
    meaning: 'the address is not on the host list of the service',
    remedy: 'add the address; behind a load balancer, set `trustedProxies`',
  },
  hosts_blocked: {
    status: 403,
    meaning: 'the address is on the list of hosts that are blocked, or a name on it does not resolve',
    remedy: 'take the address off the list; mend the name, which the log tells at every load',
  },
  groups_unavailable: {
    status: 403,
    meaning: 'the groups of the user could not be looked up, and the answer depends on them',
    remedy: 'the log has the reason; mend the provider of `groups`',
  },
} as const
