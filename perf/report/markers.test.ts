import { describe, expect, test } from 'vitest'
import { partUnder, rewrite, tableRowsByHand, withoutMarkers } from './markers.ts'

const TEXTS = {
  figure: (name: string) => {
    if (name !== 'ticks.timesAsFast') throw new Error('nobody defined it')
    return '2.5'
  },
  table: () => '| a |\n| --- |\n| 1 |',
}

describe('marked figures', () => {
  test('one that is right stays, and nothing is stale', () => {
    const document = 'It is <!-- figure: ticks.timesAsFast -->2.5<!-- /figure --> times as fast.'
    expect(rewrite(document, TEXTS)).toEqual({ text: document, stale: [], errors: [] })
  })

  test('one that is not is written anew and named with what was there', () => {
    const document = 'It is <!-- figure: ticks.timesAsFast -->9<!-- /figure --> times as fast.'
    const made = rewrite(document, TEXTS)
    expect(made.text).toContain('-->2.5<!--')
    expect(made.stale).toEqual([{ marker: 'figure ticks.timesAsFast', was: '9', shouldBe: '2.5' }])
  })

  test('a whole table is made anew', () => {
    const made = rewrite('<!-- table: fan-out -->\n| old |\n<!-- /table -->\n', TEXTS)
    expect(made.text).toBe('<!-- table: fan-out -->\n\n| a |\n| --- |\n| 1 |\n\n<!-- /table -->\n')
    expect(rewrite(made.text, TEXTS).stale).toEqual([])
  })

  test('a marker that nobody defined is an error and keeps its text', () => {
    const document = '<!-- figure: made.up -->7<!-- /figure -->'
    const made = rewrite(document, TEXTS)
    expect(made.text).toBe(document)
    expect(made.errors).toEqual(['figure made.up: nobody defined it'])
  })

  test('a marker without its end is an error', () => {
    expect(rewrite('<!-- figure: ticks.timesAsFast -->2.5', TEXTS).errors).toEqual([
      '1 markers of figures or tables have no end',
    ])
  })

  test('two figures in a line are two', () => {
    const one = '<!-- figure: ticks.timesAsFast -->1<!-- /figure -->'
    expect(rewrite(`${one} and ${one}`, TEXTS).stale).toHaveLength(2)
  })

  test('readers of the report see no markers', () => {
    expect(withoutMarkers('a <!-- figure: b -->1<!-- /figure --> c')).toBe('a 1 c')
  })
})

describe('tables by hand', () => {
  const document = [
    '## Usage',
    '| option | 1 |',
    '## Figures',
    '| work | records/s |',
    '| --- | --- |',
    '| ticks | 100 |',
    '<!-- table: fan-out -->',
    '| made | 5 |',
    '<!-- /table -->',
    '## After',
    '| x | 3 |',
  ].join('\n')

  test('rows with numbers outside of markers are found with their line', () => {
    expect(tableRowsByHand(partUnder(document, 'Figures'))).toEqual([[6, '| ticks | 100 |']])
  })

  test('without a heading of that name there are none', () => {
    expect(tableRowsByHand(partUnder(document, 'Numbers'))).toEqual([])
  })
})
