/** How a person's name is cut for small places. */

/** First two Thai letters, or the initials of a Latin name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = words[0] ?? '';
  if (/^[\u0E00-\u0E7F]/.test(first)) return [...first].slice(0, 2).join('');
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0] ?? '') : [...first].slice(0, 2);
  const [head = '', tail = ''] = letters;
  return head.toUpperCase() + (words.length > 1 ? tail.toUpperCase() : tail.toLowerCase());
}

/** A phone number for screen readers: digits in groups, without dashes. */
export function spokenPhone(phone: string): string {
  return phone.replaceAll('-', ' ');
}

/** Given name and the first letter of the family name, for blocks: พลอยไพลิน ศ. */
export function shortName(name: string): string {
  const [first = '', last = ''] = name.trim().split(/\s+/);
  const letter = [...last.replace(/^[เแโใไ]/, '')][0];
  return letter ? `${first} ${letter}.` : first;
}
