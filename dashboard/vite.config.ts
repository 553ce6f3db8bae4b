import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

/** Built into `dist/`, which the gateway serves. `vite dev` hands API and stream to a gateway on port 3000. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [svelte()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // The page's policy allows no inline scripts, and every asset has a hashed name.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/api': 'http://127.0.0.1:3000',
      '/stream': { target: 'ws://127.0.0.1:3000', ws: true },
    },
  },
})
