import { type StoreSpec, StreamsError } from '#streams'

/** A key as the command line has it, for the store that is asked. @throws {StreamsError} STORE_KEY_INVALID */
export function parseKey({ name, keySerde }: StoreSpec, text: string): unknown {
  const { format = 'string' } = keySerde as { readonly format?: string }
  switch (format) {
    case 'string':
      return text
    case 'long': {
      const number = Number(text)
      if (text.trim() === '' || !Number.isSafeInteger(number))
        throw invalid(name, text, 'a whole number, e.g. 42')
      return number
    }
    case 'double': {
      const number = Number(text)
      if (text.trim() === '' || Number.isNaN(number))
        throw invalid(name, text, 'a number, e.g. 4.2')
      return number
    }
    case 'bytes':
      if (!/^([0-9a-f]{2})*$/i.test(text))
        throw invalid(name, text, 'bytes in hexadecimal, e.g. 00ff')
      return Buffer.from(text, 'hex')
    case 'json':
      try {
        return JSON.parse(text)
      } catch {
        throw invalid(name, text, 'JSON, e.g. {"id":1}')
      }
    default:
      throw new StreamsError(
        'STORE_KEY_INVALID',
        `keys of this store are ${format}, which cannot be typed`,
        { store: name },
        'Read the whole store: orion store range.',
      )
  }
}

function invalid(store: string, text: string, expected: string): StreamsError {
  return new StreamsError(
    'STORE_KEY_INVALID',
    `the key ${JSON.stringify(text)} is not ${expected}`,
    { store },
    'See the keys with orion store range.',
  )
}
