import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fakePeer } from './fake-peer.ts'
import { peerHome } from './peer-home.ts'

test('says where the JVM side is looked for', () => {
  expect(() => peerHome({ ORION_SHARED: '/nowhere' })).toThrow(
    'the JVM side of the comparison is not there (/nowhere/peer/run.sh): set ORION_SHARED',
  )
})

test('says which of Java and Maven is missing', () => {
  const { environment, directory } = fakePeer()
  expect(peerHome(environment)).toEqual({
    run: join(directory, 'peer', 'run.sh'),
    broker: join(directory, 'peer', 'broker.sh'),
  })
  const none = join(directory, 'none')
  mkdirSync(none)
  expect(() => peerHome({ ...environment, PATH: none })).toThrow('java is not installed')
})
