import { expect, test } from 'vitest'
import { bytesSerde, type Serde, stringSerde } from '#streams'
import { TypedBytes } from './typed-bytes.ts'

test('a text that is asked for again is serialised once, until another one comes', () => {
  const asked: string[] = []
  const keySerde: Serde<string> = {
    ...stringSerde,
    serialize(topic, key) {
      asked.push(key)
      return stringSerde.serialize(topic, key)
    },
  }
  const typed = new TypedBytes({ keySerde, valueSerde: stringSerde }, 'changelog')
  const texts = ['a', 'a', 'ab', 'ab', 'a', '', '', 'a'].map((key) =>
    Buffer.from(typed.encodeKey(key)).toString(),
  )
  expect(texts).toEqual(['a', 'a', 'ab', 'ab', 'a', '', '', 'a'])
  expect(asked).toEqual(['a', 'ab', 'a', '', 'a'])
})

test('a key that its maker changes is serialised as it is now', () => {
  const keySerde: Serde<{ id: number }> = {
    format: 'id',
    serialize: (_topic, { id }) => Uint8Array.of(id),
    deserialize: (_topic, [id = 0]) => ({ id }),
  }
  const typed = new TypedBytes({ keySerde, valueSerde: bytesSerde }, 'changelog')
  const key = { id: 1 }
  expect([...typed.encodeKey(key)]).toEqual([1])
  key.id = 2
  expect([...typed.encodeKey(key)]).toEqual([2])
})

test('a text that is put again is the same bytes, another one is not', () => {
  const typed = new TypedBytes({ keySerde: stringSerde, valueSerde: stringSerde }, 'changelog')
  const first = typed.encode('1')
  expect(typed.encode('1')).toBe(first)
  const put = ['1', '2', '', '1'].map((text) => Buffer.from(typed.encode(text) ?? []).toString())
  expect(put).toEqual(['1', '2', '', '1'])
  expect(typed.encode(undefined)).toBeNull()
})
