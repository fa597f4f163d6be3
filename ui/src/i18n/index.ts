export { locale } from './locale.svelte';
export { m } from './paraglide/messages';
