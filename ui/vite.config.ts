import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/**
 * Which door to the outside a build carries: `tauri` unless VITE_BACKEND in the environment says otherwise. Each has a folder of its own,
 * so that dist/, which the desktop program embeds, holds the Tauri door and nothing else.
 */
const backend = process.env['VITE_BACKEND'] || 'tauri';
const outDir = backend === 'tauri' ? 'dist' : `dist-${backend}`;

export default defineConfig(({ mode }) => ({
  plugins: [
    paraglideVitePlugin({
      project: './project.inlang',
      outdir: './src/i18n/paraglide',
      outputStructure: 'locale-modules',
      emitReadme: false,
      strategy: ['globalVariable', 'baseLocale'],
    }),
    svelte(),
  ],
  clearScreen: false,
  // From here and not from a file .env, which nobody looks at before a release.
  define: { 'import.meta.env.VITE_BACKEND': JSON.stringify(backend) },
  server: { port: 5173, strictPort: true },
  // WebKitGTK 4.1 of Debian 12 and WebView2 both understand light-dark() and top-level await.
  // Not minified: the minified bundle ran into an endless effect loop in WebKit when the language changed, the same code unminified does
  // not; and pages that lie on the same disk gain nothing from being smaller.
  build: {
    outDir,
    target: ['es2022', 'safari17.5'],
    minify: false,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: { input: ['index.html', 'display.html'] },
  },
  // Without this, vitest would load Svelte's server build.
  resolve: mode === 'test' ? { conditions: ['browser'] } : {},
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['./src/testing/setup.ts'],
    css: false,
    testTimeout: 20_000,
  },
}));
