import App from './App.svelte';
import { open } from './open';

void open(App);
