/**
 * Everything that lint looks for, by code. `docs/policy-lint.md` mirrors it, and a test keeps the two equal.
 *
 * Shape: `severity` is `error` where it is certainly not what was meant, where Hadoop cannot load the file, or where
 * it opens a service; both where that depends on the value. `understood` is what Hadoop makes of it.
 */
export const LINT_CODES = {
  open_by_star: {
    severity: 'error',
    finds: 'a `*` as the whole user part or group part, with other names beside it: `* admins`, `alice *`',
    understood: 'everybody; the names beside it count for nothing',
    hint: 'remove the `*`; or write `*` alone, if everybody is meant',
  },
  literal_star: {
    severity: 'error',
    finds:
      'a `*` as one entry among others, or as a pattern: `*,alice`, `**`, `data*`, `*,10.0.0.1`, `~*`, `hadoop.proxyuser.*.hosts`',
    understood: 'a user, group or host with the name `*`, which nobody has',
    hint: 'write `*` alone, or remove it',
  },
  blank_beside_comma: {
    severity: 'error',
    finds: 'a blank beside a comma in the user part: `alice, bob staff`',
    understood: 'the first blank ends the users: user alice; group `bob staff`',
    hint: 'write no blanks beside commas: `alice,bob staff`',
  },
  blank_in_group: {
    severity: 'warning',
    finds: 'a blank inside a group: `alice staff wheel`',
    understood: 'one group with a blank in its name: `staff wheel`',
    hint: 'separate groups by commas: `alice staff,wheel`',
  },
  blank_in_user: {
    severity: 'error',
    finds: 'a blank inside an entry of a list that knows no groups, such as `hadoop.proxyuser.hue.users`',
    understood: 'one name with a blank in it',
    hint: 'separate the names by commas',
  },
  indented_value: {
    severity: 'error',
    finds: 'a value on a line of its own, or over several lines: the blanks before it are part of the value',
    understood: 'the first blank of the indentation ends the users: what follows are groups',
    hint: 'write the value on one line, directly behind `<value>`',
  },
  line_break: {
    severity: 'warning',
    finds: 'a line break inside or behind an access control list',
    understood: 'a line break separates like a comma; at the end it counts for nothing',
    hint: 'write the value on one line',
  },
  tab_in_name: {
    severity: 'error',
    finds: 'a tab or another control character inside a name: a tab does not separate users from groups',
    understood: 'one name with the character in it',
    hint: 'separate users from groups by one plain blank, names by commas',
  },
  invisible_character: {
    severity: 'error',
    finds: 'a no-break, ideographic or zero-width blank, or another character that cannot be seen',
    understood: 'a part of the name, so that nobody has it',
    hint: 'type the value anew with plain blanks',
  },
  lookalike: {
    severity: 'error',
    finds: 'a letter or sign that looks like an ASCII one: a Cyrillic `а`, a wide comma `，`',
    understood: 'another name than the one that is seen',
    hint: 'type the value anew in ASCII',
  },
  other_separator: {
    severity: 'error',
    finds: '`;`, `|` or quotes in a name: `alice;bob`, `"alice"`',
    understood: 'a part of the name: only commas, line breaks and the first blank separate',
    hint: 'separate names by commas, without quotes',
  },
  unexpanded: {
    severity: 'warning',
    finds: 'a `${…}` that names no key and no variable',
    understood: 'the text as it stands; Java system properties exist for Hadoop alone',
    hint: 'set the key, or write the value out',
  },
  duplicate_entry: {
    severity: 'warning',
    finds: 'the same entry twice in a list',
    understood: 'the entry once',
    hint: 'remove one; perhaps another name was meant',
  },
  principal: {
    severity: 'error',
    finds:
      'a full principal, or another name with a slash: `alice@EXAMPLE.COM`, `nn/host@EXAMPLE.COM`, `/root`',
    understood: 'nobody: lists are compared with short names',
    hint: 'write the short name that `hadoop.security.auth_to_local` makes of it',
  },
  netgroup_user: {
    severity: 'error',
    finds: 'a netgroup in the user part: `@ops`',
    understood: 'a user with this name, which nobody has',
    hint: 'write it behind the blank: ` @ops`',
  },
  netgroup: {
    severity: 'warning',
    finds: 'a netgroup in the group part: ` @ops`',
    understood: 'members of the netgroup, only with a group mapping that reports netgroups with their `@`',
    hint: 'name a group, unless the group mapping knows netgroups',
  },
  impersonation_entry: {
    severity: 'warning',
    finds: '`~name` in the user part',
    understood: 'everybody for whom `name` acts, by impersonation; not `name` itself',
    hint: 'write `name` without `~`, if the user itself is meant',
  },
  tilde_group: {
    severity: 'warning',
    finds: '`~name` in the group part',
    understood: 'a group with this very name',
    hint: 'write it before the blank: `~name` counts among users only',
  },
  group_as_user: {
    severity: 'warning',
    finds:
      'a user named like a group, in a list without groups: `datanodes`, as in the official guide, or a group of other lists',
    understood: 'a user of this name; members of the group are not on the list',
    hint: 'begin with a blank, if the group is meant: ` datanodes`',
  },
  allow_and_blocked: {
    severity: 'error',
    finds: 'an access control list or host list of which every entry is on the blocked list as well',
    understood: 'nobody, or no address: blocked wins',
    hint: 'remove names from one of the two lists',
  },
  unknown_key: {
    severity: 'error or warning',
    finds:
      'a key that nothing reads: in the policy file any that no `${…}` refers to, elsewhere those under `security.` and those that are all but a policy key, such as `securty.…`, `Security.…`, `hadoop.security.….acl`, `….acls`, `….acl.hosts`, or `….blocked` without `.acl`',
    understood:
      'nothing: the service keeps its default, often `*`. An error for what is like a policy key, unless its value is `*`',
    hint: 'the nearest known name',
  },
  empty_value: {
    severity: 'error or warning',
    finds: '`<value/>`, `<value></value>`, only a comment, or no value at all',
    understood: 'the key is not set, and its default counts. An error where that is `*`',
    hint: '`<value> </value>`, with one blank, for nobody',
  },
  final_value: {
    severity: 'warning',
    finds: 'a `final` that is neither `true` nor `false`, such as `True`',
    understood: 'not final: a later value replaces it',
    hint: 'write `true`',
  },
  duplicate_key: {
    severity: 'error or warning',
    finds: 'the same key twice in a file',
    understood: 'the later value. An error where it opens what the other one closes',
    hint: 'keep one of the two',
  },
  final_override: {
    severity: 'error or warning',
    finds: 'a value for a key that is final already',
    understood: 'the final value. An error where it opens what the other one closes',
    hint: 'remove the property, or the `final` of the other one',
  },
  deprecated_key: {
    severity: 'warning',
    finds: 'an old name of a key',
    understood: 'the new name, in processes that know MapReduce; nothing in others',
    hint: 'use the new name',
  },
  unread_key: {
    severity: 'warning',
    finds:
      'a key with a meaning here that no daemon of Hadoop reads: `security.admin.operations.protocol.acl`',
    understood: 'nothing; here it decides about HTTP pages',
    hint: 'keep it for Keddah, and do not count on it elsewhere',
  },
  job_client_key: {
    severity: 'error or warning',
    finds:
      '`security.job.client.protocol.acl` with a value other than `*`, while the key for job submission is open or not set',
    understood:
      'only the port of the MapReduce application master is guarded. An error where submission is open (D-8)',
    hint: 'set `security.applicationclient.protocol.acl`',
  },
  dead_default: {
    severity: 'error or warning',
    finds: 'a default list that no service of the shipped file uses, because each has a value of its own',
    understood: 'nothing. An error where all those values are `*`',
    hint: 'remove the lines of the services that the default is for',
  },
  refresh_lockout: {
    severity: 'warning',
    finds:
      'a default or own list that leaves nobody, or only the users of the default, to refresh the policy',
    understood: 'only those on the list may refresh over the network, once it is in force',
    hint: 'set the key of the refresh to the operators',
  },
  open_refresh: {
    severity: 'warning',
    finds: 'a refresh that everybody may do',
    understood: 'everybody may make the daemons read their files again',
    hint: 'set the key to the operators',
  },
  open_operations: {
    severity: 'warning',
    finds:
      '`security.admin.operations.protocol.acl` that is `*`, or is not set while the default is `*`: the pages of the operators (`/jmx`, `/conf`, `/stacks`, `/prom`, `/logs`, `/prof`, `/logLevel`, `/fsck`) are open to every user',
    understood: 'nothing: no daemon of Hadoop reads the key; here it decides about these pages',
    hint: 'set the key to the operators',
  },
  switch_off: {
    severity: 'warning',
    finds: '`hadoop.security.authorization` that is not `true` (`yes` and `1` are not)',
    understood: 'nothing is checked by Hadoop itself; Keddah checks all the same',
    hint: 'set it to `true` in core-site.xml',
  },
  bad_range: {
    severity: 'error',
    finds: 'an entry with a slash that is no range: `10.0.0.0/33`, `10.7/16`, `host/24`',
    understood:
      'nothing: Hadoop does not load the policy; a daemon does not start, a refresh changes nothing',
    hint: 'write ranges as `10.0.0.0/8`, separated by commas',
  },
  ipv6_range: {
    severity: 'error',
    finds: 'an IPv6 range: `2001:db8::/32`',
    understood: 'nothing: Hadoop cannot load it; Keddah understands it (D-2)',
    hint: 'list the addresses one by one, where a daemon reads the same file',
  },
  short_address: {
    severity: 'error',
    finds: 'a short or zero-padded IPv4 address: `10.1`',
    understood: '10.0.0.1; Keddah does not load it (D-3)',
    hint: 'write all four numbers',
  },
  bad_address: {
    severity: 'error',
    finds: 'digits and dots that are no address: `10.0.0.256`',
    understood: 'a host name that does not resolve; Keddah does not load it',
    hint: 'write all four numbers, each up to 255',
  },
  like_address: {
    severity: 'error',
    finds: 'a name that looks like an address: `192.0.2.*`, `10.0.0.1-10.0.0.9`, `10.0.0.1:8020`',
    understood: 'a host name that does not resolve',
    hint: 'write a range such as `192.0.2.0/24`',
  },
  blank_in_host: {
    severity: 'error',
    finds: 'a blank inside an entry of a host list: `10.0.0.1 10.0.0.2`',
    understood: 'one host name with a blank, which nobody has',
    hint: 'separate hosts by commas',
  },
  host_bits: {
    severity: 'warning',
    finds: 'a range whose address has bits behind the prefix: `10.1.2.3/8`',
    understood: 'the whole range; those bits do not count',
    hint: 'write its first address: `10.0.0.0/8`',
  },
  whole_range: {
    severity: 'warning',
    finds: 'a range of all addresses: `0.0.0.0/0`',
    understood: 'every IPv4 address but 0.0.0.0, and no IPv6 address',
    hint: 'write `*`, if every address is meant',
  },
  proxy_no_hosts: {
    severity: 'error',
    finds: '`hadoop.proxyuser.X.users` or `.groups` without `.hosts`',
    understood: 'X may act for nobody: it is refused from every address',
    hint: 'add `hadoop.proxyuser.X.hosts`',
  },
  proxy_only_hosts: {
    severity: 'error',
    finds: '`hadoop.proxyuser.X.hosts` without `.users` and `.groups`',
    understood: 'X may act for nobody',
    hint: 'add `hadoop.proxyuser.X.users` or `.groups`',
  },
  proxy_open: {
    severity: 'warning',
    finds: '`*` both for whom X may act and from where',
    understood: 'whoever is X is everybody, from any machine',
    hint: 'name the hosts of the service, and the groups it acts for',
  },
  expansion: {
    severity: 'error',
    finds: 'a value whose `${…}` refer to each other more than twenty deep',
    understood: 'nothing: Hadoop does not load the policy',
    hint: 'remove the cycle or shorten the chain of references',
  },
  empty_policy: {
    severity: 'error',
    finds: 'a policy file that is empty or has no properties',
    understood: 'every service is open to everybody; Keddah does not start with it (D-1)',
    hint: 'put the policy back',
  },
  file_missing: {
    severity: 'error or warning',
    finds: 'a file that does not exist: an error for the policy file, a warning for core-site.xml',
    understood: 'no property of it is set; without the policy file every service is open to everybody (D-1)',
    hint: 'check the path',
  },
  unreadable_file: {
    severity: 'error',
    finds:
      'a file or folder that cannot be read (`not_a_file`, `not_a_folder`, `file_permission`, `file_too_large`, `file_unreadable`) or understood (`malformed`, `doctype`, `wrong_root`, `too_deep`, `include`, `encoding`)',
    understood:
      'nothing, or, for what Keddah alone refuses (D-1, D-10), more than is safe; the old policy stays in force',
    hint: 'mend the file at the named place',
  },
  authentication_method: {
    severity: 'error',
    finds:
      "`hadoop.security.authentication` that is no method of Hadoop's: `kerbros`, or one with blanks around it",
    understood: 'nothing: no daemon starts, and neither does Keddah',
    hint: 'write `simple` or `kerberos`',
  },
  auth_to_local: {
    severity: 'error',
    finds:
      'a rule of `hadoop.security.auth_to_local` that cannot be read, or a `….mechanism` that is neither `hadoop` nor `mit`',
    understood: 'nothing: no daemon starts; expressions that Keddah alone refuses count for Hadoop (D-16)',
    hint: 'write `RULE:[n:format](match)s/from/to/g/L` or `DEFAULT`',
  },
  group_provider: {
    severity: 'warning',
    finds:
      '`hadoop.security.group.mapping` that names a class which Keddah does not have, or a provider without a class',
    understood: 'the class, where Hadoop finds one of this name; Keddah does not start',
    hint: '`groups: { provider: unix }` in the settings',
  },
  static_groups: {
    severity: 'error',
    finds: 'an entry of `hadoop.user.group.static.mapping.overrides` that is not `user=group,group`',
    understood: 'nothing: Hadoop refuses the whole mapping',
    hint: 'write `user=group,group`, entries separated by `;`',
  },
  static_blank: {
    severity: 'error',
    finds:
      'a blank or line break around a name in `hadoop.user.group.static.mapping.overrides`: `alice=staff; bob=eng`',
    understood: 'a part of the name, so that nobody has it',
    hint: 'write no blanks: `alice=staff;bob=eng`',
  },
  bad_number: {
    severity: 'error',
    finds:
      'a number about the cache of groups that is none, such as `hadoop.security.groups.cache.secs` = `5m`',
    understood: 'nothing: Hadoop refuses the number',
    hint: 'write a whole number',
  },
  bad_time: {
    severity: 'error',
    finds: '`hadoop.security.groups.shell.command.timeout` that is no time',
    understood: 'nothing: Hadoop refuses the time',
    hint: 'write a time such as `5s`',
  },
  user_pattern: {
    severity: 'error',
    finds: '`dfs.webhdfs.user.provider.user.pattern` that is no regular expression Keddah can run',
    understood: 'the expression as Java reads it; Keddah does not start',
    hint: 'do without look-around and back-references',
  },
  site_key: {
    severity: 'warning',
    finds: 'a policy key in hdfs-site.xml, yarn-site.xml or mapred-site.xml',
    understood: 'only the daemons that read this file see it; here it counts for every service',
    hint: 'move it to core-site.xml or the policy file',
  },
  unresolved_host: {
    severity: 'warning',
    finds: 'a host name that does not resolve',
    understood: 'the entry counts for nothing; in a blocked list Keddah refuses everybody meanwhile (D-11)',
    hint: 'check the name and the name service',
  },
} as const

/** A code of the registry. */
export type LintCode = keyof typeof LINT_CODES
