import { AccessControlList } from '../../../src/hadoop/access-control-list.ts'
import { type Area, compare, optionalText, raises, subjectOf } from './area.ts'

/** One ACL text, or the two of the proxy-user keys: how it is understood, and whether a user is on it. */
export const accessControlList: Area = (test) => {
  const { given, expect } = test
  const text = optionalText(given['acl'])
  const acl =
    text === null
      ? AccessControlList.ofLists(optionalText(given['users']), optionalText(given['groups']))
      : AccessControlList.parse(text)
  const { user = null } = given
  const allowed = user !== null && acl.allows(subjectOf(user))
  if (raises(test) || 'constructError' in expect) return compare({ allowed: false }, { allowed })
  return compare(expect, {
    allAllowed: acl.allAllowed,
    users: [...acl.users],
    groups: [...acl.groups],
    aclString: acl.toAclString(),
    description: acl.describe(),
    ...(user === null ? {} : { allowed }),
  })
}
