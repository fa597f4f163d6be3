/** What the window says, from the same messages that it is made of. */
import en from '../messages/en.json' with { type: 'json' };
import th from '../messages/th.json' with { type: 'json' };

export type Language = 'th' | 'en';

const messages: Record<Language, Record<string, string>> = { th, en };

/** A message with its facts put in. */
export function say(into: Language, name: keyof typeof en, facts: Record<string, string | number> = {}): string {
  const message = messages[into][name];
  if (message === undefined) throw new Error(`${name} is no message`);
  return message.replace(/\{(\w+)\}/g, (_, fact: string) => String(facts[fact]));
}
