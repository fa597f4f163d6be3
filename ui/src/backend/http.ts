/**
 * The test server (`tests/src/server/`): a desk with its window in a browser. It gave out this page, so everything is asked of the same
 * origin: `POST /<command>` with the request as JSON, answered by the response or, from status 400 on, by an `AppError`; and one stream
 * of messages `{event, payload}`, the shell's two events. Only a build with VITE_BACKEND=http carries this file.
 */
import { asAppError, type Backend } from './backend';

type Message = { event: 'changed'; payload: { topics: string[] } } | { event: 'open'; payload: { path: string } };

async function post(name: string, request: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`/${name}`, { method: 'POST', headers, body: JSON.stringify(request) }).catch(
    () => undefined,
  );
  const body: unknown = await answer?.json().catch(() => undefined);
  if (!answer?.ok) throw asAppError(body);
  return body;
}

export function httpBackend(): Backend {
  const source = new EventSource('/events');
  const isHearing = new Promise<void>((resolve) => source.addEventListener('open', () => resolve(), { once: true }));

  function follow(take: (message: Message) => void): () => void {
    const heard = ({ data }: MessageEvent<string>) => take(JSON.parse(data) as Message);
    source.addEventListener('message', heard);
    return () => source.removeEventListener('message', heard);
  }

  return {
    async call(name, request) {
      // What is asked before the stream is there could change unheard.
      await isHearing;
      return (await post(name, request)) as never;
    },
    onChanged: (handler) => follow(({ event, payload }) => event === 'changed' && handler(payload.topics)),
    onOpen: (handler) => follow(({ event, payload }) => event === 'open' && handler(payload.path)),
  };
}
