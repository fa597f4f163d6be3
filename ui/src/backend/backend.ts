/**
 * The one door between the window and what runs behind it. Three implementations: `tauri.ts` (the desktop program),
 * `http.ts` (the test server) and `fake/` (an in-memory clinic). Nothing outside this folder knows which one it is.
 */
import type { AppError } from './bindings/AppError';
import type { Commands } from './bindings/commands';

export type CommandName = keyof Commands;
export type Request<K extends CommandName> = Commands[K]['request'];
export type Response<K extends CommandName> = Commands[K]['response'];

export interface Backend {
  /** Runs a command. Rejects with an `AppError` and nothing else. */
  call<K extends CommandName>(name: K, request: Request<K>): Promise<Response<K>>;
  /** Tells that data changed; data itself never travels in events. Returns how to stop. */
  onChanged(handler: (topics: string[]) => void): () => void;
  /** Tells that something outside (a toast, a link) asks for a place, for example `/customers/<id>`. Returns how to stop. */
  onOpen(handler: (path: string) => void): () => void;
}

/** Whatever was thrown, as the one error shape. */
export function asAppError(thrown: unknown): AppError {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'fields' in thrown) {
    return thrown as AppError;
  }
  return { code: 'unexpected', fields: {}, refId: '' };
}
