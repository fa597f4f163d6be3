/**
 * The test server of desk-app over HTTP: `POST {base}/{command}` with the request as JSON. A refusal is any status from 400 on
 * with an `AppError` as its body. There is no event source yet, so every command of ours that may change something is followed by
 * an event of our own for all topics: right for one browser, blind to others.
 */
import { asAppError, type Backend } from './backend';

const EVERYTHING = ['start', 'today', 'customers', 'tasks', 'followups', 'leads', 'notifications', 'sync', 'settings'];
const READS = /^(start|today|staff_list|settings|sync_state|.*_(open|search|card|ledger|preview|list))$/;

async function post(address: string, request: unknown): Promise<unknown> {
  let answer: Response;
  try {
    const headers = { 'content-type': 'application/json' };
    answer = await fetch(address, { method: 'POST', headers, body: JSON.stringify(request) });
  } catch {
    throw asAppError(undefined);
  }
  const body: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw asAppError(body);
  return body;
}

export function httpBackend(base: string): Backend {
  const handlers = new Set<(topics: string[]) => void>();
  return {
    async call(name, request) {
      const body = await post(`${base}/${name}`, request);
      if (!READS.test(name) || name === 'demo_open') for (const tell of handlers) tell(EVERYTHING);
      return body as never;
    },
    onChanged(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    onOpen: () => () => undefined,
  };
}
