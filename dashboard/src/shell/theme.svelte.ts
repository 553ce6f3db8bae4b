type Theme = 'dark' | 'light'

const KEY = 'orion.theme.v1'

/** The user's choice, else that of the operating system. Set on the document's root, where the style sheet finds it. */
class ThemeChoice {
  current: Theme = $state(read())

  constructor() {
    document.documentElement.dataset['theme'] = this.current
  }

  toggle(): void {
    this.current = this.current === 'dark' ? 'light' : 'dark'
    document.documentElement.dataset['theme'] = this.current
    try {
      localStorage.setItem(KEY, this.current)
    } catch {
      // No storage: the choice lasts as long as the page.
    }
  }
}

function read(): Theme {
  let kept: string | null = null
  try {
    kept = localStorage.getItem(KEY)
  } catch {
    // As above.
  }
  if (kept === 'dark' || kept === 'light') return kept
  return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
}

export const theme = new ThemeChoice()
