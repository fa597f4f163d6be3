/** Puts the look that was chosen on the html element; CSS does the rest. */
import type { Settings } from '../backend/bindings/Settings';

const NARROW_BELOW = 1100;
const root = document.documentElement;
let scale = 100;

/** Narrow is a question of how much text fits, so the text size counts: 1366 px at 150 % are 910. */
function measure(): void {
  root.toggleAttribute('data-narrow', (window.innerWidth * 100) / scale < NARROW_BELOW);
}

export function showAppearance(settings: Settings): void {
  scale = settings.scale;
  root.lang = settings.language;
  root.dataset['theme'] = settings.theme;
  root.dataset['density'] = settings.density;
  root.style.fontSize = `${(16 * settings.scale) / 100}px`;
  measure();
}

window.addEventListener('resize', measure);
