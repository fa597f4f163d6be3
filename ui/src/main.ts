import { mount } from 'svelte';
import App from './App.svelte';
import Display from './screens/display/Display.svelte';
import { chooseBackend, useBackend } from './backend';
import './design/fonts.css';
import './design/tokens.css';
import './design/base.css';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');

void chooseBackend().then((backend) => {
  useBackend(backend);
  // The customer's own screen is the same page; what it may ask for, its window decides.
  const isDisplay = new URLSearchParams(location.search).get('window') === 'display';
  mount(isDisplay ? Display : App, { target });
});
