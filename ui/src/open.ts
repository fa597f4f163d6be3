/** Opens a page: its backend first, then what it shows. */
import { mount, type Component } from 'svelte';
import { chooseBackend, useBackend } from './backend';
import './design/fonts.css';
import './design/tokens.css';
import './design/base.css';

export async function open(page: Component): Promise<void> {
  const target = document.getElementById('app');
  if (!target) throw new Error('the page has no #app');
  useBackend(await chooseBackend());
  mount(page, { target });
}
