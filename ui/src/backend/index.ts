/**
 * Which backend this window talks to, and the two functions through which everything else uses it.
 * A release build carries the Tauri door alone: the others are behind constants that the bundler folds away.
 */
import type { Backend, CommandName, Request, Response } from './backend';

export type { Backend, CommandName, Request, Response } from './backend';
export { asAppError } from './backend';

let current: Backend | undefined;

/** Sets the backend of this window. Once at start; tests set one each. */
export function useBackend(backend: Backend): void {
  current = backend;
}

function door(): Backend {
  if (!current) throw new Error('useBackend() comes first');
  return current;
}

export function call<K extends CommandName>(name: K, request: Request<K>): Promise<Response<K>> {
  return door().call(name, request);
}

export function onChanged(handler: (topics: string[]) => void): () => void {
  return door().onChanged(handler);
}

export function onOpen(handler: (path: string) => void): () => void {
  return door().onOpen(handler);
}

/**
 * Opens the backend this build was made for. Which one that is stands in the build alone (`vite.config.ts`); no address, stored value or
 * message can choose another. Only the dev server's pages look where they are: outside the desktop program they show the fake.
 */
export async function chooseBackend(): Promise<Backend> {
  if (import.meta.env.VITE_BACKEND === 'http') return (await import('./http')).httpBackend();
  const isTrial = import.meta.env.DEV && !('__TAURI_INTERNALS__' in window);
  if (import.meta.env.VITE_BACKEND === 'fake' || isTrial) {
    return (await import('./fake')).fakeFromAddress(location.search);
  }
  return (await import('./tauri')).tauriBackend();
}
