import { mount } from 'svelte';
import App from './App.svelte';
import { chooseBackend, useBackend } from './backend';
import './design/fonts.css';
import './design/tokens.css';
import './design/base.css';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');

void chooseBackend().then((backend) => {
  useBackend(backend);
  mount(App, { target });
});
