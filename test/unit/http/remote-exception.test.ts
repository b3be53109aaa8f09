import { describe, expect, test } from 'vitest'
import { remoteException } from '../../../src/http/availability/remote-exception.ts'

const read = (text: string): string | null => remoteException(Buffer.from(text))

describe('the exception in an answer', () => {
  test.each([
    // As WebHDFS, the REST services and the filters write it.
    '{"RemoteException":{"exception":"StandbyException","javaClassName":"org.apache.hadoop.ipc.StandbyException","message":"m"}}',
    '{"RemoteException":{"exception":"StandbyException","message":"m","javaClassName":"org.apache.hadoop.ipc.StandbyException"}}',
    '{\n  "RemoteException" : {\n    "message" : "m",\n    "exception" : "StandbyException",\n    "javaClassName" : "c"\n  }\n}\n',
    ' {"other":1,"RemoteException":{"exception":"StandbyException"}} ',
  ])('is found by its key: %s', (text) => {
    expect(read(text)).toBe('StandbyException')
  })

  // The attack (Knox, `AbstractHdfsHaDispatch`): whoever names a file `StandbyException` has the word in a refusal, and
  // lets the gateway fail over at every request.
  test.each([
    '{"RemoteException":{"exception":"AccessControlException","message":"Permission denied: inode=\\"/StandbyException\\""}}',
    '{"RemoteException":{"exception":"AccessControlException","message":"\\",\\"exception\\":\\"StandbyException\\""}}',
    '{"RemoteException":{"exception":"AccessControlException","message":{"RemoteException":{"exception":"StandbyException"}}}}',
  ])('is not what a message says: %s', (text) => {
    expect(read(text)).toBe('AccessControlException')
  })

  test.each([
    '',
    'StandbyException',
    '<RemoteException><exception>StandbyException</exception></RemoteException>',
    '"StandbyException"',
    'null',
    '[]',
    '[{"RemoteException":{"exception":"StandbyException"}}]',
    '{"exception":"StandbyException"}',
    '{"remoteException":{"exception":"StandbyException"}}',
    '{"RemoteException":["StandbyException"]}',
    '{"RemoteException":{"exception":["StandbyException"]}}',
    '{"RemoteException":{"exception":"StandbyException"}',
    '{"__proto__":{"RemoteException":{"exception":"StandbyException"}}}',
    '{"RemoteException":{"__proto__":{"exception":"StandbyException"}}}',
  ])('is nothing else: %s', (text) => {
    expect(read(text)).toBeNull()
  })

  test('keeps what cannot be told from another one apart', () => {
    expect(read('{"RemoteException":{"exception":" StandbyException"}}')).toBe(' StandbyException')
    expect(read('{"RemoteException":{"exception":"standbyexception"}}')).toBe('standbyexception')
  })
})
