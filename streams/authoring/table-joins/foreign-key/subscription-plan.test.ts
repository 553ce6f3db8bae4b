import { expect, test } from 'vitest'
import { type ForeignKeyChange, planInnerJoin, planLeftJoin } from './subscription-plan.ts'

/** Foreign keys of the row before and after; `-` is no row, `none` a row without a foreign key. */
const PLANS = `
  before  after  inner                                        left
  -       -      nothing                                      nothing
  -       none   nothing, lacks                               none:null
  -       a      a:only                                       a:null
  none    -      nothing                                      none:null
  none    none   nothing, lacks                               none:null
  none    a      a:only                                       a:null
  a       -      a:delete-and                                 a:delete-no none:null
  a       none   a:delete-and, lacks                          a:delete-no none:null
  a       a      a:only                                       a:null
  a       b      a:delete-no b:null                           a:delete-no b:null
`

const SHORT = {
  DELETE_KEY_NO_PROPAGATE: 'delete-no',
  DELETE_KEY_AND_PROPAGATE: 'delete-and',
  PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE: 'null',
  PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE: 'only',
} as const

const rows = PLANS.trim()
  .split('\n')
  .slice(1)
  .map((line) => line.trim().split(/ {2,}/) as [string, string, string, string])

function changeOf(before: string, after: string): ForeignKeyChange<string> {
  const key = (cell: string) => (cell === '-' || cell === 'none' ? undefined : cell)
  return {
    before: key(before),
    after: key(after),
    hadRow: before !== '-',
    hasRow: after !== '-',
    isSameKey: (one, other) => one === other,
  }
}

test.each(rows)(
  'from %s to %s an inner join plans %s, a left join %s',
  (before, after, inner, left) => {
    const shown = (plan: ReturnType<typeof planInnerJoin<string>>) => {
      const messages = plan.messages.map(
        ({ foreignKey = 'none', instruction }) => `${foreignKey}:${SHORT[instruction]}`,
      )
      return (messages.join(' ') || 'nothing') + (plan.lacksForeignKey ? ', lacks' : '')
    }
    const change = changeOf(before, after)
    expect([shown(planInnerJoin(change)), shown(planLeftJoin(change))]).toEqual([inner, left])
  },
)
