import { expect, test } from 'vitest'
import { partitionFor } from '../log/partitioner.ts'
import { PARTITIONS, QueryCluster } from './fixtures/query-cluster.ts'

test('who has a key, and who has a store, is known on every instance', async () => {
  const cluster = await QueryCluster.open(3, { numStandbyReplicas: 1 })
  const keys = Array.from({ length: 20 }, (_, index) => `demo|${index}`)
  for (const { streams } of cluster.instances) {
    for (const key of keys) {
      const partition = partitionFor(Buffer.from(key), PARTITIONS)
      const owner = cluster.ownerOf(partition).server.address
      const metadata = streams.queryMetadataForKey('totals', key)
      expect(metadata).toMatchObject({ partition, activeHost: owner })
      expect(metadata?.standbyHosts).toHaveLength(1)
      expect(metadata?.standbyHosts).not.toContainEqual(owner)
    }
    const chosen = streams.queryMetadataForKey(
      'totals',
      'demo|1',
      (_key, _value, count) => count - 1,
    )
    expect(chosen?.partition).toBe(PARTITIONS - 1)
    expect(streams.queryMetadataForKey('sums', 'demo|1')).toBeUndefined()
    const hosts = streams.streamsMetadataForStore('windows').map(({ host }) => host)
    expect(hosts).toHaveLength(3)
    for (const { server } of cluster.instances) expect(hosts).toContainEqual(server.address)
    expect(streams.streamsMetadataForStore('sums')).toEqual([])
  }
  await cluster.close()
})
