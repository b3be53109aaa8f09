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
  mode: {
    status: 403,
    meaning: 'permission verification is required for the component, and neither Ranger nor any role decides',
    remedy: 'enable Ranger for the component, or define `roles`',
  },
  role: {
    status: 403,
    meaning: 'no role of the user or of a group grants all that was asked for',
    remedy: 'grant it to a role, and bind the role to the user or a group',
  },
  ranger_deny: {
    status: 403,
    meaning: 'a policy of Ranger denies it',
    remedy: 'the audit log and `keddah check` name the policy',
  },
  ranger_none: {
    status: 403,
    meaning: 'no policy of Ranger says anything about it, and the component may not decide by itself',
    remedy: 'write a policy that allows it, or see `fallback`, `onNoPolicies` and `unknownOp`',
  },
  ranger_user: {
    status: 403,
    meaning: 'the name of the user has a character that the policies of Ranger read as a pattern',
    remedy: 'rename the user: `*`, `?`, `/`, `{`, `}`, `\\` and control characters are not taken',
  },
} as const
