import { AccessControlList } from '../../../src/hadoop/access-control-list.ts'
import { type Area, compare, optionalText, subjectOf, textOf } from './area.ts'

/** One ACL text, or the two of the proxy-user keys: how it is understood, and whether a user is on it. */
export const accessControlList: Area = ({ given, expect }) => {
  const acl =
    'acl' in given
      ? AccessControlList.parse(textOf(given['acl']))
      : AccessControlList.ofLists(optionalText(given['users']), optionalText(given['groups']))
  const { user = null } = given
  return compare('hadoopRaises' in expect ? { allowed: false } : expect, {
    allAllowed: acl.allAllowed,
    users: [...acl.users],
    groups: [...acl.groups],
    aclString: acl.toAclString(),
    description: acl.describe(),
    ...(user === null ? {} : { allowed: acl.allows(subjectOf(user)) }),
  })
}
