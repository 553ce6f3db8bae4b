import { expect, test } from 'vitest'
import { allOf, pageText, sourceTexts } from './source-texts.ts'

const source = sourceTexts(['streams', 'state-stores'])
const page = pageText('errors.md')

const inSource = allOf(source, /['"`]((?:LOG|SERDE|STORE|STREAMS|TOPOLOGY)_[A-Z_]+)['"`]/g)
const onPage = allOf([page], /`([A-Z]+(?:_[A-Z]+)+)`/g)

test('every error code of the source is on the page', () => {
  expect(inSource.length).toBeGreaterThan(70)
  expect(inSource.filter((code) => !onPage.includes(code))).toEqual([])
})

test('every code on the page is in the source', () => {
  const quoted = allOf(source, /['"`]([A-Z]+(?:_[A-Z]+)+)['"`]/g)
  expect(onPage.filter((code) => !quoted.includes(code))).toEqual([])
})

test('every code has one line with what happened and what to do', () => {
  for (const code of inSource.filter((one) => one !== 'STORE_NOT_CONNECTED')) {
    const lines = page.split('\n').filter((line) => line.startsWith(`| \`${code}\``))
    const cells = (lines[0] ?? '').split('|').map((cell) => cell.trim())
    expect(lines, code).toHaveLength(1)
    expect(cells[2], code).not.toBe('')
    expect(cells[3], code).not.toBe('')
  }
})
