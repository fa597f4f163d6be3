/** The desktop program: commands through Tauri's IPC, events from Rust. */
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { asAppError, type Backend } from './backend';

function follow<T>(event: string, take: (payload: T) => void): () => void {
  const stop = listen<T>(event, ({ payload }) => take(payload));
  return () => void stop.then((off) => off());
}

export function tauriBackend(): Backend {
  return {
    async call(name, request) {
      try {
        return await invoke(name, { request });
      } catch (thrown) {
        throw asAppError(thrown);
      }
    },
    onChanged: (handler) => follow<{ topics: string[] }>('changed', ({ topics }) => handler(topics)),
    onOpen: (handler) => follow<{ path: string }>('open', ({ path }) => handler(path)),
  };
}
