/** An in-memory clinic behind the same door: for component tests, and for looking at screens in a browser (`?phase=locked&as=เมย์`). */
import type { Phase } from '../bindings/Phase';
import type { SyncMode } from '../bindings/SyncMode';
import type { Backend } from '../backend';
import { FakeClinic, type FakeOptions } from './clinic';
import { ANSWERS } from './commands';

export { FakeClinic } from './clinic';

/** The clinic as a backend. Answers come in a later turn and are copies, as over any real door. */
export function fakeBackend(clinic: FakeClinic): Backend {
  return {
    async call(name, request) {
      await Promise.resolve();
      const code = clinic.failing.get(name);
      if (code) clinic.refuse(code);
      return structuredClone(ANSWERS[name](clinic, structuredClone(request)));
    },
    onChanged: (handler) => clinic.onChanged(handler),
    onOpen: (handler) => clinic.onOpen(handler),
  };
}

/** Options from a browser's address: phase, as, mode, attention, empty, language, theme, density, scale. */
export function fakeFromAddress(search: string): Backend {
  const query = new URLSearchParams(search);
  const settings: FakeOptions['settings'] = {};
  for (const key of ['language', 'theme', 'density'] as const) {
    if (query.has(key)) Object.assign(settings, { [key]: query.get(key) });
  }
  if (query.has('scale')) settings.scale = Number(query.get('scale'));
  const clinic = new FakeClinic({
    phase: (query.get('phase') ?? 'ready') as Phase,
    as: query.get('as') ?? 'นก',
    mode: (query.get('mode') ?? 'online') as SyncMode,
    withAttention: query.has('attention'),
    isEmpty: query.has('empty'),
    settings,
  });
  Object.assign(window, { fakeClinic: clinic });
  return fakeBackend(clinic);
}
