import { expect, describe as group, test } from 'vitest'
import { describe } from '#streams'
import { topologies } from '#topologies'
import { testTopics } from './fixtures/drive.ts'

group.each(topologies)('$name', ({ name, build }) => {
  test('is wired as its golden description says', async () => {
    await expect(describe(build(await testTopics()))).toMatchFileSnapshot(`golden/${name}.txt`)
  })

  test('has its catalogue name, and names every node and store', async () => {
    const topology = build(await testTopics())
    expect(topology.name).toBe(name)
    expect(topology.warnings).toEqual([])
  })
})
