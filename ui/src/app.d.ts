/// <reference types="svelte" />
/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** `tauri` (default), `http` or `fake`: which implementation of the backend a build carries. */
  readonly VITE_BACKEND?: string;
}
