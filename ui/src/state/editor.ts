/** What the buttons of an editor do: close it half way, throw away what was typed, or save it. */
import type { CommandName, Request, Response } from '../backend';
import type { Saved } from '../backend/bindings/Saved';
import type { DraftForm } from './draftForm.svelte';
import { saySaved, type Saving } from './saving.svelte';

/** Commands that answer with what was saved. */
type Saves = { [K in CommandName]: Response<K> extends Saved ? K : never }[CommandName];

interface Editor<K extends Saves> {
  form: DraftForm<string> & { request(): Request<K> | undefined };
  saving: Saving;
  command: K;
  said: (request: Request<K>) => string;
  onclose: () => void;
  onsaved: (id: string) => void;
}

export function editor<K extends Saves>({ form, saving, command, said, onclose, onsaved }: Editor<K>) {
  return {
    close() {
      form.keep();
      onclose();
    },
    discard() {
      form.forget();
      onclose();
    },
    async save() {
      form.isTried = true;
      form.refused = undefined;
      const request = form.request();
      if (!request) return;
      const saved = await saving.run(command, request);
      form.refused = saving.error;
      if (!saved) return;
      saySaved(said(request), saved);
      form.forget();
      onsaved(saved.id);
      onclose();
    },
  };
}
