/**
 * Everything that `ranger lint` looks for, by code. `docs/ranger-lint.md` mirrors it, and a test keeps the two equal.
 *
 * Shape: `severity` is `error` where it is certainly not what was meant, or opens what was to be closed. `understood` is
 * what the engine makes of it.
 */
export const RANGER_LINT_CODES = {
  unknown_access_type: {
    severity: 'error',
    finds: 'an access type that the service definition does not have, such as `Read_Write`',
    understood: 'nothing: no request asks for it',
    hint: 'the access types of the definition',
  },
  no_access_type: {
    severity: 'warning',
    finds: 'an item without access types',
    understood: 'nothing',
    hint: 'name access types, or delete the item',
  },
  no_principal: {
    severity: 'warning',
    finds: 'an item without users, groups and roles',
    understood: 'nobody',
    hint: 'name somebody, `public` for everybody, or delete the item',
  },
  no_item: {
    severity: 'warning',
    finds: 'a policy without items that allow or deny anything',
    understood: 'nothing: it only counts for the audit',
    hint: 'give it items, or delete it',
  },
  dollar_macro: {
    severity: 'error',
    finds: '`${USER}`, `${OWNER}` or `%USER%`, in a resource or among the users',
    understood: 'in a resource `${USER}` is a dollar sign and the name; all else is the text as it stands',
    hint: 'write `{USER}`',
  },
  unknown_macro: {
    severity: 'warning',
    finds: 'a name in braces that stands for nothing here, such as `{user}` or `{OWNER}`',
    understood: 'the text as it stands; who owns a file is known to its NameNode alone',
    hint: 'write `{USER}`, in capital letters',
  },
  slash_at_end: {
    severity: 'error or warning',
    finds:
      'a path that ends in `/`. An error where it is not recursive, for no request asks for such a path; a warning for `/a/` with recursion',
    understood: '`/a/` with recursion is what is below `/a`, without `/a` itself',
    hint: 'leave the `/` at the end out',
  },
  relative_path: {
    severity: 'error',
    finds: 'a path that begins neither with `/` nor with a wildcard',
    understood: 'nothing: every path that is asked for begins with `/`',
    hint: 'begin it with `/`',
  },
  star_at_end: {
    severity: 'warning',
    finds: 'a path like `/a/*` without recursion',
    understood: 'all levels below: a star at the end crosses `/` all the same',
    hint: 'say so with recursion, or name the paths',
  },
  no_definition: {
    severity: 'error',
    finds: 'resources that are no chain of the definition, such as a column without its table',
    understood: 'nothing: no request matches',
    hint: 'name the resources from the root on, without a gap',
  },
  other_service_type: {
    severity: 'warning',
    finds: 'a policy for another type of service than the definition',
    understood: 'the policy counts all the same',
    hint: 'look whether the download is that of the right service',
  },
  deny_not_read: {
    severity: 'error',
    finds:
      'deny items or exceptions under a definition that does not enable them (`enableDenyAndExceptionsInPolicies`)',
    understood: 'nothing: only the items that allow are read, and they allow without exception',
    hint: 'enable them in the definition, or take them out of the policy',
  },
  unknown_role: {
    severity: 'warning',
    finds: 'a role that the roles of the service do not have',
    understood: 'nobody',
    hint: 'create the role in Ranger, or look at its letters: they count with case',
  },
  expired: {
    severity: 'warning',
    finds: 'a policy of which every schedule is over',
    understood: 'the policy counts no more',
    hint: 'delete or disable it, or give it another end',
  },
  never_starts: {
    severity: 'error',
    finds: 'a schedule that never begins: it ends before it starts, or no day fits its recurrence',
    understood: 'the policy never counts because of it',
    hint: 'mend the schedule; `dayOfMonth` or `dayOfWeek` has to fit some day',
  },
  odd_schedule: {
    severity: 'warning',
    finds: 'a schedule that Ranger Admin would not save',
    understood: 'what can be made of it',
    hint: 'save it in Ranger Admin, which says what is wrong',
  },
  address_never: {
    severity: 'error',
    finds:
      'a value of `ip-range` that no address fits: `10.0.0.1-10.0.0.9`, `10.*.1`, `10.0.0.300`, the name of a machine',
    understood: 'no address',
    hint: 'write an address, a beginning such as `10.1.*`, or a range such as `10.1.0.0/16`',
  },
  address_always: {
    severity: 'error',
    finds:
      'an `ip-range` that every address fits, because of `*` or `/0` among its values, or because it has none',
    understood: 'every address, those that are not known as well',
    hint: 'delete that value, or the condition',
  },
  address_range: {
    severity: 'warning',
    finds: 'a range such as `10.0.0.0/8` in `ip-range`',
    understood: "the range; Ranger's own plugins take it for a text that no address is equal to (D-21)",
    hint: "write `10.*` where Ranger's plugins read the same policy",
  },
  shadowed_item: {
    severity: 'warning',
    finds: 'an item whose users and accesses an earlier item of the same list has already',
    understood: 'the earlier item',
    hint: 'delete one of the two; perhaps another user or access was meant',
  },
  cancelled_allow: {
    severity: 'error',
    finds: 'an item that allows, and an exception of the same policy that takes it from all of its users',
    understood: 'the policy allows them nothing by it',
    hint: 'delete the item, or narrow the exception',
  },
  cancelled_deny: {
    severity: 'error',
    finds: 'an item that denies, and an exception of the same policy that spares all of its users',
    understood: 'the policy denies them nothing by it',
    hint: 'delete the item, or narrow the exception',
  },
  beaten_by_deny: {
    severity: 'warning',
    finds: 'an item that allows what a deny always takes from the same users, on the same resources or more',
    understood: 'denied: a deny beats an allow of the same and of a lower priority',
    hint: 'delete the item; or give the deny an exception, in its own policy',
  },
  overridden: {
    severity: 'warning',
    finds:
      'an item of a policy that one of a higher priority (OVERRIDE) decides before, for all of its users',
    understood: 'the policy of the higher priority, for a deny as well',
    hint: 'raise its priority, or delete the item',
  },
} as const

/** What `ranger lint` can find. */
export type RangerLintCode = keyof typeof RANGER_LINT_CODES
