/** Why a target, a parameter, a name or a form cannot be taken. */
export const TARGET_REASONS = {
  not_a_path: {
    status: 400,
    meaning: 'the target does not begin with a slash',
    remedy: 'send `/path?query`',
  },
  absolute_form: {
    status: 400,
    meaning: 'the target names a server',
    remedy: 'send the path alone; Keddah is no forward proxy',
  },
  asterisk_form: { status: 400, meaning: 'the target is `*`', remedy: 'name a path' },
  fragment: { status: 400, meaning: 'the target has a `#`', remedy: 'leave it out, or write `%23`' },
  not_ascii: {
    status: 400,
    meaning: 'the target has a raw character beyond ASCII',
    remedy: 'percent-encode it as UTF-8',
  },
  control_character: {
    status: 400,
    meaning: 'the target has a blank or a control character, raw or encoded',
    remedy: 'percent-encode blanks; other controls are in no name',
  },
  bad_escape: {
    status: 400,
    meaning: 'a `%` without two hexadecimal digits',
    remedy: 'write `%25` for a percent sign',
  },
  bad_utf8: { status: 400, meaning: 'escapes that are not UTF-8', remedy: 'encode names as UTF-8' },
  backslash: {
    status: 400,
    meaning: 'the path has a `\\`, raw or encoded',
    remedy: 'use slashes; a name with a backslash cannot be reached',
  },
  path_parameter: { status: 400, meaning: 'the path has a `;`', remedy: 'write `%3B` in a name' },
  empty_segment: { status: 400, meaning: 'the path has `//`', remedy: 'write one slash' },
  encoded_slash: { status: 400, meaning: 'the path has `%2F`', remedy: 'write a slash' },
  dot_segment: {
    status: 400,
    meaning: 'a segment is `.` or `..` with a `;` behind it',
    remedy: 'write the path out',
  },
  above_root: { status: 400, meaning: '`..` leads above the root', remedy: 'write the path out' },
  double_encoding: {
    status: 400,
    meaning: 'the path is encoded more than once and would hide a separator',
    remedy: 'encode it once',
  },
  path_too_long: {
    status: 414,
    meaning: 'the path is over `limits.targetBytes`',
    remedy: 'use a shorter one',
  },
  query_too_long: {
    status: 414,
    meaning: 'the query is over `limits.targetBytes`',
    remedy: 'send fewer or shorter parameters',
  },
  too_many_parameters: {
    status: 400,
    meaning: 'the query has more than `limits.parameters`',
    remedy: 'send fewer',
  },
  ambiguous_parameter: {
    status: 400,
    meaning: 'a reserved parameter comes twice, looks like another one, or has a `;` in its value',
    remedy: 'send `op`, `user.name`, `doas` and their like once each, in their usual spelling',
  },
  empty_parameter: {
    status: 400,
    meaning: '`doas` is empty',
    remedy: 'name the effective user, or leave it out',
  },
  resource_parameter: {
    status: 400,
    meaning:
      'a parameter that names a resource (`destination`, `sources`, `fsaction`, one of a custom route) is missing or malformed',
    remedy: 'send it once; paths are absolute and begin with one slash',
  },
  forbidden_parameter: {
    status: 400,
    meaning: '`namenoderpcaddress` on a daemon that is no DataNode, or what goes with no `keddah-locator`',
    remedy: 'leave it out',
  },
  name_node: {
    status: 403,
    meaning: '`namenoderpcaddress` names a server that is no NameNode of this cluster',
    remedy: 'follow the answer of the NameNode; or name it with `nameNodes`',
  },
  locator_invalid: {
    status: 403,
    meaning: '`keddah-locator` is forged, or was made for another service, operation or path',
    remedy: 'follow the `Location` of the first step unchanged',
  },
  locator_expired: {
    status: 403,
    meaning: '`keddah-locator` is older than `locator.lifetime`',
    remedy: 'ask the NameNode again',
  },
  locator_user: {
    status: 403,
    meaning: '`keddah-locator` was made for another user than the request names',
    remedy: 'make the first step as the same user',
  },
  redirects_refused: {
    status: 403,
    meaning: 'contents of files are not read or written through this service (`redirects: refuse`)',
    remedy: 'use another service; or change the setting',
  },
  operation: {
    status: 400,
    meaning: 'the WebHDFS operation is missing, unknown or one of another method; the text is that of Hadoop',
    remedy: 'send an `op` of the WebHDFS API, with its method',
  },
  delegation: {
    status: 400,
    meaning: 'a delegation token, which cannot be checked here',
    remedy: 'authenticate in another way; or set `identity.delegationParameter: strip`',
  },
  user_name: {
    status: 400,
    meaning: '`user.name` is empty, or no name that `identity` takes',
    remedy: 'send a plain user name',
  },
  doas: { status: 400, meaning: '`doas` is no name that can be taken', remedy: 'send a plain user name' },
  identity_conflict: { status: 400, meaning: 'two credentials name two users', remedy: 'send one of them' },
  form_body: {
    status: 400,
    meaning: 'a form body on a route that takes none, or one that can be read in two ways',
    remedy: 'send parameters in the query, and data with a content type of its own',
  },
  resource_body: {
    status: 400,
    meaning: 'a body that names a queue is malformed, or names it so that two readers might read two names',
    remedy: 'send one document that names its queue once, in the plainest form',
  },
  resource_body_type: {
    status: 415,
    meaning: 'a body that names a queue is neither JSON nor XML in UTF-8, or is compressed',
    remedy: 'send `application/json` or `application/xml`, uncompressed',
  },
  form_too_large: {
    status: 413,
    meaning: 'a form over 1 MiB or with over a thousand fields',
    remedy: 'send a smaller one',
  },
} as const
