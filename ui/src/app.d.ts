/// <reference types="svelte" />
/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Which implementation of the backend a build carries. */
  readonly VITE_BACKEND: 'tauri' | 'http' | 'fake';
}
