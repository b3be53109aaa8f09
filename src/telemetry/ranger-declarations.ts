/** The metrics of where Ranger's policies come from. */
export const RANGER_METRICS = {
  rangerPolicyVersion: {
    name: 'keddah_ranger_policy_version',
    type: 'gauge',
    help: 'Version of the Ranger policies that are had for a component; nothing where there are none.',
    labels: ['component'],
    merge: 'main',
  },
  rangerRolesVersion: {
    name: 'keddah_ranger_roles_version',
    type: 'gauge',
    help: 'Version of the Ranger roles that are had for a component; nothing where there are none.',
    labels: ['component'],
    merge: 'main',
  },
  rangerPolicies: {
    name: 'keddah_ranger_policies',
    type: 'gauge',
    help: 'Ranger policies that are had for a component.',
    labels: ['component'],
    merge: 'main',
  },
  rangerPolicyAge: {
    name: 'keddah_ranger_policy_age_seconds',
    type: 'gauge',
    help: 'Time since the Ranger policies of a component were last replaced by other ones.',
    labels: ['component'],
    merge: 'main',
  },
  rangerPolicySource: {
    name: 'keddah_ranger_policy_source',
    type: 'gauge',
    help: '1 for where the Ranger policies of a component were read: admin, cache, file or none; 0 for the others.',
    labels: ['component', 'source'],
    merge: 'main',
  },
  rangerDownloadFailing: {
    name: 'keddah_ranger_download_failing',
    type: 'gauge',
    help: '1 while the last download for a component has failed, 0 otherwise.',
    labels: ['component'],
    merge: 'main',
  },
  rangerFailures: {
    name: 'keddah_ranger_failures_total',
    type: 'counter',
    help: 'Downloads of Ranger policies or roles, and uses of their cache, that failed, by what and why.',
    labels: ['component', 'what', 'reason'],
  },
  rangerEmptied: {
    name: 'keddah_ranger_emptied_total',
    type: 'counter',
    help: 'Times that a component lost all of its Ranger policies: the set was empty, or the service gone.',
    labels: ['component'],
  },
} as const
