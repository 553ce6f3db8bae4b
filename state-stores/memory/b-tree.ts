import { compareBytes } from '../bytes.ts'

const ENTRIES_MAX = 64

interface Leaf {
  readonly kind: 'leaf'
  readonly epoch: number
  readonly keys: Uint8Array[]
  readonly values: Uint8Array[]
}

interface Inner {
  readonly kind: 'inner'
  readonly epoch: number
  /** `keys[n]` is at most every key under `children[n]`; the first is never looked at. */
  readonly keys: Uint8Array[]
  readonly children: Node[]
}

type Node = Leaf | Inner

const EMPTY_KEY = new Uint8Array(0)

/** A state of a tree that later writes leave alone. */
export type TreeSnapshot = { readonly root: Node }

/**
 * Sorted map of byte keys. Nodes are changed in place until a snapshot is taken; from then on a write copies the nodes on
 * its path once, so a snapshot costs nothing until something is written. Nodes that a delete leaves small are not merged,
 * only empty ones go: sizes of real stores do not shrink for long.
 */
export class BTree {
  #root: Node = { kind: 'leaf', epoch: 0, keys: [], values: [] }
  #epoch = 0
  #bytes = 0

  /** Of keys and values. */
  get bytes(): number {
    return this.#bytes
  }

  snapshot(): TreeSnapshot {
    this.#epoch += 1
    return { root: this.#root }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    let node = this.#root
    while (node.kind === 'inner') node = childAt(node, childIndex(node, key))
    const at = lowerBound(node.keys, key)
    const found = node.keys[at]
    return found !== undefined && compareBytes(found, key) === 0 ? node.values[at] : undefined
  }

  set(key: Uint8Array, value: Uint8Array): void {
    const root = this.#own(this.#root)
    const right = this.#insert(root, key, value)
    this.#root =
      right === undefined
        ? root
        : {
            kind: 'inner',
            epoch: this.#epoch,
            keys: [EMPTY_KEY, firstKey(right)],
            children: [root, right],
          }
  }

  delete(key: Uint8Array): void {
    if (this.get(key) === undefined) return
    let root = this.#own(this.#root)
    this.#remove(root, key)
    while (root.kind === 'inner' && root.children.length === 1) root = childAt(root, 0)
    this.#root = root
  }

  #own(node: Node): Node {
    if (node.epoch === this.#epoch) return node
    return node.kind === 'leaf'
      ? { kind: 'leaf', epoch: this.#epoch, keys: node.keys.slice(), values: node.values.slice() }
      : {
          kind: 'inner',
          epoch: this.#epoch,
          keys: node.keys.slice(),
          children: node.children.slice(),
        }
  }

  /** Answers the right half where the node had to be split. */
  #insert(node: Node, key: Uint8Array, value: Uint8Array): Node | undefined {
    if (node.kind === 'leaf') {
      this.#insertEntry(node, key, value)
      return node.keys.length > ENTRIES_MAX ? this.#splitLeaf(node) : undefined
    }
    const at = childIndex(node, key)
    const child = this.#own(childAt(node, at))
    node.children[at] = child
    const right = this.#insert(child, key, value)
    if (right === undefined) return undefined
    node.keys.splice(at + 1, 0, firstKey(right))
    node.children.splice(at + 1, 0, right)
    return node.children.length > ENTRIES_MAX ? this.#splitInner(node) : undefined
  }

  #insertEntry(leaf: Leaf, key: Uint8Array, value: Uint8Array): void {
    const at = lowerBound(leaf.keys, key)
    const found = leaf.keys[at]
    if (found !== undefined && compareBytes(found, key) === 0) {
      this.#bytes += value.length - (leaf.values[at]?.length ?? 0)
      leaf.values[at] = value
      return
    }
    this.#bytes += key.length + value.length
    leaf.keys.splice(at, 0, key)
    leaf.values.splice(at, 0, value)
  }

  #splitLeaf(leaf: Leaf): Leaf {
    const half = splitPoint(leaf.keys.length)
    return {
      kind: 'leaf',
      epoch: this.#epoch,
      keys: leaf.keys.splice(half),
      values: leaf.values.splice(half),
    }
  }

  #splitInner(inner: Inner): Inner {
    const half = splitPoint(inner.keys.length)
    return {
      kind: 'inner',
      epoch: this.#epoch,
      keys: inner.keys.splice(half),
      children: inner.children.splice(half),
    }
  }

  /** The key is there. Answers whether the node is now empty. */
  #remove(node: Node, key: Uint8Array): boolean {
    if (node.kind === 'leaf') {
      const at = lowerBound(node.keys, key)
      this.#bytes -= key.length + (node.values[at]?.length ?? 0)
      node.keys.splice(at, 1)
      node.values.splice(at, 1)
      return node.keys.length === 0
    }
    const at = childIndex(node, key)
    const child = this.#own(childAt(node, at))
    node.children[at] = child
    if (this.#remove(child, key) && node.children.length > 1) {
      node.keys.splice(at, 1)
      node.children.splice(at, 1)
    }
    return false
  }
}

/** Position in a snapshot, one entry at a time, in either direction. */
export class TreeCursor {
  readonly #path: { readonly node: Inner; at: number }[] = []
  readonly #reverse: boolean
  #leaf: Leaf
  #at: number

  /** Forward from the first key at or after `start`; in reverse from the last key before it. */
  constructor(snapshot: TreeSnapshot, start: Uint8Array | undefined, reverse: boolean) {
    this.#reverse = reverse
    let node = snapshot.root
    while (node.kind === 'inner') {
      const last = node.children.length - 1
      const at = start === undefined ? (reverse ? last : 0) : childIndex(node, start)
      this.#path.push({ node, at })
      node = childAt(node, at)
    }
    this.#leaf = node
    const bound =
      start === undefined ? (reverse ? node.keys.length : 0) : lowerBound(node.keys, start)
    this.#at = reverse ? bound - 1 : bound
  }

  next(): { readonly key: Uint8Array; readonly value: Uint8Array } | undefined {
    for (;;) {
      const key = this.#leaf.keys[this.#at]
      const value = this.#leaf.values[this.#at]
      if (key !== undefined && value !== undefined) {
        this.#at += this.#reverse ? -1 : 1
        return { key, value }
      }
      if (!this.#nextLeaf()) return undefined
    }
  }

  #nextLeaf(): boolean {
    const step = this.#reverse ? -1 : 1
    for (;;) {
      const top = this.#path.at(-1)
      if (top === undefined) return false
      top.at += step
      let node = top.node.children[top.at]
      if (node === undefined) {
        this.#path.pop()
        continue
      }
      while (node.kind === 'inner') {
        const at: number = this.#reverse ? node.children.length - 1 : 0
        this.#path.push({ node, at })
        node = childAt(node, at)
      }
      this.#leaf = node
      this.#at = this.#reverse ? node.keys.length - 1 : 0
      return true
    }
  }
}

function childAt(node: Inner, at: number): Node {
  const child = node.children[at]
  if (child === undefined) throw new RangeError('a tree node lost a child')
  return child
}

/** The last child whose first key is not after `key`. */
function childIndex(node: Inner, key: Uint8Array): number {
  let low = 1
  let high = node.keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareBytes(node.keys[middle] ?? EMPTY_KEY, key) <= 0) low = middle + 1
    else high = middle
  }
  return low - 1
}

function lowerBound(keys: readonly Uint8Array[], key: Uint8Array): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareBytes(keys[middle] ?? EMPTY_KEY, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function firstKey(node: Node): Uint8Array {
  return node.keys[0] ?? EMPTY_KEY
}

/** Left of the middle would suit random keys; most stores append, so the left part is left fuller. */
function splitPoint(length: number): number {
  return Math.floor(length * 0.75)
}
